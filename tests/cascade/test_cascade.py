"""The cascade on synthetic discs with hand-made networks: a pixel is a mitosis if it is dark, a crop if it is red."""

import dataclasses
import warnings
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from mitosis.cascade import Cascade, Detections, networks
from mitosis.cascade import cascade as module
from mitosis.errors import InputError
from mitosis.inference import resolution
from mitosis.inference.crop import crop
from mitosis.model.scmitosis import SCMitosisSeg
from mitosis.run.checkpoint import write
from mitosis.run.trained import Trained, choose

NO_STAIN = {"_target_": "mitosis.stain.none.NoStain"}
MACENKO = {"_target_": "mitosis.stain.macenko.Macenko"}
PINK, PURPLE, RED = (230, 180, 210), (60, 30, 90), (140, 20, 20)


class Dark(nn.Module):
    stride = 8

    def forward(self, image: Tensor) -> Tensor:
        assert image.shape[2] % 8 == image.shape[3] % 8 == 0
        return 60 * (0.45 - image.mean(dim=1, keepdim=True))


class Red(nn.Module):
    """Uses only the middle of the crop, so a crop that is off centre fails."""

    def forward(self, crops: Tensor) -> Tensor:
        assert crops.shape[1:] == (3, 128, 128)
        middle = crops[:, :, 60:68, 60:68].mean(dim=(2, 3))
        redness = middle[:, 0] - middle[:, 2]
        return torch.stack([torch.zeros_like(redness), 20 * redness], dim=1)


def segmenter(stain=NO_STAIN, mpp=0.25, seen_at=None, **chosen) -> Trained:
    recipe = {
        "stage": {"kind": "segmentation"},
        "stain": stain,
        "tiling": {"mpp": seen_at, "window": "auto", "overlap": 32, "blend": "mean", "batch": 2, "max_pixels": 10**7},
        "candidate": {"threshold": "auto", "recall": 0.95, "min_area_um2": 6.25},
    }
    return Trained(Dark, recipe, {"threshold": 0.5, "window": "whole"} | chosen, "feed", 1, mpp, Path("segmenter"))


def classifier(stain=NO_STAIN) -> Trained:
    crop = {"side_um": 16.0, "pixels": 128, "border": "reflect"}
    recipe = {"stage": {"kind": "classification"}, "stain": stain, "crop": crop}
    return Trained(Red, recipe, {"threshold": 0.5}, "beef", 1, 0.25, Path("classifier"))


def watched(trained: Trained) -> tuple[Trained, list[tuple[int, ...]]]:
    """The same network, recording the sizes of its input images."""
    sizes: list[tuple[int, ...]] = []

    class Watched(Dark):
        def forward(self, image: Tensor) -> Tensor:
            sizes.append(tuple(image.shape[2:]))
            return super().forward(image)

    return dataclasses.replace(trained, make=Watched), sizes


def discs(size, centres, mpp=0.25, radius_um=4.0):
    """A pink field with discs, drawn four times too fine so that their centroids are exact to a tenth of a pixel."""
    height, width = size
    fine = np.full((4 * height, 4 * width, 3), PINK, np.uint8)
    for x, y, colour in centres:
        where = (round(16 * (4 * x + 1.5)), round(16 * (4 * y + 1.5)))
        cv2.circle(fine, where, round(16 * 4 * radius_um / mpp), colour, cv2.FILLED, shift=4)
    return cv2.resize(fine, (width, height), interpolation=cv2.INTER_AREA)


def by_x(found: Detections) -> np.ndarray:
    return found.points[found.points[:, 0].argsort()]


CENTRES = [(60, 80, PURPLE), (150.5, 41.25, RED), (233, 171, PURPLE)]


@pytest.mark.parametrize("window", ["whole", 64, 128])
def test_discs_are_detected_at_their_centroids(window):
    found = Cascade(segmenter(window=window))(discs((210, 301), CENTRES), mpp=0.25)
    assert by_x(found) == pytest.approx(np.array([(x, y) for x, y, _ in CENTRES]), abs=0.3)
    assert found.area_um2 == pytest.approx([np.pi * 16] * 3, rel=0.05)
    assert found.mpp == 0.25
    assert found.accepted.all()
    assert len(found) == 3
    assert (found.scores > 0.9).all()


def test_the_classifier_rejects_what_is_not_red():
    found = Cascade(segmenter(), classifier())(discs((210, 301), CENTRES), mpp=0.25)
    assert len(found.points) == 3
    assert len(found) == 1
    (point,) = found.points[found.accepted]
    assert point == pytest.approx((150.5, 41.25), abs=0.3)
    assert found.scores[found.accepted] > 0.9
    assert (found.scores[~found.accepted] < 0.5).all()


@pytest.mark.parametrize("mpp", [0.5, 0.4567, 0.2456, 0.17, 0.1])
def test_another_resolution_gives_the_same_positions_and_areas(mpp):
    """A field of 75 × 55 µm at another resolution than the network's fields."""
    places = [(15.0, 20.0, PURPLE), (40.3, 12.7, RED), (60.0, 43.0, PURPLE)]
    image = discs((round(55 / mpp), round(75 / mpp)), [(x / mpp, y / mpp, c) for x, y, c in places], mpp)
    found = Cascade(segmenter(), classifier())(image, mpp=mpp)
    expected = np.array([(x, y) for x, y, _ in places]) / mpp
    assert np.abs(by_x(found) - expected).max() < 0.12
    assert found.area_um2 == pytest.approx([np.pi * 16] * 3, rel=0.1)
    assert found.mpp == mpp
    assert found.accepted[found.points[:, 0].argsort()].tolist() == [False, True, False]


@pytest.mark.parametrize(("mpp", "side"), [(0.25, 80), (0.2456, 80), (0.24, 80 * 0.24 / 0.25), (0.5, 160)])
def test_an_image_is_resampled_only_beyond_2_percent_of_the_networks_mpp(mpp, side):
    trained, sizes = watched(segmenter())
    Cascade(trained)(np.full((80, 80, 3), 255, np.uint8), mpp=mpp)
    assert sizes == [(-(-side // 8) * 8,) * 2]  # extended to multiples of the stride


@pytest.mark.parametrize("mpp", [0.125, 0.25, 1.0])
def test_an_image_is_resampled_to_tiling_mpp_in_one_step(mpp, monkeypatch):
    seen = []
    rescale = resolution.rescale
    monkeypatch.setattr(resolution, "rescale", lambda image, scale: seen.append(scale) or rescale(image, scale))
    trained, sizes = watched(segmenter(seen_at=0.5))
    Cascade(trained, classifier())(np.full((64, 128, 3), 255, np.uint8), mpp=mpp)
    assert seen == [mpp / 0.5]
    assert sizes == [(128 * mpp, 256 * mpp)]


def test_crops_are_cut_from_the_image_as_given(monkeypatch):
    """Crops of 16 µm keep the image's own resolution and do not lose detail to the segmenter's resampling."""
    cut = []
    monkeypatch.setattr(
        module, "crop", lambda image, point, **how: cut.append((image, how)) or crop(image, point, **how)
    )
    image = discs((200, 300), [(150, 100, RED)], mpp=0.125)
    found = Cascade(segmenter(seen_at=0.5), classifier())(image, mpp=0.125)
    ((source, how),) = cut
    assert np.array_equal(source, image)
    assert (how["mpp"], how["side_um"], how["pixels"]) == (0.125, 16.0, 128)
    assert len(found) == 1


@pytest.mark.parametrize("mpp", [0.25, 0.5])
def test_discs_at_the_border_stay_inside(mpp):
    corners = [(0, 0), (99, 0), (0, 69), (99, 69), (50, 0)]
    found = Cascade(segmenter(), classifier())(discs((70, 100), [(*c, RED) for c in corners], mpp), mpp=mpp)
    assert len(found.points) == 5
    assert found.accepted.all()
    radius = 4 / mpp
    for x, y in corners:  # the centroid of a quarter disc lies 4 r / 3 π from both sides
        inward = 4 * radius / 3 / np.pi * np.array([(x == 0) - (x == 99), (y == 0) - (y == 69)])
        assert np.abs(found.points - (x, y) - inward).max(axis=1).min() < 1
    assert (found.points >= 0).all()
    assert (found.points <= (99, 69)).all()


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (7, 200), (8, 8)])
@pytest.mark.parametrize("mpp", [0.05, 0.25, 2.0])
@pytest.mark.parametrize("window", ["whole", 64])
def test_images_smaller_than_the_stride(size, mpp, window):
    cascade = Cascade(segmenter(window=window), classifier())
    assert len(cascade(np.full((*size, 3), 255, np.uint8), mpp=mpp).points) == 0
    dark = cascade(np.zeros((*size, 3), np.uint8), mpp=mpp)
    area = size[0] * size[1] * mpp**2
    if area > 10:
        assert dark.points == pytest.approx(np.array([[(size[1] - 1) / 2, (size[0] - 1) / 2]]), abs=0.5)
    if area < 2:
        assert len(dark.points) == 0


def test_without_candidates_all_columns_are_empty():
    found = Cascade(segmenter(), classifier())(np.full((40, 50, 3), 255, np.uint8), mpp=0.25)
    assert len(found) == 0
    assert found.points.shape == (0, 2)
    columns = [found.scores, found.accepted, found.area_um2]
    assert {column.shape for column in columns} == {(0,)}
    assert found.accepted.dtype == bool


def test_white_and_rgba_fields_give_a_warning(tmp_path):
    cascade = Cascade(segmenter(MACENKO), classifier(MACENKO))
    with pytest.warns(UserWarning, match=r"white\.png.*not normalised"):
        assert len(cascade(np.full((64, 64, 3), 255, np.uint8), mpp=0.25, name="white.png").points) == 0
    image = discs((100, 100), [(50, 40, RED)])
    rgba = np.dstack([image, np.full((100, 100), 9, np.uint8)])
    with pytest.warns(UserWarning, match="image: .*alpha"):
        found = cascade(rgba, mpp=0.25)
    assert found.points == pytest.approx(np.array([[50, 40]]), abs=0.3)
    assert found.accepted.all()
    Image.fromarray(np.dstack([image, np.full((100, 100), 255, np.uint8)])).save(tmp_path / "rgba.png")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert len(cascade(tmp_path / "rgba.png", mpp=0.25).points) == 1


def test_files_and_arrays_give_the_same(tmp_path):
    image = discs((210, 301), CENTRES)
    Image.fromarray(image).save(tmp_path / "a.tif")
    cascade = Cascade(segmenter())
    one, other = cascade(str(tmp_path / "a.tif"), mpp=0.25), cascade(image[::-1][::-1], mpp=0.25)
    assert np.array_equal(one.points, other.points)
    assert np.array_equal(one.scores, other.scores)


@pytest.mark.parametrize("mpp", [0, -0.25, float("nan"), float("inf"), 0.049, 2.01, 250])
def test_an_absurd_resolution_is_refused(mpp):
    with pytest.raises(InputError, match=r"mpp=.*0\.05 and 2"):
        Cascade(segmenter())(np.zeros((8, 8, 3), np.uint8), mpp=mpp)


@pytest.mark.parametrize(
    "image",
    [np.zeros((8, 8), np.uint8), np.zeros((8, 8, 3)), np.zeros((0, 8, 3), np.uint8), np.zeros((8, 8, 5), np.uint8)],
)
def test_an_array_of_another_type_is_refused(image):
    with pytest.raises(InputError, match="expected .*uint8 RGB"):
        Cascade(segmenter())(image, mpp=0.25)


def test_a_field_too_large_at_the_networks_resolution_is_refused(monkeypatch):
    monkeypatch.setattr(networks, "MAX_PIXELS", 10_000)
    with pytest.raises(InputError, match="a.png: 160 x 80 pixels"):
        Cascade(segmenter())(np.zeros((10, 20, 3), np.uint8), mpp=2.0, name="a.png")
    with pytest.raises(InputError, match="image: 200 x 100 pixels"):
        Cascade(segmenter(seen_at=0.1))(np.zeros((40, 80, 3), np.uint8), mpp=0.25)
    Cascade(segmenter(seen_at=0.5))(np.zeros((10, 20, 3), np.uint8), mpp=2.0)  # 80 x 40


def test_a_missing_file_is_named():
    with pytest.raises(InputError, match="nowhere.png"):
        Cascade(segmenter())("nowhere.png", mpp=0.25)


def test_swapped_networks_are_refused():
    with pytest.raises(InputError, match="segmenter=classifier is a classifier's"):
        Cascade(classifier())
    with pytest.raises(InputError, match="classifier=segmenter is a segmenter's"):
        Cascade(segmenter(), segmenter())
    with pytest.raises(InputError, match="segmenter=classifier is a classifier's"):
        Cascade(classifier(), segmenter())
    with pytest.raises(InputError, match="stain="):
        Cascade(segmenter(), classifier(MACENKO))
    with pytest.raises(InputError, match=r"tiling\.window=large"):
        Cascade(segmenter(window="large"))


@pytest.fixture
def saved(tmp_path) -> Path:
    """A run folder with a real segmenter of tiny widths, before anything was chosen."""
    torch.manual_seed(0)
    model = {
        "_target_": "mitosis.model.scmitosis.SCMitosisSeg",
        "widths": [1, 2, 2, 2],
        "encoder": "dscrb",
        "fusion": "add",
    }
    net = SCMitosisSeg(model["widths"], model["encoder"], model["fusion"])
    state = {f"model.{name}": value for name, value in net.state_dict().items()}
    recipe = segmenter().recipe | {"model": model}
    write({"recipe": recipe, "mpp": 0.25, "state_dict": state, "global_step": 3}, tmp_path / "checkpoints/best.ckpt")
    return tmp_path


def test_a_run_without_a_threshold_is_refused_with_the_remedy(saved):
    with pytest.raises(InputError, match=r"no threshold yet; type python -m mitosis\.propose segmenter="):
        Cascade.load(saved)
    with pytest.raises(InputError, match="classifier=.* is a segmenter's"):
        Cascade.load(saved, saved)
    with pytest.raises(InputError, match="no checkpoint"):
        Cascade.load(saved / "nothing")


def test_loads_from_a_run_folder_or_its_checkpoint(saved):
    choose(saved, {"threshold": 0.004, "window": 64})
    image = discs((210, 301), CENTRES)
    one, other = (Cascade.load(path)(image, mpp=0.25) for path in (saved, str(saved / "checkpoints/best.ckpt")))
    assert len(one.points)
    assert np.array_equal(one.points, other.points)
    assert (one.scores >= 0.004).all()


def test_each_step_can_be_called_on_its_own():
    cascade = Cascade(segmenter(), classifier())
    image = discs((210, 301), CENTRES)
    probability = cascade.probability(image, mpp=0.25)
    assert probability.shape == (210, 301)
    assert probability.dtype == np.float32
    assert len(cascade.propose(probability, mpp=0.25)) == 3
    assert len(cascade.propose(probability, mpp=0.04)) == 0
    assert len(cascade.propose(np.minimum(probability, 0.6), mpp=0.25, threshold=0.7)) == 0
    nothing = cascade.propose(np.zeros((210, 301), np.float32), mpp=0.25)
    assert len(cascade.detect(image, nothing, mpp=0.25).points) == 0
    assert cascade.classify(image, np.zeros((0, 2)), mpp=0.25).shape == (0,)
    reds = cascade.classify(image, np.array([[150.5, 41.25], [60, 80], [5, 5]]), mpp=0.25)
    assert reds == pytest.approx([1 / (1 + np.exp(-20 * d / 255)) for d in (120, -30, 20)], abs=1e-4)


@pytest.mark.parametrize("window", ["whole", 64])
def test_a_network_at_another_resolution_predicts_in_the_fields_own_frame(window):
    image = discs((210, 301), CENTRES)
    coarse, sizes = watched(segmenter(seen_at=0.5, window=window))
    found, fine = Cascade(coarse)(image, mpp=0.25), Cascade(segmenter())(image, mpp=0.25)
    # 105 × 150.5 pixels at 0.5 µm, extended to multiples of the stride, or to windows
    assert set(sizes) == {(112, 152) if window == "whole" else (64, 64)}
    assert len(found) == len(fine) == 3
    np.testing.assert_allclose(found.points, fine.points, atol=0.3)
    np.testing.assert_allclose(found.area_um2, np.pi * 16, rtol=0.06)


def test_the_threshold_itself_is_accepted():
    image = discs((100, 100), [(50, 40, RED)])
    (score,) = Cascade(segmenter(), classifier())(image, mpp=0.25).scores
    for threshold, taken in ((score, 1), (np.nextafter(score, 1), 0)):
        strict = dataclasses.replace(classifier(), chosen={"threshold": float(threshold)})
        assert len(Cascade(segmenter(), strict)(image, mpp=0.25)) == taken


def test_stage_one_alone_decides_at_its_own_threshold_unless_another_is_typed():
    image = discs((100, 100), [(50, 40, (110, 110, 110))])
    (score,) = Cascade(segmenter())(image, mpp=0.25).scores
    assert 0.5 < score < 0.9
    for own, typed, taken in ((0.9, None, 0), (0.5, None, 1), (0.9, 0.0, 1), (0.9, 0.5, 1), (0.5, 0.9, 0)):
        alone = Cascade(segmenter(alone=own))
        alone.use(threshold=typed)
        assert alone.threshold == (own if typed is None else typed)
        assert len(alone(image, mpp=0.25)) == taken
