"""The precision is chosen by what the machine's processor computes itself, not by what it can emulate."""

import pytest
import torch

from mitosis.process.precision import fast_precision


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [
        ({"avx2": True, "avx512_f": True, "avx512_bf16": True, "amx_bf16": False}, "bf16-mixed"),
        ({"avx512_f": True, "avx512_bf16": False, "amx_bf16": True}, "bf16-mixed"),
        ({"avx512_f": True, "avx512_bw": True, "avx512_bf16": False, "amx_bf16": False, "amx_int8": True}, "32-true"),
        ({"avx2": True}, "32-true"),
        ({"architecture": "arm64", "neon": True}, "32-true"),
    ],
)
def test_a_cpu_needs_bfloat16_instructions(
    monkeypatch: pytest.MonkeyPatch, capabilities: dict[str, bool], expected: str
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: True)
    assert fast_precision("cpu") == expected
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    assert fast_precision("cpu") == "32-true"


@pytest.mark.parametrize(("gpu", "own", "expected"), [(True, True, "bf16-mixed"), (True, False, "32-true")])
def test_a_gpu_that_emulates_bfloat16_keeps_32_bits(
    monkeypatch: pytest.MonkeyPatch, gpu: bool, own: bool, expected: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpu)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: own or including_emulation)
    assert fast_precision("cuda") == expected


def test_without_a_gpu_and_on_unknown_devices_there_are_32_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert fast_precision("cuda") == fast_precision("mps") == "32-true"


def test_this_machine_answers() -> None:
    assert fast_precision("cpu") in ("32-true", "bf16-mixed")
