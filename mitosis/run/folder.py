"""The folder of a run: its lock, its recipe, and whether the run is finished."""

import contextlib
import errno
import fcntl
import os
import warnings
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import yaml

from mitosis import files
from mitosis.errors import InputError
from mitosis.files import read_json, read_yaml
from mitosis.run.content import same_inputs
from mitosis.run.name import flat, roots_of
from mitosis.run.upgrade import upgrade

WITHOUT_LOCKS = (errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK, errno.ENOSYS)
"""Errors of a file system that knows no locks."""
DEEPEST = 3
"""Depth of the folders in a run's or a prediction's."""


def read_recipe(folder: Path) -> dict[str, Any]:
    """The recipe of a run, upgraded to the current format; ``InputError`` if the file is missing or broken."""
    return upgrade(read_yaml(folder / "recipe.yaml"))


def training_recipe(folder: Path) -> dict[str, Any]:
    """The recipe of a training run; ``InputError`` as ``read_recipe``, and where it lacks what every run has."""
    return checked_recipe(read_recipe(folder), folder / "recipe.yaml")


def checked_recipe(recipe: dict[str, Any], path: Path) -> dict[str, Any]:
    """The recipe that ``path`` holds; ``InputError`` where it lacks what that of every training run has."""
    if missing := [key for key in ("fold", "name", "data", "stage") if key not in recipe]:
        raise InputError(f"{path} is not the recipe of a training run: it has no {missing[0]}")
    return recipe


@contextlib.contextmanager
def locked(folder: Path) -> Generator[None]:
    """Lock the folder for this process; ``InputError`` if another process holds the lock.

    On a file system without locks, a warning says so.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # A link in a stranger's folder is not followed: it could make a file anywhere.
    descriptor = os.open(folder / ".lock", os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o666)
    with os.fdopen(descriptor, "a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(
                f"{folder}: another process is working in this run folder; wait for it or stop it"
            ) from None
        except OSError as error:
            if error.errno not in WITHOUT_LOCKS:
                raise
            warnings.warn(f"{folder}: its file system has no locks; let only one process work there", stacklevel=3)
        else:
            remove_left_behind(folder)
        yield


def remove_left_behind(folder: Path) -> None:
    """Remove half-written files of killed processes; only for the process that holds the folder's lock.

    Links to folders are not followed.
    """
    for place, subfolders, names in os.walk(folder):
        if len(Path(place).relative_to(folder).parts) >= DEEPEST:
            subfolders.clear()
        for name in names:
            if name.startswith(".") and name.endswith(".part"):
                with contextlib.suppress(OSError):
                    Path(place, name).unlink()


def claim(
    folder: Path,
    recipe: dict[str, Any],
    roots: Mapping[str, Path] | None = None,
    tables: Mapping[str, Path] | None = None,
) -> None:
    """Write ``recipe.yaml``, or check that the folder already holds the same recipe.

    Args:
        folder: The run folder.
        recipe: The recipe.
        roots: The dataset's folders on this machine by dotted key; stored in ``local.yaml``, not in the recipe.
        tables: The user's own csvs by dotted key below ``data``, copied into the folder under the recipe's names.

    Raises:
        InputError: The folder holds another recipe; names the first key that differs.
    """
    if (folder / "recipe.yaml").exists():
        have, want = flat(read_recipe(folder)), flat(recipe)
        if differing := [key for key in sorted(have.keys() | want.keys()) if have.get(key) != want.get(key)]:
            key = differing[0]
            raise InputError(
                f"{folder} holds a run of another recipe ({key} is {have.get(key)} there, {want.get(key)} here);"
                " remove the folder or choose another with runs=DIR"
            )
    else:
        files.write_text(folder / "recipe.yaml", yaml.safe_dump(recipe, sort_keys=False, allow_unicode=True))
    files.write_text(folder / "local.yaml", yaml.safe_dump({key: str(root) for key, root in (roots or {}).items()}))
    names = flat(recipe.get("data", {}))
    for key, table in (tables or {}).items():
        with files.replacing(folder / names[key].partition(":")[0]) as file:
            file.write(table.read_bytes())


def finished(folder: Path, steps: int, inputs: dict[str, str]) -> bool:
    """Whether the run has completed at least ``steps`` on the same ``inputs`` (name → digest), and left its result."""
    metrics = read_json(folder / "metrics.json")
    if metrics and not {"max_steps", "inputs"} <= metrics.keys():
        raise InputError(f"{folder / 'metrics.json'} is no run's result; remove it and run the step again")
    whole = bool(metrics) and (folder / "checkpoints" / "best.ckpt").is_file()
    return whole and metrics["max_steps"] >= steps and same_inputs(metrics["inputs"], inputs)


def data_roots(run: Path, given: dict[str, Any]) -> dict[str, str]:
    """The dataset's folders by dotted key: those in ``given`` (``data``), the others as they were in training."""
    return {key: str(root) for key, root in read_yaml(run / "local.yaml").items() if root} | roots_of(given)
