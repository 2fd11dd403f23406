"""Building Lightning's trainer from the settings."""

import logging
import re
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import lightning as L
import torch
from lightning.fabric.plugins.environments.cluster_environment import ClusterEnvironment
from lightning.fabric.plugins.environments.slurm import SLURMEnvironment
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.callbacks import Callback, RichProgressBar
from typing_extensions import override

from mitosis.errors import InputError
from mitosis.process.precision import fast_precision
from mitosis.run.settings import TrainingSettings
from mitosis.training.ema import WarmEMA
from mitosis.training.length import epochs, steps_per_epoch
from mitosis.training.progress import Progress, automatic
from mitosis.training.run_checkpoint import AtomicCheckpointIO


class RunTrainer(L.Trainer):
    """Lightning's trainer with a fixed total number of ``steps`` for the schedule.

    Lightning multiplies the number of epochs by the current epoch length, which is wrong for a run that is resumed with
    another number of devices, because its completed epochs had another length.
    """

    def __init__(self, *, steps: int, **settings: Any) -> None:
        super().__init__(**settings)
        self._steps = steps

    @property
    @override
    def estimated_stepping_batches(self) -> int:
        return self._steps


def trainer_of(
    settings: TrainingSettings,
    folder: Path,
    *,
    samples: int,
    batch_size: int,
    done: Progress,
    logger: Any,
    callbacks: list[Callback],
) -> L.Trainer:
    """The trainer of a run; training ends with the first validated epoch that reaches ``max_steps``.

    Args:
        settings: The training settings.
        folder: The run folder.
        samples: Samples per epoch.
        batch_size: Batch size per device.
        done: What a resumed run has completed, and its precision.
        logger: Lightning logger, or False.
        callbacks: Lightning callbacks.

    Raises:
        InputError: No trainer can be built from the settings on this machine.
    """
    arguments = dict(settings.trainer)
    arguments["accumulate_grad_batches"] = arguments.get("accumulate_grad_batches") or 1
    bare = _bare(arguments)
    if arguments["precision"] == "auto":
        arguments["precision"] = automatic(fast_precision(bare.strategy.root_device.type), done.precision)
    if settings.ema:
        callbacks.append(WarmEMA(settings.ema))
    per_epoch = _per_epoch(samples, batch_size, bare, arguments["accumulate_grad_batches"])
    whole = epochs(settings.max_steps, per_epoch, every=settings.val_every, done=(done.epochs, done.steps))
    return _built(
        partial(RunTrainer, steps=done.steps + (whole - done.epochs) * per_epoch),
        **arguments,
        max_epochs=whole,
        logger=logger,
        callbacks=callbacks,
        plugins=[AtomicCheckpointIO()],
        enable_progress_bar=any(isinstance(callback, RichProgressBar) for callback in callbacks),
        check_val_every_n_epoch=settings.val_every,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
        log_every_n_steps=min(50, per_epoch),
        default_root_dir=folder,
    )


def processes_to_start(settings: dict[str, Any]) -> int:
    """Number of processes to start for these settings; 0 if this process suffices or is already one of the ranks.

    Raises ``InputError`` if no trainer can be built from the settings on this machine.
    """
    silence()
    if re.search("spawn|fork|notebook", str(settings.get("strategy"))):
        raise InputError(f"trainer.strategy={settings['strategy']}: type trainer.strategy=ddp")
    trainer = _bare(settings)
    environment = _environment(trainer)
    if environment is None or environment.creates_processes_externally:
        return 0
    if trainer.num_nodes > 1:
        raise InputError(
            f"trainer.num_nodes={trainer.num_nodes}: start the command with srun, or torchrun on each node"
        )
    return trainer.num_devices


def silence() -> None:
    """Suppress Lightning's messages about each run, and its irrelevant warnings."""
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    logging.getLogger("lightning.fabric").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", message=".*does not have many workers.*")
    warnings.filterwarnings("ignore", message=".*number of training batches.*")
    warnings.filterwarnings("ignore", message=".*ended before the epoch ended.*")  # on other devices it was longer
    warnings.filterwarnings("ignore", message=".*sync_dist=True.*")  # scores are the same in every process
    warnings.filterwarnings("ignore", message=".*LeafSpec.*", category=FutureWarning)


def _per_epoch(samples: int, batch_size: int, trainer: L.Trainer, accumulate: int) -> int:
    processes = trainer.num_devices * trainer.num_nodes
    if steps := steps_per_epoch(samples=samples, batch_size=batch_size, processes=processes, accumulate=accumulate):
        return steps
    raise InputError(
        f"data.samples_per_epoch={samples} is less than a data.batch_size={batch_size} for each of"
        f" {processes} devices; an epoch needs one batch at least"
    )


def _bare(settings: dict[str, Any]) -> L.Trainer:
    """A trainer used only to resolve the devices of the settings."""
    keys = [key for key in ("accelerator", "devices", "num_nodes", "strategy") if key in settings]
    return _built(
        L.Trainer,
        **{key: settings[key] for key in keys},
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
    )


def _built(kind: Callable[..., L.Trainer], **settings: Any) -> L.Trainer:
    if settings.get("accelerator") in ("gpu", "cuda") and not torch.accelerator.is_available():
        raise InputError(f"trainer.accelerator={settings['accelerator']}: PyTorch finds no GPU here; type trainer=cpu")
    try:
        trainer = kind(**settings, enable_model_summary=False)
        if environment := _environment(trainer):
            environment.validate_settings(trainer.num_devices, trainer.num_nodes)
    except (TypeError, ValueError, MisconfigurationException) as error:
        raise InputError(f"trainer: {' '.join(str(error).split())}") from error
    if isinstance(environment, SLURMEnvironment):
        environment.auto_requeue = False  # its checkpoints would be older than ours, but always take precedence
    return trainer


def _environment(trainer: L.Trainer) -> ClusterEnvironment | None:
    """The cluster environment of a distributed trainer; None on a single device."""
    return getattr(trainer.strategy, "cluster_environment", None)
