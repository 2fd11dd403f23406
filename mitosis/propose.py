"""``python -m mitosis.propose segment=RUN``: a segmenter over its fold, the input of stage two."""

from pathlib import Path
from typing import Any

from mitosis import files
from mitosis.cli.entry import entry, folder
from mitosis.errors import InputError
from mitosis.files import digest, read_json, read_yaml
from mitosis.run.folder import data_root, locked
from mitosis.run.name import Choices


def propose(config: dict[str, Any], choices: Choices) -> float:
    """Choose window and threshold on val, write ``candidates.csv``; nothing when that stands for these weights.

    Returns the recall on val, nan where val has no mitosis.
    """
    run = folder(config["segment"], "segment")
    recipe = read_yaml(run / "recipe.yaml")
    if "tiling" not in recipe:
        raise InputError(f"segment={run} is a classifier's run; give a segmenter's")
    if not read_json(run / "metrics.json"):
        raise InputError(f"segment={run}: its training is not finished; run its command again")
    with locked(run):
        done = read_json(run / "proposal.json")
        if done and (run / "candidates.csv").is_file() and done["digests"] == _digests(run):
            print(f"{run}/candidates.csv stands; nothing to do")
        else:
            from mitosis.cascade.proposal import write_proposal  # torch is loaded from here on

            done = write_proposal(run, recipe, data_root(run, config["data"]["root"]), config["data"]["cache"])
            files.write_json(run / "proposal.json", done | {"digests": _digests(run)})
    recall = done["val"]["recall"]
    return float("nan") if recall is None else recall


def _digests(run: Path) -> dict[str, str]:
    return {name: digest(run / name) for name in ("checkpoints/best.ckpt", "candidates.csv")}


if __name__ == "__main__":
    entry("propose", propose)
