"""The content of files that a run starts from, as digests that do not depend on when a file was written."""

import hashlib
import re
import zipfile
from pathlib import Path
from typing import Any

from mitosis.files import digest
from mitosis.run.weights_folder import weights_file, weights_folder

BY_CONTENT = ("init", "model.weights")
"""Keys of files with initial weights; runs of earlier versions did not record their content."""


def initial_weights(config: dict[str, Any]) -> dict[str, str]:
    """The digests of the files with initial weights that a configuration of ``train`` names, by its key.

    A file that is missing is left out: whoever needs it says so.
    """
    init = config.get("init")
    if (folder := weights_folder(init)) is not None:
        init = weights_file(folder, config["stage"]["kind"])
    named = {"init": init, "model.weights": (config.get("model") or {}).get("weights")}
    found = {}
    for key, value in named.items():
        path = Path(str(value)).expanduser() if value else None
        if path and path.is_dir():
            path = path / "checkpoints" / "best.ckpt"
        if path and path.is_file():
            found[key] = tensors(path)
    return found


def tensors(path: Path) -> str:
    """SHA-256 of the tensors in a checkpoint, without its times and chosen values; of any other file, of all of it."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if re.search(r"/data/\d+$", name)]
            if not names:
                return digest(path)
            whole = hashlib.sha256()
            for name in sorted(names, key=lambda name: int(name.rpartition("/")[2])):
                whole.update(f"{name.rpartition('/')[2]}:{archive.getinfo(name).file_size}:".encode())
                with archive.open(name) as file:
                    while part := file.read(2**20):
                        whole.update(part)
            return whole.hexdigest()
    except zipfile.BadZipFile:
        return digest(path)


def same_inputs(then: dict[str, str], now: dict[str, str]) -> bool:
    """Whether a run was trained on the same files; initial weights count only where both digests are known."""
    unknown = {key for key in BY_CONTENT if key not in then or key not in now}
    one, other = ({key: value for key, value in given.items() if key not in unknown} for given in (then, now))
    return one == other
