"""Checkpoint files: tensors and plain data, written atomically, never code."""

import re
from pathlib import Path
from typing import Any

import torch

from mitosis import files
from mitosis.errors import InputError


def write(checkpoint: dict[str, Any], path: str | Path) -> None:
    """Write ``checkpoint`` to ``path`` atomically; on an error (such as a full disk) the previous file is kept."""
    with files.replacing(path) as file:
        try:
            torch.save(checkpoint, file)
        except RuntimeError as error:
            if isinstance(error.__context__, OSError):  # torch wraps the error of a full disk
                raise error.__context__ from None
            raise


def read(path: str | Path) -> dict[str, Any]:
    """Read a checkpoint's tensors and plain data, never executing code; ``InputError`` if the file is broken."""
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise InputError(f"{path}: no such checkpoint") from None
    except Exception as error:  # torch raises many kinds for broken files
        if code := re.search(r"GLOBAL ([\w.]+)", str(error)):
            raise InputError(f"{path}: it holds code ({code[1].rstrip('.')}), which is never run") from error
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        remedy = "it was cut off or is damaged, remove it"
        raise InputError(f"{path} is not a readable checkpoint ({reason[:120]}); {remedy}") from error
    if not isinstance(checkpoint, dict):
        raise InputError(f"{path} is not a readable checkpoint (it holds a {type(checkpoint).__name__}, not a dict)")
    return checkpoint
