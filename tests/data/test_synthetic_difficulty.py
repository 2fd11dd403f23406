"""How well darkness, hue, area and eccentricity of dark blobs separate mitoses on the drawn fields."""

from itertools import product

import numpy as np
import pytest
from scipy.ndimage import binary_opening
from scipy.optimize import linear_sum_assignment
from skimage.color import rgb2hed, rgb2hsv
from skimage.filters import threshold_multiotsu
from skimage.measure import label, regionprops
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mitosis.data.drawing.field import Drawn, draw_field

RADIUS = 20.0  # px: 5 µm.
TRAIN, TEST = range(12), range(15, 20)

Blobs = tuple[np.ndarray, np.ndarray, np.ndarray]


def blobs(drawn: Drawn, channel: str, smallest: int = 150) -> Blobs:
    """(n, 4) features of the dark blobs, (n, 2) their centres, (m, 2) the centres of the mitoses."""
    darkness = 255 - drawn.image.mean(axis=-1)
    stained = darkness if channel == "grey" else rgb2hed(drawn.image)[..., 0]
    dark = binary_opening(stained > threshold_multiotsu(stained, 3)[-1])
    features, centres = [], []
    for blob in regionprops(label(dark)):
        if blob.area >= smallest:
            rows, columns = blob.coords.T
            colour = drawn.image[rows, columns].mean(axis=0) / 255
            # Rotate the hue by half a turn, so that purple and red are not split by the wrap-around.
            hue = (rgb2hsv(colour[None, None])[0, 0, 0] + 0.5) % 1
            features.append((darkness[rows, columns].mean(), hue, blob.area, blob.eccentricity))
            centres.append(blob.centroid[::-1])
    truths = np.array([figure.centroid for figure in drawn.figures])
    return np.array(features).reshape(-1, 4), np.array(centres).reshape(-1, 2), truths


def close(points: np.ndarray, truths: np.ndarray) -> np.ndarray:
    return np.linalg.norm(points[:, None] - truths[None], axis=-1) <= RADIUS


def true_positives(points: np.ndarray, truths: np.ndarray) -> int:
    pairs = close(points, truths)
    return int(pairs[linear_sum_assignment(~pairs)].sum())


def baseline_f1(seed: int, channel: str) -> float:
    """F1 on the test cases at the threshold that is best for these fields."""
    train, test = (
        [blobs(draw_field(seed=seed, case=case, index=index, size=512), channel) for case in cases for index in (0, 1)]
        for cases in (TRAIN, TEST)
    )
    features = np.concatenate([each for each, _, _ in train])
    hit = np.concatenate([close(centres, truths).any(axis=1) for _, centres, truths in train])
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(features, hit)
    scored = [(model.predict_proba(each)[:, 1], centres, truths) for each, centres, truths in test]
    everything = sum(len(truths) for _, _, truths in scored)
    best = 0.0
    for threshold in np.unique(np.concatenate([scores for scores, _, _ in scored])):
        accepted = sum(int((scores >= threshold).sum()) for scores, _, _ in scored)
        tp = sum(true_positives(centres[scores >= threshold], truths) for scores, centres, truths in scored)
        best = max(best, 2 * tp / (accepted + everything))
    return best


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "channel"), product([0, 1], ["grey", "haematoxylin"]))
def test_darkness_hue_area_and_eccentricity_are_not_enough(seed, channel):
    # Accepting every blob already gives about 0.5; below 0.4 the blob detection itself would be wrong.
    assert 0.4 < baseline_f1(seed, channel) < 0.75
