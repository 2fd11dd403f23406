"""Runs inputs of the kinds that go wrong as a user would, and shows what each was told.

``python experiments/faults.py inputs=DIR [only=NAME,…] [KEY=VALUE …]``. ``DIR`` holds a folder for each input and
``list.txt``, which names them: ``# NAME (where it comes from)``, the commands as they are typed, ``# right: ANSWER``.
Scripts that the commands call lie there too, and all that was printed goes to ``told.txt``. ``KEY=VALUE`` stands for
``{KEY}`` in the commands, such as ``dark=RUN`` for a trained segmenter. ``faults.yaml`` says how the right answer of an
input is recognised; an input that it does not know is shown as "?", unless it ends in a traceback or in more than one
line. Exit code 1 if an answer is not right.
"""

import csv
import os
import re
import runpy
import shlex
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table
from script import pairs, run

from mitosis.errors import InputError
from mitosis.files import write_text
from mitosis.run.keys import RENAMED

ANSWERS = Path(__file__).with_suffix(".yaml")
LIST, FULL = "list.txt", "told.txt"
LIMIT = 900
"""Seconds after which a command hangs."""
REACH = 1.5
"""Pixels between a place and the right one."""
DOOR = "python -m mitosis."


@dataclass
class Input:
    """An input: its name, what is typed, and the right answer in words."""

    name: str
    commands: list[str] = field(default_factory=list)
    right: str = ""


@dataclass(frozen=True)
class Told:
    """What a command ended with: its exit code, negative for a signal, and everything that it printed."""

    code: int
    text: str

    @property
    def lines(self) -> list[str]:
        """The printed lines, without bars of progress and colours."""
        plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", self.text)
        parts = (line.rpartition("\r")[2].rstrip() for line in plain.splitlines())
        return [line for line in parts if line and "━" not in line]


def main(arguments: Sequence[str]) -> None:
    given = pairs(arguments)
    if "inputs" not in given:
        raise InputError("type inputs= with the folder of the inputs and their list.txt")
    folder = Path(given.pop("inputs")).expanduser().resolve()
    only = [name for name in given.pop("only", "").split(",") if name]
    inputs = [one for one in read_list(folder / LIST) if not only or one.name in only]
    answers = yaml.safe_load(ANSWERS.read_text(encoding="utf-8"))
    if any(DOOR in line and f"{DOOR}convert" not in line for one in inputs for line in one.commands):
        import mitosis.check.preparation
        import mitosis.run.assembly  # torch, once for all commands  # noqa: F401
    table = Table("input", "right", "said", "ok", title=str(folder), title_justify="left", show_lines=True)
    wrong, printed = 0, []
    for one in inputs:
        told = [typed(line, given, folder) for line in one.commands]
        for line, each in zip(one.commands, told, strict=True):
            printed += [f"# {one.name}", f"$ {line}", *each.lines, f"exit {each.code}", ""]
        problem = judged(one, told, answers.get(one.name), folder)
        wrong += bool(problem)
        said = "\n".join(f"exit {each.code}: {shown(each)}" for each in told)
        known = "yes" if one.name in answers else "?"
        table.add_row(one.name, one.right, said, f"no: {problem}" if problem else known)
    write_text(folder / FULL, "\n".join(printed))
    Console(width=200).print(table)
    print(f"{len(inputs)} inputs, {wrong} not answered rightly")
    if wrong:
        sys.exit(1)


def read_list(path: Path) -> list[Input]:
    """The inputs of a list, in its order; ``InputError`` if it is missing or a line stands before the first input."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; write the printed list of the inputs there") from error
    inputs: list[Input] = []
    for line in filter(None, map(str.strip, lines)):
        if line.startswith("# right: ") and inputs:
            inputs[-1].right = line.removeprefix("# right: ")
        elif line.startswith("# "):
            inputs.append(Input(line[2:].partition(" (")[0]))
        elif inputs:
            inputs[-1].commands.append(line)
        else:
            raise InputError(f"{path}: {line[:60]!r} stands before the first input; name it by # NAME")
    return inputs


def typed(line: str, given: Mapping[str, str], folder: Path) -> Told:
    """Type a command in ``folder``; one of the project's runs in a fork of this process, any other in a shell."""
    for key, value in given.items():
        line = line.replace(f"{{{key}}}", shlex.quote(value))
    with tempfile.TemporaryFile() as file:
        code = _door(line, file.fileno()) if line.startswith(DOOR) else _shell(line, file.fileno(), folder)
        file.seek(0)
        return Told(code, file.read().decode("utf-8", "replace"))


def _door(line: str, output: int) -> int:
    sys.stdout.flush()
    if child := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code = 1
    try:
        signal.alarm(LIMIT)
        os.dup2(output, 1)
        os.dup2(output, 2)
        sys.stdout, sys.stderr = (os.fdopen(number, "w", encoding="utf-8", closefd=False) for number in (1, 2))
        name, *words = shlex.split(_current(line.removeprefix(DOOR)))
        sys.argv = [name, *words]
        runpy.run_module(f"mitosis.{name}", run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _shell(line: str, output: int, folder: Path) -> int:
    line = _current(line)
    if script := re.match(r"bash (\S+\.sh) ", line):
        text = _current((folder / script[1]).read_text(encoding="utf-8"))
        line = f"bash -s {line[script.end() :]} <<'END OF THE SCRIPT'\n{text}\nEND OF THE SCRIPT"
    own = {"PYTHON": sys.executable, "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}"}
    try:
        return subprocess.run(
            line, shell=True, cwd=folder, stdout=output, stderr=output, env=os.environ | own, timeout=LIMIT, check=False
        ).returncode
    except subprocess.TimeoutExpired:
        return -signal.SIGALRM


def _current(text: str) -> str:
    """Commands with the current names of the keys that they type."""
    return re.sub(rf"(?<![\w.])({'|'.join(RENAMED)})=", lambda key: f"{RENAMED[key[1]]}=", text)


def judged(one: Input, told: Sequence[Told], answers: Sequence[Mapping[str, Any]] | None, folder: Path) -> str:
    """What is wrong with the answers to an input; empty if nothing is."""
    if answers is not None and len(answers) != len(told):
        return f"{len(told)} commands, and {len(answers)} answers in {ANSWERS.name}"
    wanted = answers or [{}] * len(told)
    problems = (
        _problem(each, answer, folder / one.name, one.commands[number].startswith(DOOR))
        for number, (each, answer) in enumerate(zip(told, wanted, strict=True))
    )
    return "; ".join(filter(None, problems))


def _problem(told: Told, answer: Mapping[str, Any], folder: Path, door: bool) -> str:
    if "Traceback" in told.text:
        return "a traceback"
    if told.code < 0:
        return f"ended by {signal.Signals(-told.code).name}"
    if door and told.code and (problem := _unasked(told, answer.get("says", ()))):
        return problem
    if "exit" in answer and told.code != answer["exit"]:
        return f"exit {told.code}, not {answer['exit']}"
    text = " ".join(re.sub("[│┃]", " ", " ".join(told.lines)).split())  # without the lines of tables
    for pattern in answer.get("says", ()):
        if not re.search(pattern, text):
            return f"nothing said of {pattern!r}"
    for pattern in answer.get("silent", ()):
        if re.search(pattern, text):
            return f"it said {pattern!r}"
    for file, places in answer.get("places", {}).items():
        if (found := _places(folder / file)) is None or not _same(found, places):
            return f"{file} holds {found}, not {places}"
    return ""


def _unasked(told: Told, says: Sequence[str]) -> str:
    """What is wrong with the lines of a refusal: there is one, and of several, each has an own pattern of ``says``."""
    lines = [line for line in told.lines if line.startswith("mitosis: ")]
    if not lines:
        return f"exit {told.code} without one line that says why"
    left = list(says)
    for line in lines if len(lines) > 1 else ():
        if (own := next((pattern for pattern in left if re.search(pattern, line)), None)) is None:
            return f"{len(lines)} lines, of which no answer asks for {line[:80]!r}"
        left.remove(own)
    return ""


def _places(path: Path) -> list[tuple[str, float, float]] | None:
    """Image, x and y of each row of a csv; None if it is not there."""
    if not path.is_file():
        return None
    with path.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["x"] and row.get("label") != "non-mitosis"]
    return sorted((row["image"], float(row["x"]), float(row["y"])) for row in rows)


def _same(found: Sequence[tuple[str, float, float]], right: Sequence[Sequence[Any]]) -> bool:
    """Whether the places are the right ones, within ``REACH``; an image ``*`` stands for any."""
    if len(found) != len(right):
        return False
    return all(
        other in ("*", image) and abs(x - u) <= REACH and abs(y - v) <= REACH
        for (image, x, y), (other, u, v) in zip(found, sorted(map(tuple, right)), strict=True)
    )


def shown(told: Told) -> str:
    """The lines that say something: refusals and warnings, else the last."""
    lines = told.lines
    words = [line for line in lines if re.search(r"^mitosis: |warning|skipped|left out", line)]
    return " | ".join(words or lines[-2:])[:500]


if __name__ == "__main__":
    run(main)
