"""CandidateView and CandidateFieldView."""

from collections import Counter
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from mitosis.augment.candidates import CandidateAugment
from mitosis.augment.none import NoAugment
from mitosis.data.record import Field, MitoticFigure, Record
from mitosis.data.view.candidate_table import CandidateRow
from mitosis.data.view.candidates import CandidateFieldView, CandidateView
from mitosis.data.view.fields import single
from mitosis.data.view.pools import elsewhere
from mitosis.data.view.sampler import EpochSampler
from mitosis.errors import InputError
from mitosis.inference.crop import crop

COLOURS = {"truth": (250, 250, 0), "matched": (250, 0, 0), "false": (0, 0, 250), "ignored": (0, 250, 0)}
POINTS = {"truth": (40, 40), "matched": (160, 40), "false": (40, 160), "ignored": (160, 160)}


def field(name: str = "f", truth: bool = True, mpp: float = 0.25) -> Field:
    """200 × 200 pixels; each quarter has the colour of the point in its middle."""
    image = np.zeros((200, 200, 3), dtype=np.uint8)
    for kind, (x, y) in POINTS.items():
        image[100 * (y > 100) :, 100 * (x > 100) :] = COLOURS[kind]
    figures = (MitoticFigure(np.array([POINTS["truth"]], dtype=np.int32)),) if truth else ()
    record = Record(name, image.copy, (200, 200), mpp, "c", "s", "A", figures)
    return Field(record, image, record.mask())


def row(x: float, y: float, label: int) -> CandidateRow:
    return CandidateRow("f", x, y, area_um2=20.0, mean=0.5, max=0.9, label=label, segmenter="0" * 16, seen="unseen")


def rows(**labels: int) -> list[CandidateRow]:
    return [row(*POINTS[kind], label) for kind, label in labels.items()]


ROWS = {"f": rows(matched=1, false=0, ignored=-1)}


def test_positives_are_drawn_with_their_share() -> None:
    view = CandidateView([field()], ROWS, NoAugment(), positives=0.4, samples=1, seed=0)
    seen: Counter = Counter()
    for index in range(600):
        item = view[(0, index)]
        assert item["image"].shape == (3, 128, 128)
        assert item["image"].dtype == torch.float32
        assert item["label"].shape == ()
        assert item["label"].dtype == torch.int64
        seen[tuple((item["image"][:, 64, 64] * 255).round().int().tolist()), item["label"].item()] += 1
    expected = {(COLOURS["truth"], 1): 120, (COLOURS["matched"], 1): 120, (COLOURS["false"], 0): 360}
    assert seen.keys() == expected.keys()
    assert all(abs(seen[key] - count) < 50 for key, count in expected.items())


def test_without_augmentation_and_jitter_an_item_is_the_plain_crop() -> None:
    noise = field()
    noise.image[:] = np.random.default_rng(0).integers(256, size=noise.image.shape)
    view = CandidateView([noise], ROWS, NoAugment(), positives=0, jitter_um=0, samples=1, seed=0)
    plain = crop(noise.image, POINTS["false"], side_um=16, mpp=0.25, pixels=128, border="reflect")
    np.testing.assert_allclose(view[(0, 0)]["image"] * 255, plain.transpose(2, 0, 1), atol=1.01)
    inside = CandidateFieldView([noise], ROWS)[0]["images"]
    np.testing.assert_array_equal((inside[1] * 255).round(), plain.transpose(2, 0, 1))


def test_jitter_stays_within_its_micrometres() -> None:
    dot = field(mpp=0.5)
    dot.image[:] = 0
    dot.image[159:162, 39:42] = 250
    view = CandidateView([dot], ROWS, NoAugment(), positives=0, jitter_um=2.0, samples=1, seed=0)
    offsets = []
    for index in range(60):
        weight = view[(0, index)]["image"][0].numpy()
        centre = [(weight.sum(axis=axis) * np.arange(128)).sum() / weight.sum() for axis in (0, 1)]
        offsets.append((np.array(centre) - 63.5) * 16 / 128)
    assert 1.6 < np.abs(offsets).max() < 2.05


def worst(image: np.ndarray, mask: None, seed: int) -> tuple[np.ndarray, None]:
    """Rotates by 45°, shrinks to 0.9 and shifts by 3 %, with black beyond the border."""
    middle = (len(image) - 1) / 2
    turn = cv2.getRotationMatrix2D((middle, middle), 45, 0.9)
    turn[:, 2] += 0.03 * len(image)
    return cv2.warpAffine(image, turn, image.shape[:2]), mask


def test_margin_keeps_the_border_out() -> None:
    white = field()
    white.image[:] = 255
    view = CandidateView([white], ROWS, worst, positives=0, samples=1, seed=0)
    assert view[(0, 0)]["image"].min() == 1


def test_border_is_reflected_or_black() -> None:
    corner = {"f": [row(0.0, 0.0, 0)]}
    for border, darkest in (("reflect", 250), ("black", 0)):
        images = CandidateFieldView([field()], corner, border=border)[0]["images"]
        assert (images[0, 0] * 255).min().round() == darkest
    np.testing.assert_allclose(images[0, 0, 70:, 70:] * 255, 250)


def test_workers_do_not_change_the_batches() -> None:
    view = CandidateView([field()], ROWS, CandidateAugment(), samples=16, seed=4)

    def epoch(number: int, workers: int) -> list[torch.Tensor]:
        sampler = EpochSampler(len(view))
        sampler.set_epoch(number)
        return [batch["image"] for batch in DataLoader(view, batch_size=4, sampler=sampler, num_workers=workers)]

    alone, again = epoch(1, 0), epoch(1, 2)
    assert len(alone) == 4
    assert all(torch.equal(one, other) for one, other in zip(alone, again, strict=True))
    assert not any(torch.equal(one, other) for one, other in zip(alone, epoch(2, 0), strict=True))


def test_an_item_holds_all_candidates_of_a_field() -> None:
    item = single([CandidateFieldView([field()], ROWS)[0]])
    assert item["field"] == "f"
    assert item["mpp"] == 0.25
    assert item["images"].shape == (3, 3, 128, 128)
    assert item["images"].dtype == torch.float32
    assert item["points"].tolist() == [list(POINTS[kind]) for kind in ("matched", "false", "ignored")]
    assert item["labels"].tolist() == [1, 0, -1]
    assert item["labels"].dtype == torch.int64
    assert item["centroids"].tolist() == [[40, 40]]
    for image, kind in zip(item["images"], ("matched", "false", "ignored"), strict=True):
        assert (image[:, 64, 64] * 255).round().int().tolist() == list(COLOURS[kind])


@pytest.mark.parametrize("candidates", [{}, {"f": rows()}])
def test_a_field_without_candidates_gives_empty_arrays(candidates: dict[str, list[CandidateRow]]) -> None:
    view = CandidateFieldView([field(), field("g", truth=False)], candidates, pixels=96)
    assert len(view) == 2
    assert view[0]["images"].shape == (0, 3, 96, 96)
    assert view[0]["points"].shape == (0, 2)
    assert view[0]["labels"].shape == (0,)
    assert view[1]["centroids"].shape == (0, 2)


def test_impossible_settings_are_refused() -> None:
    with pytest.raises(InputError, match="no mitosis in the 1 training fields"):
        CandidateView([field(truth=False)], {"f": rows(false=0)}, NoAugment(), samples=1, seed=0)
    CandidateView([field()], {"f": rows(false=0)}, NoAugment(), samples=1, seed=0)  # the annotated mitosis is enough


def test_annotated_look_alikes_are_negatives() -> None:
    plain = field()
    look_alike = Field(
        replace(plain.record, hard_negatives=np.array([POINTS["false"]], dtype=np.float64)), plain.image, plain.mask
    )
    view = CandidateView([look_alike], {}, NoAugment(), positives=0.0, samples=8, seed=0)
    for index in range(8):
        item = view[(0, index)]
        assert item["label"] == 0
        assert tuple((item["image"][:, 64, 64] * 255).round().int().tolist()) == COLOURS["false"]


def test_plain_tissue_replaces_missing_negatives() -> None:
    with pytest.warns(UserWarning, match="no false candidate in the 1 training fields"):
        view = CandidateView([field()], {"f": rows(matched=1, ignored=-1)}, NoAugment(), samples=8, seed=0)
    assert {int(view[(0, index)]["label"]) for index in range(8)} == {0, 1}
    points = elsewhere(field(), side_um=4.0)
    x, y = np.array(field().record.centroids[0])
    assert len(points)
    assert np.hypot(points[:, 0] - x, points[:, 1] - y).min() > 4.0 / field().record.mpp
