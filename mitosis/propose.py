"""``python -m mitosis.propose segment=RUN``: a segmenter over its fold, the input of stage two."""

from pathlib import Path
from typing import Any

from mitosis import atomic
from mitosis.entry import entry, folder
from mitosis.errors import InputError
from mitosis.run import Choices, digest, locked, read_json, read_yaml


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
            from mitosis.proposal import write_proposal  # torch is loaded from here on

            done = write_proposal(run, recipe, data_root(run, config), config["data"]["cache"])
            atomic.write_json(run / "proposal.json", done | {"digests": _digests(run)})
    recall = done["val"]["recall"]
    return float("nan") if recall is None else recall


def _digests(run: Path) -> dict[str, str]:
    return {name: digest(run / name) for name in ("checkpoints/best.ckpt", "candidates.csv")}


def data_root(run: Path, config: dict[str, Any]) -> str | None:
    """Where the data lies: ``data.root`` when given, else where it lay when the run was trained."""
    return config["data"]["root"] or read_yaml(run / "local.yaml").get("root")


if __name__ == "__main__":
    entry("propose", propose)
