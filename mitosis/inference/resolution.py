"""Running a network at another resolution than the field's own."""

from collections.abc import Callable, Sequence

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from mitosis.errors import InputError


def size_at(scale: float, size: Sequence[int]) -> list[int]:
    """The sides in pixels of a field rescaled by ``scale``, at least 1; ``InputError`` if ``scale`` is not positive."""
    if not scale > 0:
        raise InputError(f"tiling.mpp: a field cannot be rescaled by {scale}; give µm per pixel above 0")
    return [max(1, round(side * scale)) for side in size]


def rescale(image: Float[Tensor, "channel height width"], scale: float) -> Float[Tensor, "channel rows columns"]:
    """Resize an image bilinearly, with antialiasing when it shrinks.

    Args:
        image: (C, H, W) float in [0, 1].
        scale: Factor for both sides; at 1 the image itself is returned.

    Returns:
        (C, H·scale, W·scale) float in [0, 1], sides rounded to at least 1 pixel.

    Raises:
        InputError: ``scale`` is not positive.
    """
    size = size_at(scale, image.shape[1:])
    if size == list(image.shape[1:]):
        return image
    return functional.interpolate(image[None], size=size, mode="bilinear", antialias=True)[0].clamp(0, 1)


def predict_at(
    scale: float, predict: Callable[[Tensor], Tensor], image: Float[Tensor, "channel height width"]
) -> Float[Tensor, "height width"]:
    """Predict on an image rescaled by ``scale``, and resize the map back to the image's size.

    Args:
        scale: Factor for both sides.
        predict: Maps (C, h, w) to probabilities (h, w).
        image: (C, H, W) float in [0, 1].

    Returns:
        (H, W) probabilities, interpolated bilinearly.
    """
    probability = predict(rescale(image, scale))
    if probability.shape == image.shape[1:]:
        return probability
    return functional.interpolate(probability[None, None], size=image.shape[1:], mode="bilinear")[0, 0].clamp(0, 1)
