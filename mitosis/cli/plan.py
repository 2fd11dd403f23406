"""The steps of the pipeline for one fold: commands of this package with their overrides."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mitosis.cli.compose import compose
from mitosis.cli.overrides import literal
from mitosis.errors import InputError
from mitosis.run.keys import CLASSIFICATION, OF_STAGE_ONE, OF_THE_PIPELINE, PLACES, SEGMENTATION, as_single
from mitosis.run.name import Choices, run_folder, slug_of

Step = tuple[str, list[str]]
"""A command's name and its overrides."""


@dataclass(frozen=True)
class Plan:
    """What the pipeline will do.

    Attributes:
        steps: In order.
        result: The folder of the result.
        summary: One line.
        network: The description of stage two's network, None without one.
    """

    steps: list[Step]
    result: Path
    summary: str
    network: dict[str, Any] | None = None


def plan_of(config: dict[str, Any], choices: Choices) -> Plan:
    """Train ► propose ► train ► evaluate, or without a classifier train ► propose ► evaluate.

    With ``crossfit=2``, two further segmenters are each trained on half of the training cases and propose on the other
    half. Raises ``InputError`` if the stages do not fit together.
    """
    if config["crossfit"] not in (2, None, "none"):
        raise InputError(f"crossfit={config['crossfit']}: type crossfit=2 or crossfit=none")
    segmenter, classifier = config["segmenter"], config["classifier"]
    crossfit = config["crossfit"] == 2 and classifier["model"] is not None
    keys = {text: text.lstrip("+").split("=")[0].split(".")[0] for text in choices.overrides}
    passed = [text for text, key in keys.items() if key not in OF_THE_PIPELINE]
    places = [text for text in choices.overrides if as_single(text.partition("=")[0]) in PLACES]
    first = [f"model={segmenter['model']}", *passed, *segmenter["set"]]
    halves = [[*first, f"+half={half}"] for half in (0, 1)] if crossfit else []
    runs = [_segmenter(overrides) for overrides in [*halves, first]]
    steps = list(_stage_one([*halves, first], runs, places))
    others = others_of(config["others"], choices.overrides).values()
    if classifier["model"] is None:
        tested = [f"segmenter={runs[-1]}"]
        steps += _tests(tested, places, others)
        return Plan(steps, runs[-1], f"stage one alone; the result will lie in {runs[-1]}")
    quoted = ",".join(literal(str(run)) for run in runs)
    of_both = [text for text in passed if keys[text] not in OF_STAGE_ONE]
    second = [f"model={classifier['model']}", *of_both, *classifier["set"], f"segmenter=[{quoted}]"]
    second += ["+crossfit=2" if crossfit else "+crossfit=none"]
    composed = compose("train", second)
    result = _classifier(*composed, runs[-1])
    _check_stain(compose("train", first), composed)
    steps.append(("train", second))
    tested = [f"segmenter={runs[-1]}", f"classifier={result}"]
    steps += _tests(tested, places, others)
    summary = f"crossfit={2 if crossfit else 'none'}; the result will lie in {result}"
    return Plan(steps, result, summary, composed[0]["model"])


def others_of(given: Sequence[str], typed: Sequence[str]) -> dict[str, list[str]]:
    """What ``evaluate`` is told for each further dataset, by its word.

    Args:
        given: ``WORD=DIR`` for the folder of a dataset, ``WORD.KEY=VALUE`` for a setting of its own.
        typed: The overrides of the pipeline, of which a cache and the budget count here, too.

    Raises:
        InputError: An item has another form.
    """
    shared = [text for text in typed if text.startswith(("data.cache=", "budget"))]
    others: dict[str, list[str]] = {}
    for item in given:
        key, equals, value = str(item).partition("=")
        word, dot, setting = key.partition(".")
        if not equals:
            raise InputError(f"others: {item}: type WORD=DIR, a dataset and its folder")
        others.setdefault(word, [f"data={word}", *shared]).append(f"data.{setting if dot else 'root'}={value}")
    return others


def check_pretrained(plan: Plan) -> None:
    """Raise ``InputError`` if pretrained weights for stage two are unavailable.

    Checked before any step, because it would otherwise surface after hours of training.
    """
    model = plan.network or {}
    if model.get("pretrained") or model.get("weights"):
        from mitosis.model import classifier

        classifier.check_pretrained(model["name"], model["pretrained"], model["weights"])


def _stage_one(trainings: Iterable[list[str]], runs: Iterable[Path], places: list[str]) -> Iterable[Step]:
    for overrides, run in zip(trainings, runs, strict=True):
        yield "train", overrides
        yield "propose", [f"segmenter={run}", *places]


def _tests(tested: list[str], places: list[str], others: Iterable[list[str]]) -> Iterable[Step]:
    """On the dataset's own test part, then on the others; what is wrong with these is told before any training."""
    for own in others:
        compose("evaluate", [*tested, *own])
    return [("evaluate", [*tested, *own]) for own in (places, *others)]


def _segmenter(overrides: list[str]) -> Path:
    """The run folder of ``train`` with these overrides."""
    settings, choices = compose("train", overrides)
    if settings["stage"]["kind"] != SEGMENTATION:
        raise InputError(f"segmenter.model={choices.words['model']} is a classifier; choose a segmenter, scmitosis_seg")
    return run_folder(settings, choices)


def _classifier(settings: dict[str, Any], choices: Choices, segmenter: Path) -> Path:
    if settings["stage"]["kind"] != CLASSIFICATION:
        raise InputError("classifier.model is a segmenter; choose a classifier such as resnet34")
    return run_folder(settings, choices, segmenter=slug_of(segmenter))


def _check_stain(*stages: tuple[dict[str, Any], Choices]) -> None:
    """Checked now, because a mismatch between the stages would otherwise surface only in the last step."""
    first, second = (settings["stain"] for settings, _ in stages)
    words = [choices.words["stain"] for _, choices in stages]
    if first == second:
        return
    if words[0] == words[1]:
        raise InputError(f"the settings of stain={words[0]} differ between the two stages; set both alike")
    raise InputError(
        f"the segmenter has stain={words[0]}, the classifier stain={words[1]}; type stain={words[0]} for both,"
        f" or another one"
    )
