"""The windows in which stage one runs over an image."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from mitosis.inference import sliding_window
from mitosis.inference.folded import folded_for
from mitosis.inference.scores import probability_of
from mitosis.inference.sliding_window import INNER, Tiling

BATCH_SIDE = 256
"""``tiling.batch`` counts windows of this side in pixels; larger windows go in smaller batches to save memory."""
CORES = {"cpu": 1024, "cuda": 2048}
"""Side of a window without its margins, in pixels, by kind of device, for networks without global pooling.

On a CPU, one pass over a field of 1024 pixels took a third of the time of windows of 512 that overlap enough.
"""


@dataclass(frozen=True)
class Windows:
    """How an image is cut for stage one.

    Attributes:
        core: Side of a window without its margins, in pixels; None for one pass.
        margin: As in ``sliding_window.predict``.
        blend: As in ``sliding_window.profile``.
        tiling: The recipe's settings.
    """

    core: int | None
    margin: int
    blend: str
    tiling: Tiling

    def maps(self, models: Sequence[nn.Module], image: Tensor, scale: float) -> list[np.ndarray]:
        """The probability map (H, W) float32 of each network for an image (3, H, W) rescaled by ``scale``."""
        predict = partial(
            sliding_window.predict,
            window=self.core,
            overlap=self.tiling.overlap,
            blend=self.tiling.blend,
            batch=self.batch(math.ceil(max(image.shape[1:]) * scale) ** 2 if self.core is None else self.core**2),
            max_pixels=self.tiling.max_pixels,
            margin=self.margin,
        )
        return [probability_of(folded_for(model, image), image, predict, scale).numpy() for model in models]

    def batch(self, pixels: int) -> int:
        """Windows of so many pixels per forward pass."""
        return max(1, self.tiling.batch * BATCH_SIDE**2 // pixels)


def windows_of(models: Sequence[nn.Module], window: int | str, tiling: Tiling, device: torch.device) -> Windows:
    """The windows of networks: without global pooling those of the device, otherwise the one chosen on val.

    A network whose output depends on no pixel farther away than some distance names it as its ``margin``; it yields the
    map of a whole pass whatever the window. That of another network depends on the window, which is part of it.
    """
    margins: list[int] = [getattr(model, "margin", 0) for model in models]
    if all(margins):
        return Windows(CORES.get(device.type, CORES["cuda"]), max(margins), INNER, tiling)
    return Windows(None if window == "whole" else int(window), 0, tiling.blend, tiling)
