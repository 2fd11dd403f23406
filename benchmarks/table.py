"""Run the benchmarks and write their results into benchmarks/README.md: ``make benchmarks [QUICK=1]``.

Each prints its result as its last line. One that fails, for example because a peer is not installed, has its last line
of errors in the table instead, and the others go on.
"""

import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

README = Path(__file__).with_name("README.md")
START, END = "<!-- measured -->\n", "<!-- end -->\n"
ROWS = {
    "step.py": "a training step of SCMitosis_Seg versus Lightning's default, 32 bits and NCHW",
    "feed.py": "augmented samples that one process yields in a second",
    "field.py": "stage one over a field versus MONAI's sliding windows, same network",
    "macenko.py": "Macenko's normalisation of a synthetic field versus staintools' lasso",
    "prepare.py": "preparing a folder with two workers versus a loop over staintools' Macenko",
    "cache.py": "a random crop from the cache versus decoding the JPEG field and cropping it",
    "curve.py": "counts at every threshold, in one descent versus matching everything again",
    "slides.py": "a whole slide of 40,000² pixels versus one of 20,000²: time per mm² of tissue, peak memory",
    "refusal.py": "a command that only refuses versus importing torch",
}
"""Script → what it compares."""
PACKAGES = ("torch", "monai", "staintools")


def main() -> None:
    measured = {}
    for script, comparison in ROWS.items():
        print(f"{script}: {comparison}", flush=True)
        measured[script] = result([sys.executable, str(README.with_name(script))])
        print(f"    {measured[script]}", flush=True)
    README.write_text(filled(README.read_text(encoding="utf-8"), table(measured, machine())), encoding="utf-8")


def result(command: list[str]) -> str:
    """The last line that a command prints, or why it failed."""
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = (ended.stderr if ended.returncode else ended.stdout).strip().splitlines() or ["nothing printed"]
    return f"failed: {lines[-1]}" if ended.returncode else lines[-1]


def machine() -> str:
    """This machine and the versions that were measured."""
    quick = ", QUICK=1" if os.environ.get("QUICK", "") not in ("", "0") else ""
    versions = ", ".join(f"{name} {_version(name)}" for name in PACKAGES)
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, {versions}{quick}"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "(not installed)"


def table(measured: dict[str, str], where: str) -> str:
    """The results as Markdown, with a command for each."""
    cells = [
        (f"`python benchmarks/{script}`", ROWS[script], text.replace("|", "/")) for script, text in measured.items()
    ]
    rows = "".join(f"| {' | '.join(row)} |\n" for row in cells)
    return f"{where}:\n\n| command | comparison | measured |\n|---|---|---|\n{rows}"


def filled(text: str, new: str) -> str:
    """``text`` with ``new`` between its two marks."""
    before, rest = text.split(START)
    return f"{before}{START}{new}{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    main()
