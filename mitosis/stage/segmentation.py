"""Stage one: a segmenter that proposes candidates."""

from functools import partial
from typing import Any, final

import torch
from torch import Tensor
from torchmetrics import Metric
from typing_extensions import override

from mitosis.inference import sliding_window
from mitosis.inference.components import Candidates, CandidateSettings
from mitosis.inference.proposal import peaks_of
from mitosis.inference.scores import probability_of
from mitosis.inference.sliding_window import Tiling
from mitosis.stage.base import Stage


@final
class SegmentationStage(Stage):
    """Stage one: trains on tiles with masks; on held-out fields, scores local maxima of its probability map.

    Args:
        *args: Arguments of ``Stage``.
        pixel: Metric that is updated with (probability, mask).
        tiling: Settings of sliding-window inference. Validation does not use its ``window`` and ``blend``, which apply
            to the finished network, but averages windows of the side ``window``.
        window: Side of a window in validation, in pixels; None for whole fields.
        candidate: How candidates are extracted; of it, smoothing and distance of local maxima are used.
        **kwargs: Arguments of ``Stage``.
    """

    kind = "segmentation"
    SCORED = 200
    """Only this many of the most probable maxima of a field are scored: an untrained network yields thousands."""

    def __init__(
        self,
        *args: Any,
        pixel: Metric,
        tiling: Tiling | dict[str, Any],
        window: int | None,
        candidate: CandidateSettings | dict[str, Any],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        tiling = tiling if isinstance(tiling, Tiling) else Tiling(**tiling)
        self.pixel = pixel
        self.mpp = tiling.mpp
        self.candidate = candidate if isinstance(candidate, CandidateSettings) else CandidateSettings(**candidate)
        self._predict = partial(
            sliding_window.predict,
            window=window,
            overlap=tiling.overlap,
            blend="mean",
            batch=tiling.batch,
            max_pixels=tiling.max_pixels,
        )

    @override
    def batch_loss(self, batch: dict[str, Tensor]) -> Tensor:
        return self.loss(self.answer(batch["image"]), batch["mask"])

    @override
    def detect(self, field: dict[str, Any]) -> tuple[Tensor, Tensor, Tensor]:
        probability = self.probability(field["image"], float(field["mpp"]))
        mask = field["mask"][0].to(probability)
        self.pixel.update(probability.to(self.device), mask.to(self.device))
        logits = torch.logit(probability, eps=1e-6)[None, None]
        loss = self.loss(logits, mask[None, None])
        candidates = self.peaks(probability, float(field["mpp"]))
        points, scores = candidates.points[: self.SCORED], candidates.mean[: self.SCORED]
        return torch.from_numpy(points), torch.from_numpy(scores), loss

    def probability(self, image: Tensor, mpp: float) -> Tensor:
        """Probability map (H, W) of a field (3, H, W) in [0, 1] of ``mpp`` µm/px; ``InputError`` if not finite."""
        scale = 1.0 if self.mpp is None else mpp / self.mpp
        probability = probability_of(self.model, image, self._predict, scale)
        self.check_finite(probability, "prediction")
        return probability

    def peaks(self, probability: Tensor, mpp: float) -> Candidates:
        """The local maxima of a probability map (H, W) of ``mpp`` µm per pixel, by decreasing score."""
        return peaks_of(probability.numpy(), self.candidate, mpp=mpp)

    @override
    def on_validation_epoch_end(self) -> None:
        super().on_validation_epoch_end()
        scores = {f"val/pixel_{name}": float(value) for name, value in self.pixel.compute().items()}
        self.log_dict(scores)
        self.pixel.reset()
