"""``python -m mitosis.train model=… data=…``: train one model on one fold."""

from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any

from mitosis.cli.entry import entry
from mitosis.cli.messages import user_message
from mitosis.files import read_json
from mitosis.process.rank import is_rank_zero
from mitosis.run.folder import claim, finished, locked
from mitosis.run.name import Choices
from mitosis.run.root import check_root
from mitosis.run.run import Run, run_of
from mitosis.run.settings import TrainingSettings

if TYPE_CHECKING:
    from mitosis.data.record import Record


def train(config: dict[str, Any], choices: Choices) -> float:
    """Start or resume a training run; does nothing if the run is finished.

    Args:
        config: The composed configuration, as plain data.
        choices: The user's choices.

    Returns:
        The best average precision on val; nan if it is undefined.

    Raises:
        InputError: The configuration, the data or an input of the run is invalid.
    """
    settings = TrainingSettings.of(config)
    run = run_of(config, choices)
    if not finished(run.folder, settings.max_steps, run.inputs):
        check_root(config["data"])
    writes = is_rank_zero(settings.trainer)
    with locked(run.folder) if writes else nullcontext():
        if writes:
            claim(run.folder, run.recipe, run.roots, run.tables)
        if finished(run.folder, settings.max_steps, run.inputs) and not _labels_changed(config, run):
            metrics = read_json(run.folder / "metrics.json")
            print(f"{run.folder} is finished ({metrics['steps']} steps); nothing to do{_otherwise(settings, metrics)}")
        else:
            from mitosis.run.assembly import assemble  # torch is loaded from here on
            from mitosis.training.devices import fit_on_devices

            metrics = fit_on_devices(run, settings, partial(assemble, config, run.segmenters), user_message)
        return metrics["val"]["ap"] if metrics["val"]["ap"] is not None else float("nan")


def _labels_changed(config: dict[str, Any], run: Run) -> bool:
    """Whether the labels of a finished run's fields have changed since, so that it is trained anew."""
    from mitosis.data.fold.labels import changed_since
    from mitosis.run.assembly import open_data

    def read() -> "tuple[Record, ...]":
        parts = open_data(config, fold=config["fold"], half=config.get("half")).parts
        return parts.train + parts.val

    return changed_since(read_json(run.folder / "metrics.json").get("labels"), read)


def _otherwise(settings: TrainingSettings, metrics: dict[str, Any]) -> str:
    """The end of a line on a run that was trained in another precision than is asked for: nothing if it was not."""
    asked, then = settings.trainer.get("precision", "auto"), str(metrics.get("hardware", "")).rpartition(", ")[2]
    if not then or str(asked) in ("auto", then):
        return ""
    return f", but it was trained in {then}; for trainer.precision={asked} choose another folder by runs=DIR"


if __name__ == "__main__":
    entry("train", train)
