"""A network that sees a field at another resolution than the field's own."""

from collections.abc import Callable, Sequence

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from mitosis.errors import InputError


def size_at(scale: float, size: Sequence[int]) -> list[int]:
    """Sides in pixels of a field rescaled by ``scale``, rounded to at least 1; ``InputError`` for one not above 0."""
    if not scale > 0:
        raise InputError(f"tiling.mpp: a field cannot be rescaled by {scale}; give µm per pixel above 0")
    return [max(1, round(side * scale)) for side in size]


def rescale(image: Float[Tensor, "channel height width"], scale: float) -> Float[Tensor, "channel rows columns"]:
    """(C, H, W) float in [0, 1] to (C, H·scale, W·scale), sides rounded to at least 1 pixel.

    Bilinear, smoothed where it shrinks; ``scale`` 1 gives ``image`` itself. Raises ``InputError`` for a scale that is
    not positive.
    """
    size = size_at(scale, image.shape[1:])
    if size == list(image.shape[1:]):
        return image
    return functional.interpolate(image[None], size=size, mode="bilinear", antialias=True)[0].clamp(0, 1)


def predict_at(
    scale: float, predict: Callable[[Tensor], Tensor], image: Float[Tensor, "channel height width"]
) -> Float[Tensor, "height width"]:
    """Probability map (H, W) in the frame of ``image`` (C, H, W), though ``predict`` sees it rescaled by ``scale``.

    ``predict``: (C, h, w) → (h, w). Its map is brought back by bilinear interpolation.
    """
    seen = rescale(image, scale)
    probability = predict(seen)
    if probability.shape == image.shape[1:]:
        return probability
    return functional.interpolate(probability[None, None], size=image.shape[1:], mode="bilinear")[0, 0].clamp(0, 1)
