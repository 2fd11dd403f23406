"""``python -m mitosis.pipeline data=…``: train ► propose ► train ► evaluate for one fold, each step a process."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from mitosis.cli.entry import compose, entry
from mitosis.cli.overrides import literal
from mitosis.cli.step import run_step
from mitosis.errors import InputError
from mitosis.files import read_json
from mitosis.run.name import Choices, run_folder, slug_of

OWN = ("crossfit", "segmenter", "classifier")
"""Keys of the pipeline itself; all others typed by the user are passed to every training step."""


def pipeline(config: dict[str, Any], choices: Choices) -> float:
    """Both stages on one fold, or stage one alone; finished steps are skipped. Returns F1, nan without a test part."""
    if config["crossfit"] not in (2, None, "none"):
        raise InputError(f"crossfit={config['crossfit']}: type crossfit=2 or crossfit=none")
    crossfit = config["crossfit"] == 2 and config["classifier"]["model"] is not None
    passed = [text for text in choices.overrides if text.lstrip("+").split("=")[0].split(".")[0] not in OWN]
    first = [f"model={config['segmenter']['model']}", *passed, *config["segmenter"]["set"]]
    halves = [_segmenter([*first, f"half={half}"]) for half in (0, 1)] if crossfit else []
    whole = _segmenter(first)
    step = partial(run_step, conf=choices.conf)
    if config["classifier"]["model"] is None:
        return _stage_one(*whole, [*_place(passed)], step)
    runs = [*(run for _, run in halves), whole[1]]
    quoted = ",".join(literal(str(run)) for run in runs)
    second = [f"model={config['classifier']['model']}", *passed, *config["classifier"]["set"]]
    second += [f"candidates=[{quoted}]", f"crossfit={2 if crossfit else 'none'}"]
    settings, words = compose("train", second)
    _check_pretrained(settings)
    _check_stain(compose("train", first), (settings, words))
    classifier = run_folder(settings, words, on=slug_of(whole[1]))
    print(f"crossfit={2 if crossfit else 'none'}; the result will lie in {classifier}", flush=True)
    for overrides, run in [*halves, whole]:
        step("train", overrides)
        step("propose", [f"segment={run}", *_place(passed)])
    step("train", second)
    step("evaluate", [f"segment={whole[1]}", f"classify={classifier}", *_place(passed)])
    return _f1(classifier)


def _stage_one(overrides: list[str], run: Path, root: list[str], step: Callable[..., None]) -> float:
    print(f"stage one alone; the result will lie in {run}", flush=True)
    step("train", overrides)
    step("propose", [f"segment={run}", *root])
    step("evaluate", [f"segment={run}", *root])
    return _f1(run)


def _f1(run: Path) -> float:
    stages = read_json(run / "evaluation.json")["stages"]
    return stages[-1]["f1"] if stages and stages[-1]["f1"] is not None else float("nan")


def _segmenter(overrides: list[str]) -> tuple[list[str], Path]:
    settings, words = compose("train", overrides)
    if "tiling" not in settings:
        raise InputError(f"segmenter.model={words.words['model']} is a classifier; choose a segmenter, scmitosis_seg")
    return overrides, run_folder(settings, words)


def _place(overrides: list[str]) -> Iterator[str]:
    return (text for text in overrides if text.startswith(("data.root=", "data.cache=")))


def _check_stain(*stages: tuple[dict[str, Any], Choices]) -> None:
    """That the stages do not fit together would show at the very end."""
    first, second = (settings["stain"] for settings, _ in stages)
    names = [choices.words["stain"] for _, choices in stages]
    if first != second:
        if names[0] == names[1]:
            raise InputError(f"the settings of stain={names[0]} differ between the two stages; set both alike")
        raise InputError(
            f"the segmenter has stain={names[0]}, the classifier stain={names[1]}; type stain={names[0]} for both,"
            f" or another one"
        )


def _check_pretrained(settings: dict[str, Any]) -> None:
    """Stage two's weights are looked for before stage one trains for hours."""
    model = settings["model"]
    if "crop" not in settings:
        raise InputError("classifier.model is a segmenter; choose a classifier such as resnet34")
    if model.get("pretrained") or model.get("weights"):
        from mitosis.model.classifier import check_pretrained

        check_pretrained(model["name"], model["pretrained"], model["weights"])


if __name__ == "__main__":
    entry("pipeline", pipeline)
