"""What both stages share: the optimiser, the guard against a lost loss, object-level scores on held-out fields."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import torch
from lightning import LightningModule
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from torchmetrics import MeanMetric, Metric

from mitosis.errors import InputError
from mitosis.scheduler.plateau import Plateau


class Stage(LightningModule, ABC):
    """One of the two stages; is handed its network, loss, metric, optimiser and schedule.

    ``detection``: metric updated with the detections of one whole field at a time.
    ``optimizer``: partial on the parameters; ``scheduler``: one on it, ``total_steps`` and ``steps_per_epoch``.
    """

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
        self.val_loss = MeanMetric(nan_strategy="disable")  # self.log's mean would weigh processes, not fields
        self._optimizer, self._scheduler = optimizer, scheduler

    def check_finite(self, values: Tensor, what: str) -> None:
        """Stop, before anything is saved, when ``values`` hold nan or an infinite number; raises ``InputError``."""
        if not torch.isfinite(values).all():
            raise InputError(
                f"the {what} became nan or infinite by step {self.global_step}; the last good checkpoint is kept,"
                " start again with a lower optimizer.lr or trainer.gradient_clip_val=1"
            )

    @abstractmethod
    def batch_loss(self, batch: dict[str, Tensor]) -> Tensor:
        """The loss of a training batch."""

    @abstractmethod
    def detect(self, field: dict[str, Any]) -> tuple[Tensor, Tensor, Tensor]:
        """Points (n, 2) x, y in pixels, scores (n,) in [0, 1] and the mean loss of one held-out field."""

    def training_step(self, batch: dict[str, Tensor], batch_idx: int) -> Tensor:
        loss = self.batch_loss(batch)
        self.check_finite(loss, "loss")
        how: dict[str, Any] = {"on_step": False, "on_epoch": True, "prog_bar": True, "sync_dist": True}
        self.log("train/loss", loss, batch_size=len(batch["image"]), **how)
        return loss

    def on_train_epoch_end(self) -> None:
        # The last step's gradient may have spoilt the weights without any loss showing it yet.
        for name, value in self.model.state_dict().items():
            self.check_finite(value, f"weight {name}")

    def validation_step(self, batch: dict[str, Any] | None, batch_idx: int) -> dict[str, Tensor] | None:
        if batch is None:  # this process has one field less than another
            return None
        points, scores, loss = self.detect(batch)
        self.detection.update(points, scores, batch["centroids"], mpp=batch["mpp"], field=batch["field"])
        self.val_loss.update(loss)
        return {"points": points, "scores": scores}

    def on_validation_epoch_end(self) -> None:
        self.log("val/loss", self.val_loss.compute())
        self.val_loss.reset()
        score, schedule = self.log_scores("val", self.detection), self.lr_schedulers()
        if isinstance(schedule, Plateau):
            schedule.observe(score)

    def log_scores(self, prefix: str, metric: Metric) -> float:
        """Log a metric that computes to a dict of numbers, make it ready for the next epoch; returns its ap, or nan."""
        scores = {f"{prefix}/{name}": float(value) for name, value in metric.compute().items()}
        score = scores.get(f"{prefix}/ap", float("nan"))
        self.log_dict(scores, prog_bar=False)
        self.log(f"{prefix}/score", score, prog_bar=True, logger=False)
        metric.reset()
        return score

    def configure_optimizers(self) -> Any:
        total = int(self.trainer.estimated_stepping_batches)
        try:
            optimizer = self._optimizer(self.parameters())
            per_epoch = total // (self.trainer.max_epochs or 1)
            scheduler = self._scheduler(optimizer, total_steps=total, steps_per_epoch=per_epoch)
        except ValueError as error:
            raise InputError(f"optimizer or scheduler: {error}") from error
        # Lightning shall not treat a plateau by itself: see Plateau.
        return [optimizer], [{"scheduler": scheduler, "interval": "step", "reduce_on_plateau": False}]
