"""``python -m mitosis.propose segmenter=RUN``: extract a segmenter's candidates on its fold, the input of stage two."""

from pathlib import Path
from typing import Any

from mitosis import files
from mitosis.cli.entry import entry, folder
from mitosis.errors import InputError
from mitosis.files import digest, read_json
from mitosis.run.build import build
from mitosis.run.folder import data_roots, locked
from mitosis.run.name import Choices
from mitosis.run.pair import check_segmenter


def propose(config: dict[str, Any], choices: Choices) -> float:
    """Choose window and threshold on val and write ``candidates.csv``, unless both exist for these weights.

    Args:
        config: The composed configuration, as plain data.
        choices: The user's choices.

    Returns:
        The recall on val; nan if val has no mitotic figure.

    Raises:
        InputError: The run is not a finished run of a segmenter, or its data is missing or has changed.
    """
    run = folder(config["segmenter"], "segmenter")
    check_segmenter(run)
    if not read_json(run / "metrics.json"):
        raise InputError(f"segmenter={run}: its training is not finished; run its command again")
    with locked(run):
        done = read_json(run / "proposal.json")
        if done and (run / "candidates.csv").is_file() and done["digests"] == _digests(run):
            print(f"{run}/candidates.csv is up to date; nothing to do")
        else:
            from mitosis.cascade.proposal import write_proposal  # torch is loaded from here on
            from mitosis.run.assembly import rebuild_data
            from mitosis.run.trained import load

            trained = load(run)
            data = rebuild_data(trained, data_roots(run, config["data"]), config["data"]["cache"])
            done = write_proposal(run, trained, data, build(trained.recipe["matching"]))
            files.write_json(run / "proposal.json", done | {"digests": _digests(run)})
    recall = done["val"]["recall"]
    return float("nan") if recall is None else recall


def _digests(run: Path) -> dict[str, str]:
    return {name: digest(run / name) for name in ("checkpoints/best.ckpt", "candidates.csv")}


if __name__ == "__main__":
    entry("propose", propose)
