"""The panel of predictions, driven as Lightning drives it."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from mitosis.image.file import read_image
from mitosis.output.overlay import ACCEPTED, REJECTED, TRUTH, draw
from mitosis.training.panel import FIELDS, SIDE, Panel, framed, grid, region

GREY = np.full((900, 1200, 3), 200, np.uint8)
NONE = np.zeros((0, 2))


class Logger:
    def __init__(self) -> None:
        self.logged: list[tuple[str, list]] = []

    def log_image(self, key: str, images: list) -> None:
        self.logged.append((key, images))


def trainer(*loggers, zero=True):
    return SimpleNamespace(is_global_zero=zero, loggers=list(loggers))


def has(picture, colour):
    return bool((picture == np.array(colour, np.uint8)).all(axis=-1).any())


def segmented(*, truths, points, scores, size=(600, 640)):
    batch = {"image": torch.full((3, *size), 0.8), "centroids": torch.tensor(truths).reshape(-1, 2), "mpp": 0.25}
    return {"points": torch.tensor(points).reshape(-1, 2), "scores": torch.tensor(scores)}, batch


def shown(panel, pairs, device):
    for index, (outputs, batch) in enumerate(pairs):
        panel.on_validation_batch_end(device, None, outputs, batch, index)
    panel.on_validation_epoch_end(device, None)


def test_a_segmenter_shows_four_fields_with_truths_and_detections(tmp_path):
    logger, path = Logger(), tmp_path / "panel.png"
    pair = segmented(truths=[[300.0, 310.0]], points=[[303.0, 308.0], [100.0, 100.0]], scores=[0.9, 0.4])
    panel = Panel(path)
    shown(panel, [pair] * (FIELDS + 2), trainer(logger, object()))
    picture = read_image(path)
    assert picture.shape == (2 * SIDE + 4, 2 * SIDE + 4, 3)
    for corner in (picture[:SIDE, :SIDE], picture[-SIDE:, -SIDE:]):
        # It begins at 44, 54; rings have a radius of 40 pixels.
        assert tuple(corner[254, 299]) == ACCEPTED
        assert tuple(corner[46, 96]) == (204, 204, 204)
        assert has(corner, TRUTH)
        assert not has(corner, REJECTED)
    (key, (image,)), *more = logger.logged
    assert key == "panel"
    assert not more
    assert np.array_equal(image, picture)
    # The next validation starts afresh: a single field without mitoses or detections.
    shown(panel, [segmented(truths=[], points=[], scores=[])], trainer())
    again = read_image(path)
    assert again.shape[0] == SIDE
    assert not has(again, ACCEPTED)
    assert not has(again, TRUTH)
    assert (again[:, -SIDE:] == 255).all()


def test_a_classifier_shows_the_highest_scores_of_both_classes(tmp_path):
    scores = torch.tensor([0.1, 0.95, 0.2, 0.6, *[0.0] * 20])
    labels = torch.tensor([0, 0, 1, 1, *[-1] * 20])
    images = torch.arange(24)[:, None, None, None].expand(24, 3, 64, 64) / 255
    batch = {"images": images, "labels": labels, "centroids": NONE, "mpp": 0.25}
    outputs = {"points": torch.zeros(24, 2), "scores": scores}
    path = tmp_path / "panel.png"
    shown(Panel(path), [(outputs, batch)] * 2, trainer())
    picture = read_image(path)
    assert picture.shape == (2 * 68 - 4, 8 * 68 - 4, 3)
    crops = [picture[:64, left : left + 64] for left in range(0, 8 * 68, 68)]
    assert [int(crop[32, 32, 0]) for crop in crops[:4]] == [3, 2, 1, 0]
    assert [has(crop, TRUTH) for crop in crops[:4]] == [True, True, False, False]
    assert [has(crop, ACCEPTED) for crop in crops[:4]] == [True, False, True, False]


def test_many_mitoses_leave_room_for_negatives(tmp_path):
    images = torch.arange(20)[:, None, None, None].expand(20, 3, 64, 64) / 255
    batch = {"images": images, "labels": torch.tensor([1] * 10 + [0] * 10), "centroids": NONE, "mpp": 0.25}
    outputs = {"points": torch.zeros(20, 2), "scores": torch.linspace(0, 1, 20)}
    shown(Panel(tmp_path / "panel.png"), [(outputs, batch)], trainer())
    picture = read_image(tmp_path / "panel.png")
    assert picture[32, 32::68, 0].tolist() == [9, 8, 7, 6, 19, 18, 17, 16]


def test_fields_without_candidates_give_no_picture_and_no_error(tmp_path):
    batch = {"images": torch.zeros(0, 3, 64, 64), "labels": torch.zeros(0, dtype=torch.long), "centroids": NONE}
    outputs = {"points": torch.zeros(0, 2), "scores": torch.zeros(0)}
    shown(Panel(tmp_path / "panel.png"), [(outputs, batch | {"mpp": 0.25})], trainer())
    assert not list(tmp_path.iterdir())


def test_other_ranks_write_nothing(tmp_path):
    logger = Logger()
    pair = segmented(truths=[[5.0, 5.0]], points=[[5.0, 5.0]], scores=[0.9])
    shown(Panel(tmp_path / "panel.png"), [pair], trainer(logger, zero=False))
    assert not list(tmp_path.iterdir())
    assert not logger.logged


@pytest.mark.parametrize(
    ("truths", "points", "left", "top"),
    [
        ([[50, 50], [600, 400], [640, 420], [620, 440]], [[300, 300]], 364, 164),  # their mean is (620, 420)
        ([[50, 50], [1150, 880], [1160, 890]], [], 688, 388),  # moved so that it stays in the field
        ([], [[600, 400]], 344, 144),  # no mitosis: where something was detected
        ([], [], 344, 194),
        ([[-40, 450], [1300, 2000]], [], 0, 194),  # outside of the field
    ],
)
def test_the_region_contains_the_most_mitoses(truths, points, left, top):
    rows, columns = np.mgrid[:900, :1200]
    field = np.stack([columns % 256, rows % 256, columns // 256 * 16 + rows // 256], axis=-1).astype(np.uint8)
    truths, points = np.array(truths, float).reshape(-1, 2), np.array(points, float).reshape(-1, 2)
    part = region(field, points, np.ones(len(points)), truths, mpp=1.0)
    expected = draw(field, points, np.ones(len(points)), mpp=1.0, truths=truths)
    assert np.array_equal(part, expected[top : top + SIDE, left : left + SIDE])


def test_a_small_field_is_placed_in_the_corner():
    part = region(GREY[:100, :70], NONE, np.zeros(0), NONE, mpp=0.25)
    assert (part[:100, :70] == 200).all()
    assert not part[100:].any()
    assert not part[:, 70:].any()


def test_frames_and_grid_by_hand():
    crop = np.zeros((128, 128, 3), np.uint8)
    yes, no = framed(crop, 0.5, 1), framed(crop, 0.499, -1)
    assert tuple(yes[0, 0]) == ACCEPTED
    assert tuple(no[127, 127]) == REJECTED
    assert has(yes, TRUTH)
    assert not has(no, TRUTH)
    assert not crop.any()
    assert not yes[64, 64].any()
    whole = grid([np.zeros((2, 3, 3), np.uint8)] * 3, columns=2)
    assert whole.shape == (8, 10, 3)
    assert not whole[:2, :3].any()
    assert not whole[6:, :3].any()
    assert (whole[6:, 7:] == 255).all()
