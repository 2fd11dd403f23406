"""Both stages on one image of any size."""

import math
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from mitosis.errors import InputError
from mitosis.image.file import MAX_PIXELS, read_image
from mitosis.image.mpp import MPP, plausible
from mitosis.inference import sliding_window
from mitosis.inference.components import Candidates, extract
from mitosis.inference.crop import crop
from mitosis.process.memory import keep_freed_memory
from mitosis.run.trained import Trained, load
from mitosis.stage.classification import logits_of
from mitosis.stage.segmentation import probability_of

BATCH_SIDE = 256
"""``tiling.batch`` counts windows of this side; of larger ones fewer are taken at a time, for the memory."""
SAME_MPP = 0.02
"""Fields whose resolution is within this share of the network's are used as they are."""


@dataclass(frozen=True, eq=False)
class Detections:
    """What was found in one image: every candidate, and which of them are taken for mitoses.

    ``points``: (n, 2) x, y in pixels of the image as given. ``scores``: (n,) in [0, 1], the classifier's probability,
    or without one the mean of the segmenter's. ``accepted``: (n,) bool. ``area_um2``, ``mean``, ``max``: (n,), the
    segmenter's. ``mpp``: µm per pixel of the image as given.
    """

    points: np.ndarray
    scores: np.ndarray
    accepted: np.ndarray
    area_um2: np.ndarray
    mean: np.ndarray
    max: np.ndarray
    mpp: float

    def __len__(self) -> int:
        """How many mitoses."""
        return int(self.accepted.sum())


class Cascade:
    """A segmenter that proposes, and optionally a classifier that throws out; thresholds and stain from their runs.

    >>> from mitosis.cascade.cascade import Cascade
    >>> cascade = Cascade.load("runs/…/fold-3", "runs/…/fold-3")   # doctest: +SKIP
    >>> cascade("field.png", mpp=0.2456).points                    # doctest: +SKIP
    """

    def __init__(
        self, segmenter: Trained, classifier: Trained | None = None, *, window: int | str | None = None
    ) -> None:
        """``window``: side in pixels or ``whole``; by default the one that was chosen on val.

        Raises ``InputError`` for networks that are not what they are given as, or that saw other colours.
        """
        _check(segmenter, classifier)
        keep_freed_memory()
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.segmenter, self.classifier = segmenter, classifier
        self.window = window if window is not None else segmenter.chosen.get("window", "whole")
        if self.window != "whole" and not isinstance(self.window, int):
            raise InputError(f"tiling.window={self.window}: give a number of pixels, whole or auto")
        self._stain = segmenter.stain
        for trained in (segmenter, classifier):
            if trained is not None:
                trained.model.to(self.device)

    @classmethod
    def load(cls, segment: str | Path, classify: str | Path | None = None) -> "Cascade":
        """From run folders or checkpoint files. Raises ``InputError`` naming what is missing."""
        segmenter, classifier = load(segment), load(classify) if classify is not None else None
        _check(segmenter, classifier)  # first: what a threshold is missed for depends on the kind of run
        if "threshold" not in segmenter.chosen:
            raise InputError(f"{segment} has no threshold yet; type python -m mitosis.propose segment={segment}")
        if classifier is not None and "threshold" not in classifier.chosen:
            raise InputError(f"{classify} has no threshold: its training is not finished; run its command again")
        return cls(segmenter, classifier)

    def __call__(self, image: np.ndarray | str | Path, *, mpp: float, name: str | None = None) -> Detections:
        """Find mitoses in an image file or (H, W, 3) uint8 RGB array; ``mpp``: its µm per pixel, 0.05 to 2.

        Raises ``InputError`` for a file that cannot be read, another kind of array, an absurd mpp, and an image of more
        than 20000 × 20000 pixels at the network's resolution.
        """
        check_mpp(mpp)
        name = name or ("image" if isinstance(image, np.ndarray) else str(image))
        image = image if isinstance(image, np.ndarray) else read_image(image)
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] not in (3, 4) or 0 in image.shape:
            raise InputError(f"{name}: expected (height, width, 3) uint8 RGB, got {image.shape} {image.dtype}")
        normalised = self._stain(image, name)
        height, width = image.shape[:2]
        if abs(mpp / self.segmenter.mpp - 1) > SAME_MPP:
            normalised = _resized(normalised, mpp / self.segmenter.mpp, name)
            found = self.detect(normalised, mpp=self.segmenter.mpp)
        else:
            found = self.detect(normalised, mpp=mpp)
        # Pixel centres are integers, so a point moves with the corner of its pixel, half a pixel away. Sides are whole
        # pixels: the scale of each is what it came to.
        scale = np.array([normalised.shape[1] / width, normalised.shape[0] / height])
        points = (found.points + 0.5) / scale - 0.5
        return Detections(points, found.scores, found.accepted, found.area_um2, found.mean, found.max, mpp)

    def detect(self, normalised: np.ndarray, *, mpp: float, probability: np.ndarray | None = None) -> Detections:
        """Find mitoses in a field that is stain-normalised and of the network's resolution.

        ``probability``: the field's map where it is known already.
        """
        probability = self.probability(normalised, mpp=mpp) if probability is None else probability
        proposed = self.propose(probability, mpp=mpp)
        if self.classifier is None:
            scores, accepted = proposed.mean, np.ones(len(proposed), dtype=bool)
        else:
            scores = self.classify(normalised, proposed.points, mpp=mpp)
            accepted = scores >= self.classifier.chosen["threshold"]
        return Detections(proposed.points, scores, accepted, proposed.area_um2, proposed.mean, proposed.max, mpp)

    def probability(self, normalised: np.ndarray, *, mpp: float) -> np.ndarray:
        """The segmenter's probability map (H, W) float32 of a stain-normalised field of ``mpp`` µm per pixel."""
        settings = self.segmenter.recipe["tiling"]
        scale = 1.0 if settings["mpp"] is None else mpp / settings["mpp"]
        side = math.ceil(max(normalised.shape[:2]) * scale) if self.window == "whole" else int(self.window)
        predict = partial(
            sliding_window.predict,
            window=None if self.window == "whole" else int(self.window),
            overlap=settings["overlap"],
            blend=settings["blend"],
            batch=max(1, settings["batch"] * BATCH_SIDE**2 // side**2),
            max_pixels=settings["max_pixels"],
        )
        image = _tensor(normalised).to(self.device)
        return probability_of(self.segmenter.model, image, predict, scale).numpy()

    def propose(self, probability: np.ndarray, *, mpp: float, threshold: float | None = None) -> Candidates:
        """Candidates in a probability map, at the threshold that was chosen on val unless another is given."""
        return extract(
            probability,
            threshold=self.segmenter.chosen["threshold"] if threshold is None else threshold,
            min_area_um2=self.segmenter.recipe["candidate"]["min_area_um2"],
            mpp=mpp,
        )

    def classify(self, normalised: np.ndarray, points: np.ndarray, *, mpp: float) -> np.ndarray:
        """The classifier's probability (n,) that each point (n, 2) is a mitosis."""
        assert self.classifier is not None
        crops = [crop(normalised, (x, y), mpp=mpp, **self.classifier.recipe["crop"]) for x, y in points]
        if not crops:
            return np.zeros(0)
        with torch.inference_mode():
            logits = logits_of(self.classifier.model, _tensor(np.stack(crops)).to(self.device))
        return logits.softmax(dim=1)[:, 1].cpu().numpy().astype(np.float64)


def check_mpp(mpp: float) -> None:
    """``InputError`` for µm per pixel that no scan of tissue for mitoses has."""
    if not plausible(mpp):
        raise InputError(
            f"mpp={mpp}: µm per pixel lie between {MPP[0]:g} and {MPP[1]:g}; a usual 40x scan has mpp=0.25"
        )


def _check(segmenter: Trained, classifier: Trained | None) -> None:
    if "tiling" not in segmenter.recipe:
        raise InputError(f"segment={segmenter.path} is a classifier's; give a segmenter's run")
    if classifier is None:
        return
    if "crop" not in classifier.recipe:
        raise InputError(f"classify={classifier.path} is a segmenter's; give a classifier's run")
    if classifier.recipe["stain"] != segmenter.recipe["stain"]:
        raise InputError(
            f"segment={segmenter.path} and classify={classifier.path} were trained on differently normalised stains;"
            " train both with one stain="
        )


def _resized(image: np.ndarray, scale: float, name: str) -> np.ndarray:
    height, width = (max(1, round(side * scale)) for side in image.shape[:2])
    if height * width > MAX_PIXELS:
        size = f"{width} x {height} pixels at the network's resolution"
        raise InputError(f"{name}: {size}, more than 20000 x 20000; cut it, or check mpp")
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)


def _tensor(image: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(image, -1, -3))).float().div_(255)
