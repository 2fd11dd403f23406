"""Where the configuration lies and how objects are built from it."""

import importlib
import os
from pathlib import Path
from typing import Any

from hydra.utils import instantiate

from mitosis.errors import InputError

_PACKAGE = Path(__file__).resolve().parent
CONF = next(path for path in (_PACKAGE / "conf", _PACKAGE.parent / "conf") if path.is_dir())
"""The configuration's folder: inside the package in a wheel, beside it in a checkout."""

TRUST = "MITOSIS_TRUST"
"""Environment variable naming the user's own packages whose objects may be built, separated by commas."""

THIRD_PARTY = frozenset(
    {
        "lightning.pytorch.loggers.CSVLogger",
        "lightning.pytorch.loggers.TensorBoardLogger",
        "lightning.pytorch.loggers.WandbLogger",
        "torch.nn.CrossEntropyLoss",
        "torch.optim.Adam",
        "torch.optim.AdamW",
        "torch.optim.SGD",
    }
)
"""What may be built although it is not defined in this package."""


def build(node: dict[str, Any], **extra: Any) -> Any:
    """Build the object that ``node`` describes by ``_target_``; nested descriptions are built too, ``extra`` is passed on.

    A recipe may come with a stranger's checkpoint, so a target must be defined in this package, stand in
    ``THIRD_PARTY``, or lie in a package that the environment variable ``MITOSIS_TRUST`` names.
    Raises ``InputError`` for any other target and for one that does not exist.
    """
    for target in _targets(node):
        _check_target(target)
    return instantiate(node, **extra, _convert_="all")


def _targets(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["_target_"]] if "_target_" in node else []
        return own + [target for value in node.values() for target in _targets(value)]
    if isinstance(node, list):
        return [target for value in node for target in _targets(value)]
    return []


def _check_target(target: str) -> None:
    if target in THIRD_PARTY:
        return
    trusted = [name.strip() for name in os.environ.get(TRUST, "").split(",") if name.strip()]
    module, _, name = str(target).rpartition(".")
    if module.split(".")[0] not in ["mitosis", *trusted]:
        raise InputError(f"_target_: {target} may not be built; name its package in {TRUST} if you trust it")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise InputError(f"_target_: there is no {target} ({error})") from error
    # A re-export must not open a door: mitosis.train.os.system starts with "mitosis." as well.
    if (getattr(found, "__module__", None) or "").split(".")[0] not in ["mitosis", *trusted]:
        raise InputError(f"_target_: {target} is not defined in {module.split('.')[0]}; it may not be built")
