"""Training on one device or on several of this machine."""

from collections.abc import Callable
from functools import partial
from typing import Any

from mitosis.files import read_json
from mitosis.run.assembly import Assembled
from mitosis.run.run import Run
from mitosis.run.settings import TrainingSettings
from mitosis.training.fit import fit
from mitosis.training.launch import Message, launch
from mitosis.training.trainer import processes_to_start


def fit_on_devices(
    run: Run, settings: TrainingSettings, assemble: Callable[[], Assembled], message: Message
) -> dict[str, Any]:
    """Run ``fit`` in one process per device of the trainer; returns the metrics.

    Lightning itself would rerun the whole command line, including a sweep, for each additional device, and would report
    nothing when one of these processes dies. Under ``torchrun`` or ``srun``, this process is already one of the ranks.
    """
    count = processes_to_start(settings.trainer)
    if not count:
        return fit(run, settings, assemble)
    launch(count, partial(fit, run, settings, assemble), message)
    return read_json(run.folder / "metrics.json")
