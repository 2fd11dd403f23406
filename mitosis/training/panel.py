"""A picture of predictions on val, redrawn after each validation."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import lightning as L
import numpy as np
import torch
from torch import Tensor
from typing_extensions import override

from mitosis.output.grid import grid
from mitosis.output.overlay import ACCEPTED, REJECTED, TRUTH, draw, write_picture

FIELDS, SIDE, CROPS, ACCEPTANCE = 4, 512, 8, 0.5


class Panel(L.Callback):
    """Draws the first 4 fields of val to ``path`` (.png), and sends the picture to loggers that accept images (W&B).

    For a segmenter, it shows a 2 × 2 grid of regions of 512 × 512 pixels with the most mitotic figures: figures in
    yellow squares, detections with a score of at least 0.5 in green circles. For a classifier, it shows up to 8
    candidates per field, the highest scores of mitotic figures and of hard negatives: a green frame for scores of at
    least 0.5, otherwise grey, and a yellow inner frame for mitotic figures.

    ``validation_step`` must return {"points": (n, 2) x, y, "scores": (n,)} for the field.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._parts: list[np.ndarray] = []
        self._columns = 0

    @override
    def on_validation_batch_end(
        self,
        trainer: L.Trainer,
        pl_module: L.LightningModule,
        outputs: Any,
        batch: dict[str, Any],
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        # Drawn here rather than at the end of the epoch, so that the fields need not be kept in memory.
        if not trainer.is_global_zero or batch_idx >= FIELDS:
            return
        points, scores = _numbers(outputs["points"]), _numbers(outputs["scores"])
        if "images" in batch:
            self._columns, labels = CROPS, _numbers(batch["labels"])
            order = np.argsort(-scores, kind="stable")
            first = np.concatenate([order[labels[order] == 1][: CROPS // 2], order[labels[order] != 1]])[:CROPS]
            images = _pixels(batch["images"][first])
            self._parts += [framed(*part) for part in zip(images, scores[first], labels[first], strict=True)]
        else:
            self._columns, truths = 2, _numbers(batch["centroids"])
            self._parts.append(region(_pixels(batch["image"]), points, scores, truths, mpp=float(batch["mpp"])))

    @override
    def on_validation_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        parts, self._parts = self._parts, []
        if not parts:
            return
        picture = grid(parts, columns=self._columns)
        write_picture(self.path, picture)
        for logger in trainer.loggers:
            if log_image := getattr(logger, "log_image", None):
                log_image(key="panel", images=[picture])


def region(
    image: np.ndarray, points: np.ndarray, scores: np.ndarray, truths: np.ndarray, *, mpp: float, side: int = SIDE
) -> np.ndarray:
    """The square of a field with the most mitotic figures, or without any the most detections, with marks.

    ``image`` is (H, W, 3) uint8; ``points`` (n, 2) and ``truths`` (m, 2) are x, y in pixels, ``scores`` is (n,).
    Returns (side, side, 3) uint8, black outside a smaller field.
    """
    detected = points[scores >= ACCEPTANCE]
    picture = draw(image, detected, np.ones(len(detected), dtype=bool), mpp=mpp, truths=truths)
    x, y = _corner(truths if len(truths) else detected, image.shape[:2], side)
    part = picture[y : y + side, x : x + side]
    square = np.zeros((side, side, 3), dtype=np.uint8)
    square[: part.shape[0], : part.shape[1]] = part
    return square


def _corner(points: np.ndarray, size: Sequence[int], side: int) -> tuple[int, int]:
    """Left and top of the square around the point with the most neighbours, moved inside the field."""
    extent = np.array(size)[::-1]
    centre = extent / 2
    if len(points):
        near = np.abs(points[:, None] - points[None]).max(axis=-1) <= side / 2
        centre = points[near[near.sum(axis=1).argmax()]].mean(axis=0)
    left, top = np.clip(np.round(centre - side / 2), 0, np.maximum(0, extent - side)).astype(int)
    return left, top


def framed(crop: np.ndarray, score: float, label: int) -> np.ndarray:
    """A copy of a crop (h, w, 3) uint8, framed by the prediction and, inside, by the label."""
    height, width = crop.shape[:2]
    line, picture = max(2, height // 32), np.ascontiguousarray(crop).copy()
    if label == 1:
        cv2.rectangle(picture, (0, 0), (width - 1, height - 1), TRUTH, 4 * line)
    cv2.rectangle(picture, (0, 0), (width - 1, height - 1), ACCEPTED if score >= ACCEPTANCE else REJECTED, 2 * line)
    return picture


def _pixels(image: Tensor) -> np.ndarray:
    return (image.detach().float().cpu().movedim(-3, -1) * 255).round().clamp(0, 255).byte().numpy()


def _numbers(values: Tensor | np.ndarray) -> np.ndarray:
    return torch.as_tensor(values).detach().float().cpu().numpy()
