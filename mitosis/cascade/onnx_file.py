"""A cascade as ONNX files, with a json that says what to put in and what comes out, for use without this package."""

import importlib.util
import io
import logging
import time
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from typing_extensions import override

from mitosis import files
from mitosis.cascade.cascade import Cascade
from mitosis.errors import InputError
from mitosis.run.keys import SEGMENTATION
from mitosis.run.trained import Trained
from mitosis.version import installed_version

NEEDED = ("onnx", "onnxscript", "onnxruntime")
FILE = "export.json"
CLOSE = 1e-3
"""Probabilities of the file and of torch differ by at most this."""
TRIED = (2, 3)
"""Batches of the images that a file is tried on, the second of other sides than those that it was made with."""
OPSET = 18
SIDE = 128
"""About the side of those images of stage one in pixels."""


class Probability(nn.Module):
    """A network whose logits become probabilities: maps (B, 1, H, W) of stage one, scores (B,) of stage two."""

    def __init__(self, trained: Trained) -> None:
        super().__init__()
        self.model, self.maps = trained.model, trained.kind == SEGMENTATION

    @override
    def forward(self, image: Tensor) -> Tensor:
        logits = self.model(image)
        return logits.sigmoid() if self.maps else logits.softmax(dim=1)[:, 1]


@dataclass(frozen=True)
class Tried:
    """How a file did beside torch: the largest difference of a probability, and seconds per batch of both."""

    difference: float
    torch_seconds: float
    onnx_seconds: float


def check_installed() -> None:
    """Raise ``InputError`` unless the packages of the extra ``export`` are installed."""
    if missing := [name for name in NEEDED if importlib.util.find_spec(name) is None]:
        raise InputError(f"{missing[0]} is not installed; type pip install 'mitosis-cascade[export]'")


def export_cascade(cascade: Cascade, folder: Path) -> dict[str, Tried]:
    """Write a file per network, each tried beside torch before it is kept, and then ``export.json``.

    Args:
        cascade: The trained networks.
        folder: The folder; it is created.

    Returns:
        File name → how it did.

    Raises:
        InputError: A network cannot be written as ONNX, or its file gives other probabilities.
    """
    tried: dict[str, Tried] = {}
    networks: list[dict[str, Any]] = []
    for stage, members in (("segmenter", cascade.segmenters), ("classifier", cascade.classifiers)):
        for index, trained in enumerate(members):
            name = f"{stage}-{index}.onnx"
            stride = _stride(trained)
            content = as_onnx(trained, name)
            tried[name] = _tried(trained, content, stride, name)
            with files.replacing(folder / name) as file:
                file.write(content)
            networks.append({"file": name, "stage": stage} | _described(trained, stride))
    facts = {
        "made_by": f"mitosis {installed_version()}, research use only, not for diagnosis",
        "threshold": cascade.threshold,
        "decision": cascade.decision.data() if cascade.decision else None,
        "stain": cascade.segmenter.recipe["stain"],
        "window": cascade.window,
        "tiling": asdict(cascade.segmenter.tiling),
        "candidate": asdict(cascade.segmenter.candidate) | {"chosen": cascade.segmenter.chosen["threshold"]},
        "networks": networks,
    }
    files.write_json(folder / FILE, facts)
    return tried


def as_onnx(trained: Trained, name: str) -> bytes:
    """A network as the content of an ONNX file, with any batch and, in stage one, any sides that its stride divides.

    Args:
        trained: The network.
        name: Of the file, for messages.

    Raises:
        InputError: It cannot be written as ONNX.
    """
    network = Probability(trained).cpu().eval()
    example = _images(trained, _stride(trained), TRIED[0], wider=0)
    make = _with_free_sides if trained.kind == SEGMENTATION else _with_free_batch
    said = io.StringIO()
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), redirect_stdout(said), redirect_stderr(said), torch.inference_mode():
            warnings.simplefilter("ignore")  # of torch about its own functions
            return make(network, example)
    except Exception as error:  # the exporter raises its own errors, of many lines, for what it cannot follow
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise InputError(f"{trained.path}: the network cannot be written as {name} ({reason})") from error
    finally:
        logging.disable(level)


NAMES: dict[str, Any] = {"input_names": ["image"], "output_names": ["probability"], "verbose": False}


def _with_free_batch(network: nn.Module, example: Tensor) -> bytes:
    shapes = ({0: torch.export.Dim("batch", min=1)},)
    options: dict[str, Any] = {"dynamic_shapes": shapes, "external_data": False, "dynamo": True}
    program = torch.onnx.export(network, (example,), **NAMES, **options)
    assert program is not None
    return program.model_proto.SerializeToString()


def _with_free_sides(network: nn.Module, example: Tensor) -> bytes:
    """By tracing: the newer exporter takes many minutes to reason about the sides of a feature pyramid."""
    axes = {name: {0: "batch", 2: "height", 3: "width"} for name in ("image", "probability")}
    content = io.BytesIO()
    file = cast(Any, content)  # accepted, though its annotation does not say so
    torch.onnx.export(network, (example,), file, **NAMES, dynamic_axes=axes, opset_version=OPSET, dynamo=False)
    return content.getvalue()


def _tried(trained: Trained, content: bytes, stride: int, name: str) -> Tried:
    import onnxruntime

    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    network = Probability(trained).cpu().eval()

    def of_torch(images: Tensor) -> np.ndarray:
        with torch.inference_mode():
            return network(images).numpy()

    def of_onnx(images: Tensor) -> np.ndarray:
        return cast(Any, session.run(None, {"image": images.numpy()}))[0]

    difference, seconds = 0.0, (0.0, 0.0)
    for wider, batch in enumerate(TRIED):
        images = _images(trained, stride, batch, wider)
        (ours, theirs), seconds = zip(*(_timed(run, images) for run in (of_torch, of_onnx)), strict=True)
        difference = max(difference, float(np.abs(ours - theirs).max()))
    if not difference <= CLOSE:
        raise InputError(f"{trained.path}: {name} differs from torch by {difference:.2g}, more than {CLOSE:g}")
    return Tried(difference, *seconds)


def _timed(run: Callable[[Tensor], np.ndarray], images: Tensor) -> tuple[np.ndarray, float]:
    """The second of two results, for the first one also prepares, and its seconds."""
    run(images)
    began = time.perf_counter()
    result = run(images)
    return result, time.perf_counter() - began


def _stride(trained: Trained) -> int:
    return int(cast(Any, trained.model).stride) if trained.kind == SEGMENTATION else 1


def _images(trained: Trained, stride: int, batch: int, wider: int) -> Tensor:
    """Random images; those of stage one by ``wider`` strides wider than high, which are unlike from 1 on."""
    if trained.kind == SEGMENTATION:
        high = -(-SIDE // stride) * stride
        sides = (high, high + wider * stride)
    else:
        sides = (trained.crop.pixels, trained.crop.pixels)
    return torch.rand(batch, 3, *sides, generator=torch.Generator().manual_seed(0))


def _described(trained: Trained, stride: int) -> dict[str, Any]:
    """What a network takes and gives."""
    moments = {key: value.flatten().tolist() for key, value in trained.model.named_buffers() if key in ("mean", "std")}
    image: dict[str, Any] = {"values": "RGB / 255, float32", "normalised_inside_with": moments or None}
    if trained.kind == SEGMENTATION:
        image |= {"shape": ["batch", 3, "height", "width"], "multiple_of": stride}
        image |= {"mpp": trained.tiling.mpp or trained.mpp}
        result = "probability (batch, 1, height, width) that a pixel belongs to a mitotic figure"
    else:
        image |= {"shape": ["batch", 3, trained.crop.pixels, trained.crop.pixels], "crop": asdict(trained.crop)}
        result = "probability (batch,) that the crop shows a mitotic figure"
    return {"input": {"image": image}, "output": {"probability": result}, "hash": trained.hash}
