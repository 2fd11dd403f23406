"""Stage one over a whole field versus MONAI's sliding windows with the same network: ``python benchmarks/field.py``.

Needs MONAI, which ``make benchmarks`` installs. MONAI's windows have 256 pixels and overlap by an eighth; both
ways alternate in one process. The network has random weights.
"""

import sys

import torch
from alternating import QUICK, alternate, compare

from mitosis.cascade.windows import windows_of
from mitosis.inference.scores import probabilities
from mitosis.inference.sliding_window import Tiling
from mitosis.model.lite_fpn import LiteFPN
from mitosis.process.memory import keep_freed_memory

SIDE, WINDOW = (512 if QUICK else 1024), 256


def main() -> None:
    try:
        from monai.inferers import sliding_window_inference  # pyright: ignore
    except ImportError:
        sys.exit("monai is not installed; type make benchmarks, or pip install monai")
    keep_freed_memory()
    torch.manual_seed(0)
    net = LiteFPN("tf_efficientnet_lite0", pretrained=False).to(memory_format=torch.channels_last).eval()  # pyright: ignore
    windows = windows_of([net], "whole", Tiling(None, WINDOW, 32, "mean", 8, 10**8), torch.device("cpu"))
    image = torch.rand(3, SIDE, SIDE)

    def scored(part: torch.Tensor) -> torch.Tensor:
        return probabilities(net, part)

    def theirs() -> torch.Tensor:
        with torch.inference_mode():
            return sliding_window_inference(image[None], WINDOW, 8, scored, overlap=1 / 8)

    seconds, _ = alternate({"MONAI": theirs, "ours": lambda: windows.maps([net], image, 1.0)})
    print(compare(seconds["MONAI"], seconds["ours"]))


if __name__ == "__main__":
    main()
