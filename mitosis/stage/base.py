"""Base class of both stages: optimiser, check for a non-finite loss, scores on held-out fields."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from torchmetrics import MeanMetric, Metric
from typing_extensions import override

from mitosis.errors import InputError
from mitosis.scheduler.plateau import Plateau
from mitosis.stage.compilable import Compilable
from mitosis.stage.trainable import trainable


class Stage(Compilable, ABC):
    """One of the two stages: its network and loss, with training and validation.

    ``detection`` is updated with the detections of one whole field at a time. ``optimizer`` is called with the
    parameters, ``scheduler`` with the optimiser, ``total_steps`` and ``steps_per_epoch``.
    """

    kind: ClassVar[str]  # segmentation or classification, as in the stage's yaml

    def __init__(
        self,
        model: nn.Module,
        loss: nn.Module,
        detection: Metric,
        optimizer: Callable[..., Optimizer],
        scheduler: Callable[..., LRScheduler],
    ) -> None:
        super().__init__()
        self.model = model.to(memory_format=torch.channels_last)  # pyright: ignore
        self.loss, self.detection = loss, detection
        self.val_loss = MeanMetric(nan_strategy="disable")  # self.log would average over processes, not fields
        self._optimizer, self._scheduler = optimizer, scheduler

    def check_finite(self, values: Tensor, what: str) -> None:
        """Raise ``InputError``, before anything is saved, if ``values`` contain nan or infinity."""
        if not torch.isfinite(values).all():
            kept = " the last good checkpoint is kept," if self.current_epoch else ""  # written after each epoch
            raise InputError(
                f"the {what} became nan or infinite by step {self.global_step};{kept}"
                " start again with a lower optimizer.lr or trainer.gradient_clip_val=1"
            )

    @abstractmethod
    def batch_loss(self, batch: dict[str, Tensor]) -> Tensor:
        """The loss of a training batch, a scalar."""

    @abstractmethod
    def detect(self, field: dict[str, Any]) -> tuple[Tensor, Tensor, Tensor]:
        """Points (n, 2) x, y in pixels, scores (n,) in [0, 1], and the mean loss of one held-out field."""

    @override
    def training_step(self, batch: dict[str, Tensor], batch_idx: int) -> Tensor:
        loss = self.batch_loss(batch)
        self.check_finite(loss, "loss")
        options: dict[str, Any] = {"on_step": False, "on_epoch": True, "prog_bar": True, "sync_dist": True}
        self.log("train/loss", loss, batch_size=len(batch["image"]), **options)
        return loss

    @override
    def on_train_epoch_end(self) -> None:
        # The last step may have made the weights non-finite, which no loss has shown yet.
        for name, value in self.model.state_dict().items():
            self.check_finite(value, f"weight {name}")

    @override
    def validation_step(self, batch: dict[str, Any] | None, batch_idx: int) -> dict[str, Tensor] | None:
        if batch is None:  # this rank has one field fewer than another
            return None
        points, scores, loss = self.detect(batch)
        self.detection.update(points, scores, batch["centroids"], mpp=batch["mpp"], field=batch["field"])
        self.val_loss.update(loss)
        return {"points": points, "scores": scores}

    @override
    def on_validation_epoch_end(self) -> None:
        self.log("val/loss", self.val_loss.compute())
        scores = {f"val/{name}": float(value) for name, value in self.detection.compute().items()}
        score = scores.get("val/ap", float("nan"))
        self.log_dict(scores)
        self.log("val/score", score, prog_bar=True, logger=False)
        self.val_loss.reset()
        self.detection.reset()
        if isinstance(schedule := self.lr_schedulers(), Plateau):
            schedule.observe(score)

    @override
    def configure_optimizers(self) -> Any:
        total = int(self.trainer.estimated_stepping_batches)
        steps = {"total_steps": total, "steps_per_epoch": total // (self.trainer.max_epochs or 1)}
        try:
            optimizer = self._optimizer(trainable(self.model, self._optimizer))
            scheduler = self._scheduler(optimizer, **steps)
        except ValueError as error:
            raise InputError(f"optimizer or scheduler: {error}") from error
        # Lightning must not step a plateau itself; see Plateau.
        return [optimizer], [{"scheduler": scheduler, "interval": "step", "reduce_on_plateau": False}]
