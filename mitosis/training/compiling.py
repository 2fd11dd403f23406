"""Compiling the training step with ``torch.compile``, where that pays for itself and works."""

import logging
import sys
from typing import Any

import lightning as L
import torch
from rich.console import Console
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode
from typing_extensions import override

from mitosis.stage.base import Stage

PAYS_FROM = {"cpu": 1e14}
"""Type of device → floating-point operations of a whole training from which on compiling saves more than it takes.

Measured in 32 bits by ``benchmarks/step.py``: a step of SCMitosis_Seg, 1.6e11 operations, takes 3.3 s instead of 3.6 s,
and compiling it 110 s, which 6e13 operations bring in. Networks of depthwise convolutions gain less, hence the margin.
On other devices it has not been measured.
"""
BACKWARD = 3
"""Operations of a training step as a multiple of the forward pass: gradients of weights and of inputs take one each."""


class Compiling(L.Callback):
    """Compiles the network for training, on the first batch; validation and checkpoints use the network as it is.

    The batch is run through the compiled network once before it is trained on, which changes nothing: random states and
    the statistics of normalisation layers are put back. If that fails, as without a C++ compiler, a line says so and
    the training goes on without. The choice of ``auto`` depends on the whole training, so a resumed run makes it again.

    Args:
        wanted: True, False, or ``auto`` where it pays.
    """

    def __init__(self, wanted: bool | str) -> None:
        self.wanted = wanted
        self.compiled = False
        self._settled = wanted is False

    @override
    def on_train_batch_start(
        self, trainer: L.Trainer, pl_module: L.LightningModule, batch: dict[str, Tensor], batch_idx: int
    ) -> None:
        if self._settled or not isinstance(pl_module, Stage):
            return
        self._settled = True
        if self.wanted == "auto" and not pays(pl_module, batch, int(trainer.estimated_stepping_batches)):
            return
        with Console(file=sys.stderr).status("compiling the training step, a minute or two"):
            self.compiled = _compiled(trainer, pl_module, batch)


def pays(stage: Stage, batch: dict[str, Tensor], steps: int) -> bool:
    """Whether compiling saves more time than it takes, in a training of this many steps on batches like this one."""
    limit = PAYS_FROM.get(batch["image"].device.type)
    return limit is not None and operations(stage.model, batch["image"]) * steps >= limit


def operations(model: torch.nn.Module, images: Tensor) -> float:
    """Floating-point operations of a training step on a batch of images (B, 3, H, W), of convolutions and products."""
    training = model.training
    model.eval()  # a batch of one has no statistics
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(images[:1])
    model.train(training)
    return float(BACKWARD * len(images) * counter.get_total_flops())


def _compiled(trainer: L.Trainer, stage: Stage, batch: dict[str, Tensor]) -> bool:
    """Compile the network and try it on a batch; False, with a line that says why, if that fails."""
    logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)  # no CUDA is no news on a CPU
    buffers = {name: value.clone() for name, value in stage.model.named_buffers()}
    stage.compile_model()
    try:
        with torch.random.fork_rng(_gpus(batch)), trainer.precision_plugin.forward_context():
            loss = stage.batch_loss(batch)
            torch.autograd.grad(loss, [weight for weight in stage.model.parameters() if weight.requires_grad])
    except Exception as error:  # a compiler fails in many ways, and none of them may end a run
        reason = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
        if trainer.is_global_zero:
            print(f"the training step is not compiled ({reason}); training goes on without", file=sys.stderr)
        stage.compile_model(False)
        return False
    finally:
        _restore(stage.model, buffers)
    return True


def _gpus(batch: dict[str, Tensor]) -> list[torch.device]:
    device = batch["image"].device
    return [] if device.type == "cpu" else [device]


def _restore(model: torch.nn.Module, buffers: dict[str, Any]) -> None:
    with torch.no_grad():
        for name, value in model.named_buffers():
            value.copy_(buffers[name])
