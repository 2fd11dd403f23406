"""Error messages of one line that name the remedy."""

import difflib
import errno
import functools
import re
from typing import Any

import yaml
from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from mitosis.errors import InputError
from mitosis.run.conf import CONF, words_of
from mitosis.run.keys import RENAMED


def hydra_message(error: Exception, command: str = "train") -> str:
    """A configuration error as one line that names the remedy."""
    text = str(error)
    if isinstance(error, OverrideParseException):
        if not re.search("[=~]", error.override):
            return f"{error.override}: type {error.override}=VALUE"
        return f"{error.override}: {text.splitlines()[0]}; a value with such characters needs quotes: key='\"a, b\"'"
    if isinstance(error, MissingConfigException) and error.options is not None:
        name = str(error.missing_cfg_file or "").replace("\\", "/")
        group, _, word = name.rpartition("/")
        options = sorted(set(error.options) - {"common"})
        return f"{group}={word}: no such choice; type {group}= with one of {', '.join(options)}"
    if match := re.match(r"Ambiguous value for argument '([^=']+)=(-?\d*),(\d+)'", text):
        key, whole, part = match.groups()
        return f"{key}={whole},{part}: numbers take a point; type {key}={whole}.{part}"
    if match := re.search(r"Could not override '([^']+)'", text):
        key, known = match.group(1), _keys()
        if key in RENAMED:
            return f"{key} is called {RENAMED[key]} now; type {RENAMED[key]}=…"
        if command == "pipeline" and key in known:
            if key == "model":
                return "model: each stage has its own; type segmenter.model=… or classifier.model=…"
            return f"{key}: type it for the stage it is for, segmenter.set=[{key}=…] or classifier.set=[{key}=…]"
        close = [word for word in difflib.get_close_matches(key, known, n=2, cutoff=0.6) if word != key]
        hint = f"did you mean {close[0]}=…?" if close and key not in known else "all keys are printed by --cfg job"
        return f"{key}: there is no such key {'with these choices' if key in known else ''}; {hint}".replace(" ;", ";")
    if match := re.search(r"You must specify '([^']+)', e\.g, ", text):
        group = match.group(1)
        return f"{group} is not chosen; type {group}= with one of {', '.join(words_of(group))}"
    return text.partition("Config search path")[0]  # followed by six lines of search path


def unreadable(error: yaml.MarkedYAMLError) -> str:
    """An invalid yaml file as one line: the file, the line number and the problem."""
    mark = error.problem_mark
    where = f"{mark.name}, line {mark.line + 1}" if mark else "a configuration file"
    return f"{where}: not readable as yaml ({error.problem or error.context})"


def user_message(error: Exception, command: str = "train") -> str | None:
    """The message for a user error or a system error; None for a bug in the program."""
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, HydraException | OmegaConfBaseException):
        return hydra_message(error, command)
    if isinstance(error, OSError):
        known = error.filename is not None or error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
        return f"{error.filename or 'writing'}: {error.strerror}" if known else None
    if isinstance(error, yaml.MarkedYAMLError):
        return unreadable(error)
    if type(error).__name__ == "MisconfigurationException":  # Lightning's; importing it here would be slow
        return str(error)
    if isinstance(error, ValueError) and "defaults list" in str(error):  # Hydra's
        return str(error)
    if re.search("DataLoader worker .*(exited unexpectedly|killed by signal)", str(error)):
        return (
            "a process that loads data was killed, as the system does when memory runs out; the same command goes on"
            " from the last checkpoint, with less memory if you type a smaller data.workers or data.batch_size"
        )
    return _of_a_sweep(error)


def _of_a_sweep(error: Exception) -> str | None:
    """The message for a failed sweep job in another process, as reported by its launcher; None for other errors."""
    text, package = str(error), type(error).__module__.split(".")[0]
    if package == "submitit":
        messages = re.findall("^mitosis: (.+)", text, re.MULTILINE)
        return messages[-1] if messages else f"a job of the sweep failed: {text}"
    if package == "joblib":
        return f"a job of the sweep died ({type(error).__name__}); the same command goes on from its last checkpoint"
    if text.startswith('Could not detect "srun"'):
        return "hydra/launcher: there is no SLURM here; type it where sbatch is known, or hydra/launcher=joblib"
    if match := re.search("Unknown plugin class : '(.+)'", text):
        return f"{match[1]} is not installed; type pip install 'mitosis-cascade[sweep]'"
    return None


def check_unknown_keys(config: dict[str, Any], prefix: str = "") -> None:
    """Raise ``InputError`` for an unknown key in a user's yaml that resembles a known one, and so is likely a typo.

    Tables with a ``_target_`` are skipped, because their targets reject unknown arguments themselves.
    """
    known = _keys()
    for key, value in config.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and "_target_" not in value:
            check_unknown_keys(value, f"{name}.")
        elif name not in known and (close := difflib.get_close_matches(name, known, n=1, cutoff=0.85)):
            raise InputError(f"{name}: there is no such key; did you mean {close[0]}=…?")


@functools.cache
def _keys() -> list[str]:
    """Dotted keys of all shipped yamls, for suggestions."""
    keys: set[str] = set()

    def walk(node: Any, prefix: str) -> None:
        for key, value in node.items() if isinstance(node, dict) else ():
            if key not in ("defaults", "hydra") and not str(key).startswith("_"):
                keys.add(f"{prefix}{key}")
                walk(value, f"{prefix}{key}.")

    for path in CONF.rglob("*.yaml"):
        group = path.parent.relative_to(CONF).as_posix().removesuffix("/labels")
        text = path.read_text(encoding="utf-8")
        keys.update([group] if group != "." else [])
        prefix = "" if group == "." or "@package _global_" in text else f"{group}."
        walk(OmegaConf.to_container(OmegaConf.create(text)), prefix)
    return sorted(keys)
