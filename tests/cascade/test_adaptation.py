"""Adaptation of BatchNorm statistics to the images at hand, by hand and on an image of another brightness."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mitosis.cascade.adaptation import SHARE, TILES, adapted, mix_statistics
from mitosis.cascade.cascade import Cascade
from mitosis.run.trained import Trained

CPU = torch.device("cpu")


class Darker(nn.Module):
    """A mitosis is what is darker by two standard deviations than the images that it was trained on."""

    stride = 8

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(3)

    def forward(self, image: Tensor) -> Tensor:
        return 10 * (-2 - self.norm(image).mean(dim=1, keepdim=True))


def segmenter(mpp: float | None = None) -> Trained:
    """Trained on images of mean 0.8 and standard deviation 0.1."""
    model = Darker()
    model.norm.running_mean = torch.full((3,), 0.8)
    model.norm.running_var = torch.full((3,), 0.01)
    recipe = {
        "stage": {"kind": "segmentation"},
        "stain": {"_target_": "mitosis.stain.none.NoStain"},
        "tiling": {"mpp": mpp, "window": "auto", "overlap": 32, "blend": "mean", "batch": 2, "max_pixels": 10**7},
        "candidate": {"threshold": "auto", "recall": 0.95, "min_area_um2": 6.25},
    }
    return Trained(model.eval, recipe, {"threshold": 0.5, "window": "whole"}, "feed", 1, 0.25, Path("segmenter"))


def statistics(cascade: Cascade) -> list[float]:
    norm = cascade.segmenter.model.norm
    return [*norm.running_mean.tolist(), *norm.running_var.tolist(), int(norm.num_batches_tracked)]


def test_half_of_the_statistics_by_hand() -> None:
    """Pixels of 0.2 and 0.6, four of each: mean 0.4, variance 8/7 · 0.04; half of it is the network's own 0 and 1."""
    net = nn.Sequential(nn.BatchNorm2d(1)).eval()
    tile = torch.tensor([0.2, 0.6]).repeat(4).reshape(1, 2, 4)
    mix_statistics(net, [tile], CPU)
    assert SHARE == 0.5
    assert net[0].running_mean.item() == pytest.approx(0.2)
    assert net[0].running_var.item() == pytest.approx(0.5 * (0.04 * 8 / 7) + 0.5)
    assert not net[0].training
    assert net[0].momentum == 0.1


def test_every_batch_counts_alike() -> None:
    """Tiles of two sizes come in two batches; the mean of their means is 0.5."""
    net = nn.Sequential(nn.BatchNorm2d(1)).eval()
    mix_statistics(net, [torch.full((1, 4, 4), 0.2), torch.full((1, 8, 8), 0.8)], CPU)
    assert net[0].running_mean.item() == pytest.approx(0.25)


def test_a_network_without_statistics_stays() -> None:
    mix_statistics(nn.Conv2d(3, 1, 1), [torch.rand(3, 8, 8)], CPU)
    mix_statistics(nn.BatchNorm2d(3), [], CPU)


def test_a_darker_scanner_is_compensated_and_then_forgotten() -> None:
    """Darker by 0.3, all is three deviations away and a mitosis; adapted, by half of that, only the square is."""
    rng = np.random.default_rng(0)
    image = rng.normal(0.5 * 255, 0.1 * 255, (256, 256, 3)).clip(0, 255).astype(np.uint8)
    image[100:120, 60:80] = 0
    cascade = Cascade(segmenter())
    before = statistics(cascade)
    assert (cascade.probability(image, mpp=0.25) > 0.5).mean() > 0.9
    with adapted(cascade, [(image, 0.25)], 1):
        inside = cascade.probability(image, mpp=0.25) > 0.5
    assert inside[100:120, 60:80].all()
    assert inside.mean() < 0.3
    assert statistics(cascade) == before


def test_an_error_inside_leaves_the_network_as_it_was() -> None:
    cascade = Cascade(segmenter())
    before = statistics(cascade)
    with pytest.raises(KeyError), adapted(cascade, [(np.zeros((64, 64, 3), np.uint8), 0.25)], 1):
        raise KeyError
    assert statistics(cascade) == before


@pytest.mark.parametrize("count", [1, 3, 200])
def test_every_image_gives_its_share_of_the_tiles(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Tensor] = []
    monkeypatch.setattr("mitosis.cascade.adaptation.mix_statistics", lambda model, tiles, device: seen.extend(tiles))
    images = [(np.full((300, 280, 3), index, np.uint8), 0.25) for index in range(count)]
    with adapted(Cascade(segmenter()), images, count):
        pass
    assert len(seen) == TILES
    assert {tile.shape for tile in seen} == {(3, 256, 256)}
    shares = np.bincount([round(255 * float(tile.mean())) for tile in seen], minlength=count)
    assert shares.max() - shares.min() <= 1


def test_tiles_are_cut_at_the_networks_resolution(monkeypatch: pytest.MonkeyPatch) -> None:
    """At 0.5 µm/px, 256 pixels of the network are 512 of the image; a field of 300 gives 150, cut to the stride."""
    seen: list[Tensor] = []
    monkeypatch.setattr("mitosis.cascade.adaptation.mix_statistics", lambda model, tiles, device: seen.extend(tiles))
    images = [(np.zeros((600, 600, 3), np.uint8), 0.25), (np.zeros((300, 300, 3), np.uint8), 0.25)]
    with adapted(Cascade(segmenter(mpp=0.5)), images, 2):
        pass
    assert {tile.shape for tile in seen} == {(3, 256, 256), (3, 144, 144)}


def test_an_image_smaller_than_the_stride_is_left_out() -> None:
    cascade = Cascade(segmenter())
    before = statistics(cascade)
    with adapted(cascade, [(np.zeros((5, 5, 3), np.uint8), 0.25)], 1):
        assert statistics(cascade) == before
