"""Whether networks fit together, the images that they receive, and the mean of what they answer."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from mitosis.errors import InputError
from mitosis.image.file import MAX_PIXELS
from mitosis.inference.resolution import size_at
from mitosis.inference.scores import logits_of
from mitosis.run.keys import CLASSIFICATION, SEGMENTATION
from mitosis.run.trained import Trained


def symmetries(images: Tensor, count: int) -> Iterator[Tensor]:
    """The first ``count`` of the eight symmetries of square images (n, 3, s, s); the first is the images themselves."""
    for index in range(count):
        turned = images.rot90(index % 4, (-2, -1))
        yield turned.flip(-1) if index >= 4 else turned


@torch.inference_mode()
def mean_probability(classifiers: Sequence[nn.Module], images: Tensor, count: int) -> Tensor:
    """The probability (n,) of a mitotic figure of crops (n, 3, s, s): mean over networks and ``count`` symmetries."""
    turned = list(symmetries(images, count))
    scores = [logits_of(network, one).softmax(dim=1)[:, 1] for network in classifiers for one in turned]
    return torch.stack(scores).mean(dim=0)


def turned_back(maps: Tensor) -> Tensor:
    """The mean (s, s) of the maps (count, s, s) of the first ``count`` symmetries of an image, as they lie in it."""
    back = [(one.flip(-1) if index >= 4 else one).rot90(-(index % 4)) for index, one in enumerate(maps)]
    return torch.stack(back).mean(dim=0)


def check_alike(first: Trained, other: Trained) -> None:
    """The networks of one stage see the same input; ``InputError`` naming the first setting that differs."""
    if first.kind != other.kind:
        return
    for key in ("tiling", "candidate", "crop", "stain"):
        if first.recipe.get(key) != other.recipe.get(key):
            raise InputError(f"{first.path} and {other.path} differ in {key}; average networks of one recipe")


def check_pair(segmenter: Trained, classifier: Trained | None) -> None:
    """Raise ``InputError`` unless both are of their kinds and were trained with the same stain normalisation."""
    if segmenter.kind != SEGMENTATION:
        raise InputError(f"segmenter={segmenter.path} is a classifier's; give a segmenter's run")
    if classifier is None:
        return
    if classifier.kind != CLASSIFICATION:
        raise InputError(f"classifier={classifier.path} is a segmenter's; give a classifier's run")
    if not classifier.same_stain(segmenter):
        raise InputError(
            f"segmenter={segmenter.path} and classifier={classifier.path} were trained on differently normalised"
            " stains; train both with one stain="
        )


def check_image(image: np.ndarray, scale: float, name: str) -> None:
    """Raise ``InputError`` naming the image if it is no RGB image, or too large when it is rescaled by ``scale``."""
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] not in (3, 4) or 0 in image.shape:
        raise InputError(f"{name}: expected (height, width, 3) uint8 RGB, got {image.shape} {image.dtype}")
    height, width = size_at(scale, image.shape[:2])
    if height * width > MAX_PIXELS:
        size = f"{width} x {height} pixels at the network's resolution"
        raise InputError(f"{name}: {size}, more than 20000 x 20000; cut it, or check mpp")


def tensor_of(image: np.ndarray) -> Tensor:
    """Convert (..., H, W, 3) uint8 to (..., 3, H, W) float32 in [0, 1]."""
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(image, -1, -3))).float().div_(255)
