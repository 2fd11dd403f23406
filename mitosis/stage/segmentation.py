"""Stage one: a segmentation network that proposes candidates."""

from functools import partial
from typing import Any, final

import torch
from torch import Tensor, nn
from torchmetrics import Metric

from mitosis.inference import components, sliding_window
from mitosis.inference.resolution import predict_at
from mitosis.stage.base import Stage


@final
class SegmentationStage(Stage):
    """Trains on tiles with masks; on held-out fields scores components of the probability map by their mean.

    ``mpp``: µm per pixel that the network sees, None for the field's own. ``window``: side of the validation window in
    pixels, that of the training tiles; None for whole fields. ``overlap`` and ``batch`` of the windows.
    ``min_area_um2``: components up to this area are dropped. ``pixel``: metric over (probability, mask).
    """

    SCORED = 200
    """At most so many components of a field, the most probable, enter the score: an untrained net gives thousands."""

    def __init__(
        self,
        *args: Any,
        pixel: Metric,
        mpp: float | None,
        window: int | None,
        overlap: int,
        batch: int,
        max_pixels: int,
        min_area_um2: float,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.pixel = pixel
        self.mpp = mpp
        self.min_area_um2 = min_area_um2
        self._tiling = partial(
            sliding_window.predict, window=window, overlap=overlap, batch=batch, blend="mean", max_pixels=max_pixels
        )

    def batch_loss(self, batch: dict[str, Tensor]) -> Tensor:
        image = batch["image"].contiguous(memory_format=torch.channels_last)
        return self.loss(self.model(image), batch["mask"])

    def detect(self, field: dict[str, Any]) -> tuple[Tensor, Tensor, Tensor]:
        scale = 1.0 if self.mpp is None else float(field["mpp"]) / self.mpp
        probability = probability_of(self.model, field["image"], self._tiling, scale)
        self.check_finite(probability, "prediction")
        mask = field["mask"][0].to(probability)
        self.pixel.update(probability.to(self.device), mask.to(self.device))
        logits = torch.logit(probability, eps=1e-6)[None, None]
        loss = self.loss(logits, mask[None, None])
        found = components.extract(
            probability.numpy(), threshold=0.5, min_area_um2=self.min_area_um2, mpp=float(field["mpp"])
        )
        best = found.mean.argsort(kind="stable")[::-1][: self.SCORED].copy()
        return torch.from_numpy(found.points[best]), torch.from_numpy(found.mean[best]), loss

    def on_validation_epoch_end(self) -> None:
        super().on_validation_epoch_end()
        scores = {f"val/pixel_{name}": float(value) for name, value in self.pixel.compute().items()}
        self.log_dict(scores)
        self.pixel.reset()


def probability_of(model: nn.Module, image: Tensor, predict: Any, scale: float = 1.0) -> Tensor:
    """Probability map (H, W) float32 on the CPU of a field (3, H, W) in [0, 1], which the network sees by ``scale``.

    ``predict``: a partial of tiling's.
    """

    def net(batch: Tensor) -> Tensor:
        return model(batch.contiguous(memory_format=torch.channels_last)).float().sigmoid()

    return predict_at(scale, partial(predict, net, stride=model.stride), image)
