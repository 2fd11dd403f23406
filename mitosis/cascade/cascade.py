"""The two-stage cascade, applied to one image of any size."""

from collections.abc import Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import nn

from mitosis.cascade.checks import check_mpp
from mitosis.cascade.decision import Decision
from mitosis.cascade.networks import check_alike, check_image, check_pair, mean_probability, tensor_of
from mitosis.cascade.windows import Windows, windows_of
from mitosis.errors import InputError
from mitosis.image.file import read_image
from mitosis.inference.components import Candidates
from mitosis.inference.crop import crop
from mitosis.inference.detections import Detections
from mitosis.inference.folded import folded
from mitosis.inference.proposal import candidates_of
from mitosis.process.memory import keep_freed_memory
from mitosis.run.trained import Trained, load

SAME_MPP = 0.02
"""An image whose mpp differs from the network's by at most this fraction is not resampled."""
CROPS = 64
"""Crops that are in memory at the same time."""


class Cascade:
    """A segmenter that proposes candidates, and optionally a classifier that rejects the hard negatives.

    The thresholds, the window and the stain normalisation are stored in the runs.

    >>> from mitosis.cascade import Cascade
    >>> cascade = Cascade.load(segmenter="runs/…/fold-3", classifier="runs/…/fold-3")   # doctest: +SKIP
    >>> cascade("field.png", mpp=0.2456).points                                         # doctest: +SKIP
    """

    def __init__(
        self,
        segmenter: Trained | Sequence[Trained],
        classifier: Trained | Sequence[Trained] | None = None,
        *,
        decision: Decision | None = None,
        window: int | str | None = None,
    ) -> None:
        """The networks are built when they are first used, or by ``build``, on the GPU if there is one.

        Args:
            segmenter: Trained network of stage one, or several whose probabilities are averaged.
            classifier: Trained network of stage two, or several; None to use stage one alone.
            decision: Joins the scores of both stages. None takes the classifier's score and its own threshold.
            window: Side of the sliding window in pixels, or ``whole``. Defaults to the window chosen on val. It
                does not matter for networks without global pooling.

        Raises:
            InputError: The segmenter is a classifier or vice versa, the networks were trained with different stain
                normalisation, several of one stage differ, or ``window`` is neither a number nor ``whole``.
        """
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        segmenters = (segmenter,) if isinstance(segmenter, Trained) else segmenter
        classifiers = (classifier,) if isinstance(classifier, Trained) else classifier or ()
        self.segmenters = tuple(one.on(self.device) for one in segmenters)
        self.classifiers = tuple(one.on(self.device) for one in classifiers)
        self.decision, self.point = decision, "balanced"
        self._threshold: float | None = None
        for network in (*self.segmenters, *self.classifiers):
            check_alike(self.segmenters[0], network)
        check_pair(self.segmenters[0], self.classifiers[0] if self.classifiers else None)
        keep_freed_memory()
        self.segmenter, self.classifier = self.segmenters[0], self.classifiers[0] if self.classifiers else None
        self.window = window if window is not None else self.segmenter.chosen.get("window", "whole")
        if self.window != "whole" and not isinstance(self.window, int):
            raise InputError(f"tiling.window={self.window}: give a number of pixels, whole or auto")
        self._stain = self.segmenter.stain
        self._folded: list[nn.Module] = []  # the classifiers, which unlike the segmenters are never adapted

    @classmethod
    def load(cls, segmenter: str | Path, classifier: str | Path | None = None) -> "Cascade":
        """Load trained networks.

        Args:
            segmenter: Run folder or checkpoint file of stage one, after ``mitosis.propose``.
            classifier: Run folder or checkpoint file of stage two; None to use stage one alone.

        Returns:
            The cascade, on the GPU if there is one.

        Raises:
            InputError: A file is missing or broken, or its run is not finished.
        """
        first, second = load(segmenter), load(classifier) if classifier is not None else None
        for trained in filter(None, (first, second)):
            trained.check_usable()
        check_pair(first, second)  # the kinds come first: how to get a missing threshold depends on the kind of run
        if "threshold" not in first.chosen:
            raise InputError(f"{segmenter} has no threshold yet; type python -m mitosis.propose segmenter={segmenter}")
        if second is not None and "threshold" not in second.chosen:
            raise InputError(f"{classifier} has no threshold: its training is not finished; run its command again")
        return cls(first, second)

    def build(self) -> None:
        """Build the networks now; ``InputError`` naming the file of one that cannot be built."""
        for trained in (*self.segmenters, *self.classifiers):
            _ = trained.model

    @cached_property
    def windows(self) -> Windows:
        """The windows in which stage one runs over an image."""
        models = [segmenter.model for segmenter in self.segmenters]
        return windows_of(models, self.window, self.segmenter.tiling, self.device)

    def __call__(self, image: np.ndarray | str | Path, *, mpp: float, name: str | None = None) -> Detections:
        """Find the mitotic figures in an image.

        Args:
            image: Path of an image file, or a (H, W, 3) uint8 RGB array.
            mpp: µm per pixel of the image, 0.05 to 2. The image is resampled to the resolution the segmenter was
                trained at.
            name: Name of the image in error messages; defaults to its path.

        Returns:
            All candidates with their scores, in pixels of the image as given.

        Raises:
            InputError: The file cannot be read, the array has another shape or dtype, ``mpp`` is out of range, or the
                image has more than 20000 × 20000 pixels at the network's resolution.
        """
        check_mpp(mpp)
        name = name or ("image" if isinstance(image, np.ndarray) else str(image))
        image = image if isinstance(image, np.ndarray) else read_image(image)
        normalised = self.normalised(image, mpp=mpp, name=name)
        probability = self.probability(normalised, mpp=mpp, network_mpp=self.network_mpp(mpp))
        return self.detect(normalised, self.propose(probability, mpp=mpp), mpp=mpp)

    def normalised(self, image: np.ndarray, *, mpp: float, name: str) -> np.ndarray:
        """An image (H, W, 3) uint8 of ``mpp`` in the stain of training; ``InputError`` naming one that is unusable."""
        check_image(image, mpp / self.network_mpp(mpp), name)
        return self._stain(image, name)

    def network_mpp(self, mpp: float) -> float:
        """µm per pixel to which an image of ``mpp`` is resampled for the segmenter."""
        if (tiling := self.segmenter.tiling).mpp is not None:
            return tiling.mpp
        trained = self.segmenter.mpp
        return mpp if abs(mpp / trained - 1) <= SAME_MPP else trained

    def probability(self, normalised: np.ndarray, *, mpp: float, network_mpp: float | None = None) -> np.ndarray:
        """The segmenter's probability map of a stain-normalised image.

        Args:
            normalised: (H, W, 3) uint8 RGB.
            mpp: µm per pixel of the image.
            network_mpp: µm per pixel at the network's input. Defaults to ``tiling.mpp``, or to the image's own where
                that is not set.

        Returns:
            (H, W) float32 in [0, 1], one value per pixel of ``normalised``.
        """
        tiling = self.segmenter.tiling
        network_mpp = tiling.mpp if network_mpp is None else network_mpp
        scale = 1.0 if network_mpp is None else mpp / network_mpp
        image = tensor_of(normalised).to(self.device)
        maps = self.windows.maps([segmenter.model for segmenter in self.segmenters], image, scale)
        return maps[0] if len(maps) == 1 else np.mean(maps, axis=0)

    def propose(self, probability: np.ndarray, *, mpp: float, threshold: float | None = None) -> Candidates:
        """Extract candidates from a probability map.

        Args:
            probability: (H, W) float in [0, 1].
            mpp: µm per pixel of the map.
            threshold: Probability in [0, 1]. Defaults to the threshold chosen on val.

        Returns:
            The candidates, in pixels of the map.
        """
        lowest: float = self.segmenter.chosen["threshold"] if threshold is None else threshold
        return candidates_of(probability, self.segmenter.candidate, threshold=lowest, mpp=mpp)

    def detect(self, normalised: np.ndarray, candidates: Candidates, *, mpp: float) -> Detections:
        """Score the candidates of a stain-normalised image; without a classifier, accept them all.

        Args:
            normalised: (H, W, 3) uint8 RGB.
            candidates: The image's candidates.
            mpp: µm per pixel of the image.

        Returns:
            One scored detection per candidate, in the same order.
        """
        second = self.classify(normalised, candidates.points, mpp=mpp) if self.classifiers else candidates.mean
        return self.accept(candidates, second, mpp=mpp)

    def accept(self, found: Candidates, second: np.ndarray, *, mpp: float) -> Detections:
        """Join the scores of both stages and apply the threshold; without either, every candidate is accepted.

        Args:
            found: The image's candidates.
            second: (n,) the classifier's probabilities; not used without a classifier.
            mpp: µm per pixel of the image.
        """
        scores = found.mean
        if self.classifiers:
            scores = second if self.decision is None else self.decision.score(found.mean, second)
        return Detections(found.points, scores, scores >= self.threshold, found.area_um2, mpp)

    def classify(self, normalised: np.ndarray, points: np.ndarray, *, mpp: float) -> np.ndarray:
        """The classifier's probability that each point of a stain-normalised image is a mitotic figure.

        Args:
            normalised: (H, W, 3) uint8 RGB.
            points: (n, 2) x, y in pixels.
            mpp: µm per pixel of the image.

        Returns:
            (n,) float64 in [0, 1].
        """
        assert self.classifier is not None
        if not len(points):
            return np.zeros(0)
        settings, count = asdict(self.classifier.crop), self.decision.symmetries if self.decision else 1
        means = []
        for start in range(0, len(points), CROPS):
            crops = [crop(normalised, (x, y), mpp=mpp, **settings) for x, y in points[start : start + CROPS]]
            images = tensor_of(np.stack(crops)).to(self.device)
            self._folded = self._folded or [folded(classifier.model, images[:1]) for classifier in self.classifiers]
            means.append(mean_probability(self._folded, images, count))
        return torch.cat(means).cpu().numpy().astype(np.float64)

    def use(self, point: str = "balanced", threshold: float | None = None) -> None:
        """Choose an operating point of the decision, or a threshold; ``InputError`` if it has no such point."""
        if self.decision is not None:
            self.decision.threshold(point)
        self.point, self._threshold = point, threshold

    @property
    def threshold(self) -> float:
        """The score from which on a candidate is a mitotic figure; 0 if stage one alone accepts every candidate."""
        if self._threshold is not None:
            return self._threshold
        if self.classifier is None:
            return self.segmenter.chosen.get("alone", 0.0)  # runs of earlier versions have none
        return self.decision.threshold(self.point) if self.decision else self.classifier.chosen["threshold"]
