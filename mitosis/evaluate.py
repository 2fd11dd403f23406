"""``python -m mitosis.evaluate segmenter=RUN [classifier=RUN]``: the cascade over held-out fields."""

from pathlib import Path
from typing import Any

from mitosis import files
from mitosis.cli.entry import entry, folder
from mitosis.errors import InputError
from mitosis.files import digest, read_json
from mitosis.output.scores import print_scores
from mitosis.run.build import build
from mitosis.run.folder import data_roots, locked
from mitosis.run.name import Choices, roots_of
from mitosis.run.pair import check_same_fold


def evaluate(config: dict[str, Any], choices: Choices) -> float:
    """Score stage one alone and, with ``classifier``, both stages, without tuning anything.

    Writes ``evaluation.json`` and ``detections.csv`` to the last run; ``part=val`` and another matching rule add a
    suffix to the file names. Returns F1 of the last stage, nan if it is undefined.
    """
    keys = ("weights",) if config.get("weights") else ("segmenter", "classifier")
    runs = {key: folder(config[key], key) for key in keys if config.get(key)}
    if not {"weights", "segmenter"} & runs.keys():
        raise InputError("type segmenter=RUN, or weights=DIR with a folder that python -m mitosis.combine wrote")
    part, rule = config["part"], config.get("matching")
    if part not in ("test", "val"):
        raise InputError(f"part={part}: type part=test or part=val")
    if len(runs) == 2:
        check_same_fold(**runs)
    request: dict[str, Any] = {"part": part, "matching": rule}
    request["checkpoints"] = {key: digest(_weights_file(run)) for key, run in runs.items()}
    part_suffix, rule_suffix = "" if part == "test" else f"-{part}", f"-{rule['name']}" if rule else ""
    target = list(runs.values())[-1]
    path, table = target / f"evaluation{part_suffix}{rule_suffix}.json", target / f"detections{part_suffix}.csv"
    with locked(target):
        result = read_json(path)
        # No stages means that the part was missing; it may have been unpacked since.
        if result and result["asked"] == request and result["stages"] and table.is_file():
            print(f"{path} is up to date; nothing to do")
        else:
            result = _evaluated(config, runs, table)
            result["asked"] = request
            files.write_json(path, result)
    print_scores(result)
    f1 = result["stages"][-1]["f1"] if result["stages"] else None
    return float("nan") if f1 is None else f1


def _weights_file(run: Path) -> Path:
    bundle = run / "cascade.json"
    return bundle if bundle.is_file() else run / "checkpoints" / "best.ckpt"


def _evaluated(config: dict[str, Any], runs: dict[str, Path], table: Path) -> dict[str, Any]:
    from mitosis.cascade.bundle import read_bundle  # torch is loaded from here on
    from mitosis.cascade.cascade import Cascade
    from mitosis.cascade.evaluation import evaluate_cascade
    from mitosis.run.assembly import rebuild_data

    bundle = runs.get("weights")
    cascade = read_bundle(bundle) if bundle else Cascade.load(**runs)
    matching = build(config.get("matching") or cascade.segmenter.recipe["matching"])
    roots = roots_of(config["data"]) if bundle else data_roots(runs["segmenter"], config["data"])
    data = rebuild_data(cascade.segmenter, roots, config["data"]["cache"])
    return evaluate_cascade(cascade, data, config["part"], matching, table)


if __name__ == "__main__":
    entry("evaluate", evaluate)
