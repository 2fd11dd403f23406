"""``python -m mitosis.evaluate segmenter=RUN [classifier=RUN] [data=…]``: the cascade over held-out fields."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mitosis import files
from mitosis.cli.entry import entry, folder
from mitosis.errors import InputError
from mitosis.files import read_json
from mitosis.output.scores import print_scores
from mitosis.run.build import build
from mitosis.run.folder import data_roots, locked
from mitosis.run.name import Choices, recipe_of, roots_of, tested_on
from mitosis.run.pair import check_same_fold

if TYPE_CHECKING:
    from mitosis.cascade.cascade import Cascade
    from mitosis.cascade.evaluation import AnyData


def evaluate(config: dict[str, Any], choices: Choices) -> float:
    """Score stage one alone and, with ``classifier``, both stages, without tuning anything.

    Writes ``evaluation.json`` and ``detections.csv`` to the last run; ``part=val``, another matching rule,
    ``adapt=true`` and another dataset, whose fields are all tested on, add a suffix to the file names. Returns F1 of
    the last stage, nan if it is undefined.
    """
    keys = ("weights",) if config.get("weights") else ("segmenter", "classifier")
    runs = {key: folder(config[key], key) for key in keys if config.get(key)}
    if not {"weights", "segmenter"} & runs.keys():
        raise InputError("type segmenter=RUN, or weights=DIR with a folder that python -m mitosis.combine wrote")
    part, rule, adapt = config["part"], config.get("matching"), config.get("adapt", False)
    if part not in ("test", "val"):
        raise InputError(f"part={part}: type part=test or part=val")
    if not isinstance(adapt, bool):
        raise InputError(f"adapt={adapt}: type adapt=true or adapt=false")
    other = tested_on(config, choices)
    if other and part != "test":
        raise InputError(f"part={part}: all of data={choices.words['data']} is tested on; leave part out")
    if len(runs) == 2:
        check_same_fold(**runs)

    from mitosis.cascade.evaluation import evaluate_cascade  # torch is loaded from here on
    from mitosis.data.fold.labels import changed_since, labels_of

    typed = not other or any(text.startswith("matching=") for text in choices.overrides)
    part_suffix = f"-on-{other}" if other else "" if part == "test" else f"-{part}"
    part_suffix += "-adapted" if adapt else ""
    rule_suffix = f"-{rule['name']}" if rule and typed else ""  # a dataset brings its own rule
    target = list(runs.values())[-1]
    path, table = target / f"evaluation{part_suffix}{rule_suffix}.json", target / f"detections{part_suffix}.csv"
    scores = target / f"scores{part_suffix}{rule_suffix}.csv"
    with locked(target):
        result = read_json(path)
        cascade = _cascade(runs)
        # The weights and what was chosen with them, not the files: two equal runs took different times.
        networks = {"segmenter": cascade.segmenters, "classifier": cascade.classifiers}
        chosen = {key: [[one.hash, one.chosen] for one in members] for key, members in networks.items()}
        request: dict[str, Any] = {"part": part, "matching": rule, "adapt": adapt, "networks": chosen}
        request |= {"data": recipe_of(config)["data"]} if other else {}
        request["decision"] = cascade.decision.data() if cascade.decision else None
        # No stages means that the part was missing; it may have been unpacked since.
        whole = all(file.is_file() for file in (table, scores))
        stands = bool(result) and result["asked"] == request and bool(result["stages"]) and whole
        if stands and not changed_since(
            result.get("labels"), lambda: getattr(_data(cascade, config, runs).parts, part)
        ):
            print(f"{path} is up to date; nothing to do")
        else:
            if stands:
                print(f"{path}: the labels changed since; it is made anew")
            matching = build(rule or cascade.segmenter.recipe["matching"], "matching")
            data = _data(cascade, config, runs)
            result = evaluate_cascade(cascade, data, part, matching, table, scores=scores, adapt=adapt)
            result |= {"asked": request, "labels": labels_of(getattr(data.parts, part))}
            files.write_json(path, result)
    print_scores(result)
    f1 = result["stages"][-1]["f1"] if result["stages"] else None
    return float("nan") if f1 is None else f1


def _cascade(runs: dict[str, Path]) -> "Cascade":
    from mitosis.cascade.bundle import read_bundle
    from mitosis.cascade.cascade import Cascade

    return read_bundle(runs["weights"]) if "weights" in runs else Cascade.load(**runs)


def _data(cascade: "Cascade", config: dict[str, Any], runs: dict[str, Path]) -> "AnyData":
    from mitosis.run.assembly import rebuild_data
    from mitosis.run.member import patients_in
    from mitosis.run.other_data import open_other, trained_patients

    given = config["data"]
    if "_target_" in given:
        weights = runs.get("weights")
        patients = patients_in(weights) if weights else trained_patients(cascade.segmenter, runs["segmenter"])
        return open_other((*cascade.segmenters, *cascade.classifiers), config, patients)
    roots = roots_of(given) if "weights" in runs else data_roots(runs["segmenter"], given)
    return rebuild_data(cascade.segmenter, roots, given["cache"])


if __name__ == "__main__":
    entry("evaluate", evaluate)
