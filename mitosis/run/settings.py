"""The training settings that the trainer needs."""

from dataclasses import dataclass
from typing import Any

from mitosis.errors import InputError

OF_THE_TRAINING = ("seed", "max_steps", "val_every", "ema", "keep", "mining", "init", "compile")
"""Keys of the configuration that are taken as they are."""


@dataclass(frozen=True)
class TrainingSettings:
    """The settings of a training run besides its data and network.

    Attributes:
        seed: Seed of the global random generators and of every sample.
        max_steps: Number of optimiser steps, rounded up to whole epochs.
        val_every: Number of epochs between validations.
        ema: Decay of an exponential moving average of the weights; None to use none.
        keep: Weights to use after training: ``best`` on val, or ``last``.
        mining: When and where false alarms are mined; None for no mining.
        init: Run folder or checkpoint with the initial weights; None to use none.
        compile: Whether the training step is compiled: True, False, or ``auto`` where it pays.
        trainer: Arguments of Lightning's trainer.
    """

    seed: int
    max_steps: int
    val_every: int
    ema: float | None
    keep: str
    mining: dict[str, Any] | None
    init: str | None
    compile: bool | str
    trainer: dict[str, Any]

    @property
    def compiled(self) -> bool | str:
        """``compile``, but False for ``auto`` where a precision is asked for: so ``trainer=exact`` is exact."""
        return self.compile if self.compile != "auto" or self.trainer.get("precision", "auto") == "auto" else False

    @classmethod
    def of(cls, config: dict[str, Any]) -> "TrainingSettings":
        """Take the settings from a configuration of ``train``.

        Args:
            config: The composed configuration, as plain data.

        Raises:
            InputError: A number is out of range.
        """
        data, trainer = config["data"], config["trainer"]
        for key, value, least in (
            ("seed", config["seed"], 0),
            ("max_steps", config["max_steps"], 1),
            ("val_every", config["val_every"], 1),
            ("data.samples_per_epoch", data["samples_per_epoch"], 1),
            ("data.batch_size", data["batch_size"], 1),
            ("data.workers", data["workers"], 0),
            ("trainer.accumulate_grad_batches", trainer.get("accumulate_grad_batches") or 1, 1),
        ):
            if not isinstance(value, int) or value < least:
                raise InputError(f"{key}={value}: give a whole number, {least} or more")
        if config["keep"] not in ("best", "last"):
            raise InputError(f"keep={config['keep']}: type keep=best or keep=last")
        if not isinstance(config["compile"], bool) and config["compile"] != "auto":
            raise InputError(f"compile={config['compile']}: type compile=auto, compile=true or compile=false")
        return cls(
            **{key: config[key] for key in OF_THE_TRAINING},
            trainer=trainer,
        )
