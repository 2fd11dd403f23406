"""The cost of each command as a Markdown table: ``python benchmarks/commands.py [data=icpr2012 data.root=DIR fold=3]``.

The commands run one after another with ``budget=smoke``, in a temporary folder. Memory is the peak of what all
of a command's processes hold, with what they share counted once; disk is what the command adds to the folder.
"""

import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from mitosis.data.drawing.field import draw_field

IMAGES, SIDE = 2, 2084


def main(data: list[str]) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "images").mkdir()
        for index in range(IMAGES):
            image = draw_field(seed=0, case=index, index=0, size=SIDE).image
            Image.fromarray(image).save(folder / "images" / f"{index}.png")
        segment, classify = "SEGMENTER", "CLASSIFIER"
        small = [*data, "budget=smoke"]
        commands = [
            ["train", "model=scmitosis_seg", *small],
            ["propose", segment],
            ["train", "model=resnet34", *small, "segmenter=SEGMENTER"],
            ["evaluate", segment, classify],
            ["predict", "input=images", "output=out", "mpp=0.25", segment, classify],
            ["pipeline", *small, "runs=runs2"],
        ]
        print("| command | minutes | memory, GiB | disk, MiB |\n|---|---|---|---|")
        for command in commands:
            before = _size(folder)
            words = [_placed(word, folder) for word in command]
            seconds, memory = _run([sys.executable, "-m", f"mitosis.{words[0]}", *words[1:]], folder)
            shown = " ".join(word for word in command if not word.startswith(("input", "output", "runs")))
            disk = (_size(folder) - before) / 2**20
            print(f"| `{shown}` | {seconds / 60:.1f} | {memory / 2**20:.1f} | {disk:.0f} |", flush=True)


def _run(command: list[str], folder: Path) -> tuple[float, int]:
    """Seconds, and the peak memory of all processes in KiB, sampled five times per second."""
    began, memory = time.perf_counter(), 0
    with (folder.parent / f"{folder.name}.log").open("w+") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=log, start_new_session=True)
        while process.poll() is None:
            memory = max(memory, sum(map(_held, _of_session(process.pid))))
            time.sleep(0.2)
        log.seek(0)
        errors = log.read()
    (folder.parent / f"{folder.name}.log").unlink()
    if process.returncode:
        sys.exit(f"{' '.join(command)}\n{errors}")
    return time.perf_counter() - began, memory


def _of_session(session: int) -> list[Path]:
    """All processes of a command's session, including those reparented to another process (Linux)."""
    processes = []
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if int((path / "stat").read_text().rsplit(")", 1)[1].split()[3]) == session:
                processes.append(path)
    return processes


def _held(process: Path) -> int:
    """KiB of a process, its share of what it shares with others (its proportional set size)."""
    with suppress(OSError):
        for line in (process / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


def _placed(word: str, folder: Path) -> str:
    """The word, with the placeholder replaced by the run of an earlier command."""
    for key, model, name in (("segmenter", "scmitosis_seg", "SEGMENTER"), ("classifier", "resnet34", "CLASSIFIER")):
        if name in word:
            (recipe,) = (folder / "runs").glob(f"*/{model}/**/recipe.yaml")
            run = str(recipe.parent.relative_to(folder))
            return word.replace(name, run) if "=" in word else f"{key}={run}"
    return word


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    main(sys.argv[1:] or ["data=synthetic", "fold=0"])
