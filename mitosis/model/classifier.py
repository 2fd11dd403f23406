"""The network of stage two: a timm classifier with two classes, and its initial weights."""
# ruff: noqa: F722  (jaxtyping's shapes)

from pathlib import Path
from typing import Any, cast

import huggingface_hub
import safetensors.torch
import timm
import torch
from jaxtyping import Float
from torch import Tensor, nn
from typing_extensions import override

from mitosis.errors import InputError

CLASSES = 2
HUB_FILE = "model.safetensors"
HUB_SECONDS = 5.0
OTHERWISE = "give a file of them by model.weights=FILE, or start from random weights by model.pretrained=false"


class Classifier(nn.Module):
    """A two-class timm network with its own input normalisation: (B, 3, H, W) in [0, 1] to logits (B, 2), 1 = mitosis.

    Mean and standard deviation come from timm's configuration of the network; they are buffers, so they are part of a
    checkpoint.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net
        for key in ("mean", "std"):
            self.register_buffer(key, torch.tensor(_configuration(net)[key]).view(1, 3, 1, 1))

    @override
    def forward(self, image: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 2"]:
        return self.net((image - self.mean) / self.std)


def timm_classifier(name: str, pretrained: bool, weights: str | None = None) -> Classifier:
    """Build a timm network with two classes: (B, 3, 128, 128) in [0, 1] to logits (B, 2).

    Args:
        name: timm's name of the network.
        pretrained: Whether to start from ImageNet weights, with a random head. They are read from ``weights`` if given,
            otherwise from the Hugging Face hub or its cache. If False, all weights are random, and nothing is read or
            downloaded; this is how the network of a checkpoint is rebuilt.
        weights: A safetensors file or torch state dict with timm's parameter names, for the backbone (a head of another
            size is dropped) or for the whole two-class network.

    Returns:
        The network, with its input normalisation.

    Raises:
        InputError: As in ``check_pretrained``.

    Source:
        SCMitosis (section 3.2) starts from ImageNet weights.
    """
    _known(name)
    if not pretrained:
        return Classifier(timm.create_model(name, num_classes=CLASSES))
    if weights is not None:
        net = timm.create_model(name, num_classes=CLASSES)
        _load(net, name, weights)
        return Classifier(net)
    # With an explicit file, timm makes no network requests, which it would retry for most of a minute.
    path = _published(name)
    overlay = {"file": str(path)}
    try:
        net = timm.create_model(name, pretrained=True, pretrained_cfg_overlay=overlay, num_classes=CLASSES)
    except (OSError, RuntimeError, safetensors.SafetensorError) as error:
        raise InputError(f"{path}: the cached ImageNet weights of {name} cannot be read; delete the file") from error
    return Classifier(net)


def check_pretrained(name: str, pretrained: bool, weights: str | None = None) -> None:
    """Check that the initial weights of ``timm_classifier`` are available, before any training starts.

    Builds the network once, which downloads the weights if needed; when offline, it fails within seconds.

    Raises:
        InputError: The name is unknown, the weights cannot be downloaded, the file is missing, unreadable or for
            another network, or a file is given although ``pretrained`` is False.
    """
    _known(name)
    if pretrained:
        timm_classifier(name, pretrained, weights)
    elif weights is not None:
        raise InputError(f"model.weights={weights} is not read under model.pretrained=false: leave one of them out")


def _known(name: str) -> None:
    try:
        known = timm.is_model(name) and timm.get_pretrained_cfg(name)
    except RuntimeError:  # the network exists, but not the tag after its dot
        known = False
    if not known:
        raise InputError(f"model.name={name}: timm has no such network; timm.list_models() names them")


def _published(name: str) -> Path:
    """The file with the published ImageNet weights of ``name``, from the hub's cache or downloaded."""
    published = timm.get_pretrained_cfg(name)
    hub = published and published.hf_hub_id
    if not hub:
        raise InputError(f"model.name={name}: timm publishes no weights for it; {OTHERWISE}")
    cached = huggingface_hub.try_to_load_from_cache(hub, HUB_FILE)
    if isinstance(cached, str):
        return Path(cached)
    try:
        # A short request first: without a connection, the download itself would retry for half a minute.
        huggingface_hub.get_hf_file_metadata(huggingface_hub.hf_hub_url(hub, HUB_FILE), timeout=HUB_SECONDS)
        return Path(huggingface_hub.hf_hub_download(hub, HUB_FILE))
    except Exception as error:  # the remedy is the same for every cause
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise InputError(
            f"model.pretrained=true: the ImageNet weights of {name} ({hub}) cannot be fetched ({reason}); {OTHERWISE}"
        ) from error


def _load(net: nn.Module, name: str, weights: str) -> None:
    """Load the file into ``net``; only the head may be missing, and a head of another size is dropped."""
    state = _read(weights)
    own = net.state_dict()
    heads = tuple(f"{head}." for head in _heads(net))
    state = {key: value for key, value in state.items() if not (key.startswith(heads) and _differs(key, value, own))}
    # The counters are missing from old files, and inference does not use them.
    needed = [key for key in own if not key.startswith(heads) and not key.endswith("num_batches_tracked")]
    wrong = {
        "missing": [key for key in needed if key not in state],
        "unknown": [key for key in state if key not in own],
        "of another shape": [key for key, value in state.items() if key in own and _differs(key, value, own)],
    }
    problems = [f"{len(keys)} tensors {problem}, the first is {keys[0]}" for problem, keys in wrong.items() if keys]
    if problems:
        raise InputError(f"model.weights={weights} does not hold weights of timm's {name}: {'; '.join(problems)}")
    net.load_state_dict(own | state)


def _configuration(net: nn.Module) -> dict[str, Any]:
    return cast(dict[str, Any], net.pretrained_cfg)


def _heads(net: nn.Module) -> tuple[str, ...]:
    head = _configuration(net)["classifier"]
    return (head,) if isinstance(head, str) else tuple(head)


def _differs(key: str, value: Tensor, own: dict[str, Tensor]) -> bool:
    return key not in own or own[key].shape != value.shape


def _read(weights: str) -> dict[str, Tensor]:
    """The tensors of a safetensors or torch file by name; code in the file is never executed."""
    path = Path(weights)
    if not path.is_file():
        raise InputError(f"model.weights={weights}: no such file")
    try:
        if path.suffix == ".safetensors":
            state = safetensors.torch.load_file(path)
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # unpickling a broken file can raise almost anything
        raise InputError(
            f"model.weights={weights}: not a readable safetensors file or torch state dict (weights only)"
        ) from error
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise InputError(f"model.weights={weights}: not a state dict, which maps names to tensors and nothing else")
    return state
