"""The precision in which this machine computes fastest without losing accuracy in training."""

import torch

EXACT, MIXED = "32-true", "bf16-mixed"
"""Lightning's words for 32 bits throughout, and for bfloat16 in convolutions and matrix products, 32 bits elsewhere."""


def fast_precision(device: str) -> str:
    """``bf16-mixed`` where a device of this type ("cpu", "cuda" …) has bfloat16 instructions, else ``32-true``.

    A CPU does so with AVX512_BF16 or AMX. The source is ``torch.cpu.get_capabilities``: it is public from torch 2.11 on
    and reports the processor itself, whereas ``torch.ops.mkldnn._is_mkldnn_bf16_supported`` is also true for
    processors with AVX512 alone, which emulate bfloat16 and are slower with it than in 32 bits. Emulation on older GPUs
    is left out for the same reason.
    """
    if device == "cpu":
        capabilities = torch.cpu.get_capabilities()
        here = any(capabilities.get(name) for name in ("avx512_bf16", "amx_bf16"))
        return MIXED if here and torch.backends.mkldnn.is_available() else EXACT
    if device == "cuda" and torch.cuda.is_available():
        return MIXED if torch.cuda.is_bf16_supported(including_emulation=False) else EXACT
    return EXACT
