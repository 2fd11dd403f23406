"""``python -m mitosis.propose segmenter=RUN``: extract a segmenter's candidates on its fold, the input of stage two."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mitosis import files
from mitosis.cli.entry import entry, folder
from mitosis.errors import InputError
from mitosis.files import digest, read_json
from mitosis.run.build import build
from mitosis.run.folder import data_roots, locked
from mitosis.run.name import Choices
from mitosis.run.pair import check_segmenter

if TYPE_CHECKING:
    from mitosis.data.datamodule import MitosisDataModule


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
        stands = bool(done) and (run / "candidates.csv").is_file() and done["digests"] == _digests(run)

        from mitosis.cascade.proposal import proposed_on, write_proposal  # torch is loaded from here on
        from mitosis.data.fold.labels import changed_since, labels_of
        from mitosis.run.assembly import rebuild_data
        from mitosis.run.trained import load

        def opened() -> "MitosisDataModule":
            return rebuild_data(trained, data_roots(run, config["data"]), config["data"]["cache"])

        trained = load(run)
        if stands and not changed_since(done.get("labels"), lambda: proposed_on(opened())):
            print(f"{run}/candidates.csv is up to date; nothing to do")
        else:
            if stands:
                print(f"{run}: the labels changed since candidates.csv was written; it is made anew")
            data = opened()
            done = write_proposal(run, trained, data, build(trained.recipe["matching"], "matching"))
            done |= {"labels": labels_of(proposed_on(data)), "digests": _digests(run)}
            files.write_json(run / "proposal.json", done)
    recall = done["val"]["recall"]
    return float("nan") if recall is None else recall


def _digests(run: Path) -> dict[str, str]:
    return {name: digest(run / name) for name in ("checkpoints/best.ckpt", "candidates.csv")}


if __name__ == "__main__":
    entry("propose", propose)
