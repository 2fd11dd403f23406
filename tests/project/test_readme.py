"""The commands of the README and of docs/: each one composes, and each one runs."""

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import forked
import numpy as np
import pytest
from miniature import mitos_atypia14
from PIL import Image

from mitosis.cli.compose import compose
from mitosis.cli.overrides import arrange
from mitosis.data.drawing.field import draw_field
from mitosis.data.fold.lists import read_folds
from mitosis.data.view.candidate_table import CandidateRow, write_candidates

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    *(f"docs/{name}.md" for name in ("index", "train", "data", "labels", "predict", "clusters", "results", "extend")),
    *("docs/model-card.md", "docs/architecture.md", "docs/api.md", "README.md", "CONTRIBUTING.md"),
]
"""In the order in which their commands are run: where a run is evaluated, an earlier page has trained it."""
TINY = ["budget.widths=[4,4,8,8]", "max_steps=1", "data.samples_per_epoch=4", "data.batch_size=4"]


class Command(NamedTuple):
    """A command of this package: its name, and what is typed behind it."""

    name: str
    arguments: tuple[str, ...]


def lines(language: str) -> list[str]:
    """Every line of the pages' blocks in a language, each once, without its comment."""
    text = "\n".join((ROOT / page).read_text(encoding="utf-8") for page in PAGES)
    blocks = re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    typed = [line.split("  #")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in dict.fromkeys(typed) if line]


def command(line: str) -> Command | None:
    """``mitosis NAME …`` or ``python -m mitosis.NAME …``, however it is launched; None for another line."""
    if not (launched := re.search(r"(?:^mitosis |-m mitosis\.)(.*)", line)):
        return None
    name, *arguments = shlex.split(launched[1])
    return Command(name, tuple(arguments))


BASH = lines("bash")
COMMANDS = {line: found for line in BASH if (found := command(line))}
ELSEWHERE = {line: found for line in lines("sh") if (found := command(line)) and "--config-dir" not in line}
"""Commands that take several machines or GPUs, four networks, or no end.

The one with ``--config-dir`` is run by test_own_parts.py.
"""
SCRIPTS = [line for line in BASH if re.match(r"python (experiments|benchmarks)/\w+\.py", line)]
TARGETS = [word for line in BASH if line.startswith("make ") for word in shlex.split(line)[1:] if "=" not in word]


def test_every_page_is_read():
    assert {f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")} <= set(PAGES)


def test_every_command_has_an_example():
    shipped = {path.stem for path in (ROOT / "conf").glob("*.yaml")}
    assert {found.name for found in {**COMMANDS, **ELSEWHERE}.values()} == shipped


def test_no_line_of_bash_is_left_out():
    made = [line for line in BASH if line.startswith("make ")]
    assert set(BASH) == {*COMMANDS, *SCRIPTS, *made}


@pytest.mark.parametrize("line", [*COMMANDS, *ELSEWHERE])
def test_every_command_composes(line: str):
    name, arguments = {**COMMANDS, **ELSEWHERE}[line]
    overrides = [text for text in arrange(list(arguments)) if text not in ("--multirun", "-m")]
    one = [re.sub(r"^((?!segmenter|classifier)[a-z_./]+)=([^,\[']+),.*$", r"\1=\2", text) for text in overrides]
    config, _ = compose(name, one)
    assert config["runs"] == ("RUNS" if name == "report" else "runs")


@pytest.mark.parametrize("target", sorted(set(TARGETS)))
def test_every_make_target_exists(target: str):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_every_command_runs(tmp_path: Path, write_slide: Callable[..., Path]):
    _write_contest(tmp_path / "contest")
    (tmp_path / "fields").mkdir()
    Image.fromarray(draw_field(seed=1, case=0, index=0, size=256).image).save(tmp_path / "fields" / "a (1), b.png")
    _write_own(tmp_path / "own")
    _write_reviewed(tmp_path / "reviewed")
    image = draw_field(seed=1, case=0, index=1, size=256).image
    (tmp_path / "in" / "images" / "histopathology-roi-cropout").mkdir(parents=True)
    Image.fromarray(image).save(tmp_path / "in" / "images" / "histopathology-roi-cropout" / "a.tif", dpi=(101_600,) * 2)
    mitos_atypia14.add(tmp_path / "frames", "H05_00Aa", "64,64,1.0\n")
    write_slide(tmp_path / "SLIDE.svs", draw_field(seed=1, case=1, index=0, size=256).image)
    for number, line in enumerate(line for line in BASH if line in COMMANDS or line in SCRIPTS):
        segmenter, classifier = _run(tmp_path, "scmitosis_seg"), _run(tmp_path, "resnet34")
        known = {
            "DIR": "contest",
            "DIR2": "frames",
            "FOLDER": "fields",
            "OUT": f"out{number}",
            "MINE": "own",
            "CACHE": "cache",
            "REVIEWED": str(tmp_path / "reviewed"),
            "IN": "in",
        }
        known |= {"RUN": segmenter, "RUN2": classifier, "RUNS": str(Path(classifier).parent)}
        known |= {"RUN3": _run(tmp_path, "efficientnet_lite0", "folder")}
        if "figure5" in line:  # one step of training may propose nothing to draw
            row = CandidateRow("A00_01", 64.0, 64.0, 20.0, 0.9, 0.95, 1, "0", "seen")
            write_candidates(Path(segmenter) / "candidates.csv", [row])
        if line in COMMANDS:
            name, arguments = COMMANDS[line]
            words = ["-m", f"mitosis.{name}", *arguments, *(TINY if name in ("train", "pipeline") else [])]
        else:
            _, script, *arguments = shlex.split(line)
            words = [str(ROOT / script), *arguments]
        words = [_replaced(word, known) for word in words]
        done = forked.run(words, tmp_path)
        assert done.code == 0, f"{line}\n{done.out}"
    tables = [path.read_text() for path in tmp_path.glob("out*/detections.csv")]
    assert len(tables) == 5
    assert all(text.startswith("image,x,y,score,class,area_um2,mpp\n") for text in tables)


def _replaced(word: str, known: dict[str, str]) -> str:
    """``word`` with what the pages call ``DIR``, ``RUN`` and so on, alone or behind = or /, replaced."""
    return re.sub(r"(?<=[=/])[A-Z0-9]+\b|^[A-Z0-9]+$", lambda match: known.get(match[0], match[0]), word)


def _run(root: Path, model: str, data: str = "icpr2012") -> str:
    """The first run of the model on the contest's or other data that no half and no pipeline made, or nothing yet."""
    made = sorted(path.parent for path in (root / "runs" / data / model).glob("**/recipe.yaml"))
    single = [path for path in made if "half-" not in str(path) and "crossfit-2" not in str(path)]
    return str(single[0]) if single else "none"


def _write_contest(root: Path) -> None:
    """The contest's folders with drawn fields of 130 pixels: 32 of 1 µm, which the U-Net's stride divides."""
    lists = read_folds("icpr2012-slide:A")["official"]
    for number, name in enumerate([*lists["train"], *lists["val"]]):
        folder = root / f"{name[:3]}_v2"
        folder.mkdir(parents=True, exist_ok=True)
        drawn = draw_field(seed=0, case=int(name[1:3]), index=number, size=130)
        Image.fromarray(drawn.image).save(folder / f"{name}.bmp")
        rows = [",".join(map(str, np.asarray(figure.pixels).ravel())) for figure in drawn.figures]
        (folder / f"{name}.csv").write_text("\n".join(rows) + "\n")


def _write_own(root: Path) -> None:
    """Six patients of a user's own, a drawn field each in the patient's folder, and all mitoses in ``cells.csv``."""
    rows = ["image,x,y"]
    for case in range(6):
        drawn = draw_field(seed=2, case=case, index=0, size=128)
        (root / f"p{case}").mkdir(parents=True)
        Image.fromarray(drawn.image).save(root / f"p{case}" / f"field{case}.png")
        rows += [f"field{case}.png,{x:g},{y:g}" for x, y in (figure.centroid for figure in drawn.figures)]
    (root / "cells.csv").write_text("\n".join(rows) + "\n")


def _write_reviewed(folder: Path) -> None:
    """Reviews of the user's own fields, as their pages save them: a mitosis, and a rejected look-alike."""
    folder.mkdir()
    for case in range(6):
        drawn = draw_field(seed=2, case=case, index=0, size=128)
        cells = [(drawn.figures[0].centroid, "Mitosis"), (drawn.hard_negatives[0], "Non-mitosis")]
        features = [
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [float(x), float(y)]},
                "properties": {"classification": {"name": name}},
            }
            for (x, y), name in cells
        ]
        text = json.dumps({"type": "FeatureCollection", "features": features})
        (folder / f"field{case}.png.geojson").write_text(text)
