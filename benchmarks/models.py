"""The size and cost of the networks in conf/model: ``python benchmarks/models.py [WORD …] [KEY=VALUE …]``.

Networks are built with random weights, by default at the full widths. One pass in evaluation runs over an image of
``side`` × ``side`` pixels (default 512), or for a classifier over a crop of 128 × 128; ``device`` says where (default
cuda if there is one). Multiply-adds are half of the operations that PyTorch counts in convolutions, products and
attention. Milliseconds are the median of ``rounds`` passes (default 3) and, for a segmenter, the same scaled by area to
a field of 2084 × 2084. Memory is what a pass adds at its peak: on a GPU as PyTorch counts it, on a CPU the growth of
the largest resident set of a process of its own. ``widths`` are the channels of the four levels ([64,128,256,512]).
"""

import json
import multiprocessing
import resource
import statistics
import sys
import time
from collections.abc import Sequence
from typing import Any

import torch
import yaml
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf
from torch.utils.flop_counter import FlopCounterMode

from mitosis.run.build import build_unread
from mitosis.run.conf import CONF, words_of

FIELD = 2084
CROP = 128
HEAD = ("model", "parameters, M", "multiply-adds, G", "ms", "ms per field", "memory, MiB")


def main(arguments: Sequence[str]) -> None:
    typed = dict(text.split("=", 1) for text in arguments if "=" in text)
    words = [text for text in arguments if "=" not in text] or words_of("model")
    if unknown := [word for word in words if word not in words_of("model")]:
        sys.exit(f"{unknown[0]}: there is no such model; type some of {', '.join(words_of('model'))}")
    device = typed.get("device", "cuda" if torch.cuda.is_available() else "cpu")
    side, rounds = int(typed.get("side", 512)), int(typed.get("rounds", 3))
    widths = yaml.safe_load(typed.get("widths", "[64, 128, 256, 512]"))
    print(f"Segmenters on {side} × {side} pixels, classifiers on {CROP} × {CROP}, on {machine(device)}, 32 bits.\n")
    print(f"| {' | '.join(HEAD)} |\n|---|{'---:|' * (len(HEAD) - 1)}")
    # A process each: the largest resident set of a process never falls.
    context = multiprocessing.get_context("fork" if device == "cpu" else "spawn")
    for word in words:
        with context.Pool(1) as pool:
            print(row(word, pool.apply(measure, (described(word, widths), side, rounds, device))), flush=True)


def described(word: str, widths: Sequence[int]) -> dict[str, Any]:
    """The description of a network, as ``train`` composes it."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("train", [f"model={word}", "data=synthetic", f"budget.widths={json.dumps(list(widths))}"])
    made: Any = OmegaConf.to_container(config.model, resolve=True)
    return made


def measure(description: dict[str, Any], side: int, rounds: int, device: str) -> dict[str, Any]:
    """Parameters, multiply-adds, seconds and bytes of one pass."""
    net = build_unread(description, "model").eval().to(device)
    stride = getattr(net, "stride", None)
    length = CROP if stride is None else -(-side // stride) * stride
    image = torch.rand(1, 3, length, length, device=device)
    seconds = []
    with torch.inference_mode():
        before = peak(device)
        net(image)
        memory = peak(device) - before
        with FlopCounterMode(display=False) as counter:
            net(image)
        for _ in range(rounds):
            began = time.perf_counter()
            net(image)
            if device != "cpu":
                torch.cuda.synchronize()
            seconds.append(time.perf_counter() - began)
    return {
        "parameters": sum(parameter.numel() for parameter in net.parameters()),
        "multiply_adds": counter.get_total_flops() / 2,
        "seconds": statistics.median(seconds),
        "fields": None if stride is None else (FIELD / length) ** 2,
        "memory": memory,
    }


def peak(device: str) -> int:
    """Bytes: the largest resident set so far, or the largest share of the GPU's memory."""
    if device == "cpu":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return torch.cuda.max_memory_allocated()


def row(word: str, found: dict[str, Any]) -> str:
    ms = 1000 * found["seconds"]
    cells = [f"{found['parameters'] / 1e6:.2f}", f"{found['multiply_adds'] / 1e9:.2f}", f"{ms:.0f}"]
    cells += ["" if found["fields"] is None else f"{ms * found['fields']:.0f}", f"{found['memory'] / 2**20:.0f}"]
    return f"| `{word}` | {' | '.join(cells)} |"


def machine(device: str) -> str:
    return f"{torch.get_num_threads()} CPU threads" if device == "cpu" else torch.cuda.get_device_name()


if __name__ == "__main__":
    main(sys.argv[1:])
