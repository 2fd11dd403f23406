"""Which windows a network runs in."""

import torch
from torch import nn

from mitosis.cascade.windows import CORES, windows_of
from mitosis.inference.sliding_window import Tiling

TILING = Tiling(None, 512, 32, "mean", 8, 10**7)
CPU = torch.device("cpu")


def near(margin: int) -> nn.Module:
    model = nn.Identity()
    model.margin = margin  # pyright: ignore
    return model


def test_networks_that_see_only_near_pixels_run_in_the_windows_of_the_device() -> None:
    windows = windows_of([near(160), near(96)], 512, TILING, CPU)
    assert (windows.core, windows.margin, windows.blend) == (CORES["cpu"], 160, "inner")
    assert windows_of([near(160)], "whole", TILING, torch.device("cuda")).core == CORES["cuda"]


def test_with_one_network_that_sees_the_whole_window_the_chosen_one_is_kept() -> None:
    windows = windows_of([near(160), nn.Identity()], 512, TILING, CPU)
    assert (windows.core, windows.margin, windows.blend) == (512, 0, "mean")
    assert windows_of([near(0)], "whole", TILING, CPU).core is None


def test_larger_windows_go_in_smaller_batches() -> None:
    windows = windows_of([nn.Identity()], 512, TILING, CPU)
    assert [windows.batch(side**2) for side in (256, 512, 2048)] == [8, 2, 1]
