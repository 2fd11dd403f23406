"""``python -m mitosis.combine segmenter=[A,B] classifier=[C,D] output=DIR``: cross-fitted networks as one cascade."""

from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

from mitosis.cli.entry import entry, folder
from mitosis.errors import InputError
from mitosis.files import digest, read_json
from mitosis.run.build import build
from mitosis.run.folder import data_roots, training_recipe
from mitosis.run.keys import CLASSIFICATION, SEGMENTATION
from mitosis.run.name import Choices
from mitosis.run.weights_folder import FORMAT


def combine(config: dict[str, Any], choices: Choices) -> float:
    """Fit the joint score and the thresholds on unseen candidates, and write the cascade to a folder.

    The two halves of a stage score the candidates that they have not seen, several classifiers of a half by their mean
    probability. The cascade consists of the runs that were trained on all cases, if any are given, and otherwise of the
    halves.

    Args:
        config: The composed configuration, as plain data.
        choices: The user's choices.

    Returns:
        F1 on the unseen fields at the balanced operating point.

    Raises:
        InputError: The runs are not finished, not of both halves of one fold, or do not fit together.
    """
    segmenters, classifiers = (_members(config[key], key) for key in ("segmenter", "classifier"))
    output = Path(str(config["output"])).expanduser()
    if output.exists() and not output.is_dir():
        raise InputError(f"output={output} is a file; give a folder")
    given = [run for stage in (segmenters, classifiers) for run in (*chain(*stage.halves), *stage.whole)]
    request = {str(run): digest(run / "checkpoints" / "best.ckpt") for run in given}
    done = read_json(output / "cascade.json")
    if done and (done["format"], done["about"]["runs"]) == (FORMAT, list(request.values())):
        print(f"{output} is up to date; nothing to do")
        return done["decision"]["points"]["balanced"]["f1"]

    from mitosis.cascade.bundle import write_bundle  # torch is loaded from here on
    from mitosis.cascade.cascade import Cascade
    from mitosis.cascade.combination import Half, decide, score_unseen
    from mitosis.data.other import patients_of
    from mitosis.data.view.candidate_table import read_candidates
    from mitosis.output.scored import write_scored
    from mitosis.run.assembly import rebuild_data
    from mitosis.run.other_data import trained_fields
    from mitosis.run.trained import load

    halves = []
    for (first,), seconds in zip(segmenters.halves, classifiers.halves, strict=True):
        trained = load(first)
        data = rebuild_data(trained, data_roots(first, config["data"]), config["data"]["cache"])
        second = [load(run) for run in seconds]
        halves.append(Half(trained, second, read_candidates(first / "candidates.csv"), data))
    matching = build(halves[0].segmenter.recipe["matching"], "matching")
    unseen = [one for half in halves for one in score_unseen(half)]
    decision = decide(unseen, matching)
    chosen = halves[0].segmenter.chosen
    first = [replace(load(run), chosen=chosen) for run in segmenters.whole] or [half.segmenter for half in halves]
    second = [load(run) for run in classifiers.whole] or [one for half in halves for one in half.classifiers]
    cascade = Cascade(first, second, decision=decision)
    trained, patients = trained_fields([*first, *second]), patients_of(halves[0].data)
    about = {
        "data": halves[0].segmenter.recipe["name"]["data"],
        "fold": halves[0].segmenter.recipe["fold"],
        "patients": sorted({patient for field, patient in patients.items() if field in trained}),
        "runs": list(request.values()),
    }
    write_bundle(output, cascade, about)
    write_scored(output / "out_of_fold.csv", [one.joined(decision) for one in unseen], matching)
    for name, point in decision.points.items():
        print(
            f"{output}: {name} {point.threshold:.3f} → precision {point.precision:.3f}, recall {point.recall:.3f},"
            f" F1 {point.f1:.3f}, {point.false_per_mm2:.2f} false alarms per mm² ({decision.rule})"
        )
    return decision.points["balanced"].f1


@dataclass(frozen=True)
class Members:
    """The runs of one stage: those of half 0 and of half 1, and those of all cases."""

    halves: tuple[list[Path], list[Path]]
    whole: list[Path]


def _members(given: Any, key: str) -> Members:
    if not isinstance(given, list | tuple) or len(given) < 2:
        raise InputError(f"{key}={given}: give the run folders of both halves, {key}=[RUN,RUN]")
    runs = [folder(path, key) for path in given]
    kind = SEGMENTATION if key == "segmenter" else CLASSIFICATION
    by_half: dict[int | None, list[Path]] = {0: [], 1: [], None: []}
    for run in runs:
        recipe = training_recipe(run)
        if recipe["stage"]["kind"] != kind:
            raise InputError(f"{key}={run} is not a {key}'s run")
        if not read_json(run / "metrics.json"):
            raise InputError(f"{key}={run}: its training is not finished; run its command again")
        by_half[recipe.get("half")].append(run)
    count = len(by_half[0])
    if len(by_half[1]) != count or count < 1 or (count > 1 and kind == SEGMENTATION):
        found = ", ".join(f"{len(by_half[half])} of half={half}" for half in (0, 1))
        wanted = (
            "one run of half=0 and one of half=1" if kind == SEGMENTATION else "as many runs of half=0 as of half=1"
        )
        raise InputError(f"{key}: give {wanted}, and any number of all cases; here are {found}")
    return Members((by_half[0], by_half[1]), by_half[None])


if __name__ == "__main__":
    entry("combine", combine)
