"""What ``combine`` refuses before it loads a network. The whole of it runs in experiments/test_speedrun.py."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from refused import refused

from mitosis import files
from mitosis.combine import combine
from mitosis.run.name import Choices

SEGMENTATION, CLASSIFICATION = "segmentation", "classification"


def run(folder: Path, kind: str, half: int | None, *, finished: bool = True) -> str:
    """A run folder with as much as ``combine`` reads before it loads a network."""
    recipe = {"stage": {"kind": kind}, "fold": 0, "name": {}, "data": {}} | ({} if half is None else {"half": half})
    files.write_text(folder / "recipe.yaml", yaml.safe_dump(recipe))
    files.write_text(folder / "checkpoints" / "best.ckpt", "")
    if finished:
        files.write_json(folder / "metrics.json", {"steps": 1})
    return str(folder)


@pytest.fixture
def given(tmp_path: Path) -> dict[str, Any]:
    """Both halves of both stages."""
    pairs = {"segmenter": SEGMENTATION, "classifier": CLASSIFICATION}
    runs = {key: [run(tmp_path / f"{key}{half}", kind, half) for half in (0, 1)] for key, kind in pairs.items()}
    return {**runs, "output": str(tmp_path / "out"), "data": {"root": None, "cache": None, "sets": {}}}


def said(given: dict[str, Any]) -> str:
    return refused(lambda: combine(given, Choices({}, "default", [])))


def test_one_half_is_not_enough(given: dict[str, Any], tmp_path: Path) -> None:
    whole = run(tmp_path / "whole", CLASSIFICATION, None)
    given["classifier"] = [given["classifier"][0], whole]
    assert said(given) == (
        "classifier: give as many runs of half=0 as of half=1, and any number of all cases; here are 1 of half=0, 0 of"
        " half=1"
    )
    given["classifier"] = whole
    assert said(given).startswith(f"classifier={whole}: give the run folders of both halves")


def test_one_segmenter_of_each_half(given: dict[str, Any], tmp_path: Path) -> None:
    """It is they that tell which fields no network of their half has seen."""
    given["segmenter"] += [run(tmp_path / f"more{half}", SEGMENTATION, half) for half in (0, 1)]
    assert said(given) == (
        "segmenter: give one run of half=0 and one of half=1, and any number of all cases; here are 2 of half=0, 2 of"
        " half=1"
    )


def test_stages_that_are_exchanged(given: dict[str, Any]) -> None:
    given["segmenter"], given["classifier"] = given["classifier"], given["segmenter"]
    assert said(given) == f"segmenter={given['segmenter'][0]} is not a segmenter's run"


def test_a_run_that_is_not_finished(given: dict[str, Any], tmp_path: Path) -> None:
    given["classifier"][1] = run(tmp_path / "unfinished", CLASSIFICATION, 1, finished=False)
    assert said(given).endswith("unfinished: its training is not finished; run its command again")


def test_an_output_that_is_a_file(given: dict[str, Any]) -> None:
    Path(given["output"]).write_text("")
    assert said(given) == f"output={given['output']} is a file; give a folder"


def test_what_was_combined_stands_and_an_older_format_does_not(
    given: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    runs = [files.digest(Path(path) / "checkpoints" / "best.ckpt") for path in given["segmenter"] + given["classifier"]]
    done = {"format": 2, "about": {"runs": runs}, "decision": {"points": {"balanced": {"f1": 0.75}}}}
    table = Path(given["output"]) / "cascade.json"
    files.write_json(table, done)
    assert combine(given, Choices({}, "default", [])) == 0.75
    assert capsys.readouterr().out.endswith("out is up to date; nothing to do\n")
    files.write_json(table, done | {"format": 1})
    assert "best.ckpt" in said(given), "it reads the networks to combine them anew"
