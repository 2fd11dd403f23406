"""Stage two's network: one of timm's classifiers with two classes, and where its first weights come from."""
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
    """A timm network of two classes behind its own normalisation: (B, 3, H, W) in [0, 1] to logits (B, 2), 1 = mitosis.

    The mean and deviation are those that timm's configuration of the network states; they are buffers, so a checkpoint
    holds them.
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
    """The network that timm calls ``name``, with two classes: (B, 3, 128, 128) in [0, 1] to logits (B, 2).

    ``pretrained``: start from ImageNet weights, as in SCMitosis (section 3.2), with a random head: from the file
    ``weights`` where given, else from the Hugging Face hub or its cache. Without ``pretrained`` the weights are random
    and no file or network is touched, which is how a checkpoint's network is rebuilt.

    ``weights``: safetensors or a torch state dict, under timm's names, of the backbone (a head of another size is
    dropped) or of the whole two-class network. Raises ``InputError`` as ``check_pretrained`` does.
    """
    _known(name)
    if not pretrained:
        return Classifier(timm.create_model(name, num_classes=CLASSES))
    if weights is not None:
        net = timm.create_model(name, num_classes=CLASSES)
        _load(net, name, weights)
        return Classifier(net)
    # A file given outright keeps timm off the network, whose failure it would retry for most of a minute.
    path = _published(name)
    overlay = {"file": str(path)}
    try:
        net = timm.create_model(name, pretrained=True, pretrained_cfg_overlay=overlay, num_classes=CLASSES)
    except (OSError, RuntimeError, safetensors.SafetensorError) as error:
        raise InputError(f"{path}: the cached ImageNet weights of {name} cannot be read; delete the file") from error
    return Classifier(net)


def check_pretrained(name: str, pretrained: bool, weights: str | None = None) -> None:
    """Make sure, before any training starts, that the weights ``classifier`` would start from are there.

    Builds the network once, and so downloads what is to be downloaded; without a network it fails within seconds.
    Raises ``InputError``: unknown name, weights out of reach, a file that is missing, unreadable or not of this
    network, or a file given together with ``pretrained`` false.
    """
    _known(name)
    if pretrained:
        timm_classifier(name, pretrained, weights)
    elif weights is not None:
        raise InputError(f"model.weights={weights} is not read under model.pretrained=false: leave one of them out")


def _known(name: str) -> None:
    try:
        known = timm.is_model(name) and timm.get_pretrained_cfg(name)
    except RuntimeError:  # the network exists, the tag after its dot does not
        known = False
    if not known:
        raise InputError(f"model.name={name}: timm has no such network; timm.list_models() names them")


def _published(name: str) -> Path:
    """The file of ImageNet weights that the hub publishes for ``name``: from the cache, else downloaded."""
    published = timm.get_pretrained_cfg(name)
    hub = published and published.hf_hub_id
    if not hub:
        raise InputError(f"model.name={name}: timm publishes no weights for it; {OTHERWISE}")
    cached = huggingface_hub.try_to_load_from_cache(hub, HUB_FILE)
    if isinstance(cached, str):
        return Path(cached)
    try:
        # One short question first: the download itself would repeat it for half a minute where nothing answers.
        huggingface_hub.get_hf_file_metadata(huggingface_hub.hf_hub_url(hub, HUB_FILE), timeout=HUB_SECONDS)
        return Path(huggingface_hub.hf_hub_download(hub, HUB_FILE))
    except Exception as error:  # whatever kept the file away, the way on is the same
        why = " ".join(str(error).split())[:120] or type(error).__name__
        raise InputError(
            f"model.pretrained=true: the ImageNet weights of {name} ({hub}) cannot be fetched ({why}); {OTHERWISE}"
        ) from error


def _load(net: nn.Module, name: str, weights: str) -> None:
    """Fill ``net`` from the file; only the head may be absent or, being of another size, dropped."""
    state = _read(weights)
    own = net.state_dict()
    heads = tuple(f"{head}." for head in _heads(net))
    state = {key: value for key, value in state.items() if not (key.startswith(heads) and _differs(key, value, own))}
    # Counters that old files lack and that no prediction reads.
    needed = [key for key in own if not key.startswith(heads) and not key.endswith("num_batches_tracked")]
    wrong = {
        "missing": [key for key in needed if key not in state],
        "unknown": [key for key in state if key not in own],
        "of another shape": [key for key, value in state.items() if key in own and _differs(key, value, own)],
    }
    said = [f"{len(keys)} tensors {word}, the first is {keys[0]}" for word, keys in wrong.items() if keys]
    if said:
        raise InputError(f"model.weights={weights} does not hold weights of timm's {name}: {'; '.join(said)}")
    net.load_state_dict(own | state)


def _configuration(net: nn.Module) -> dict[str, Any]:
    return cast(dict[str, Any], net.pretrained_cfg)


def _heads(net: nn.Module) -> tuple[str, ...]:
    head = _configuration(net)["classifier"]
    return (head,) if isinstance(head, str) else tuple(head)


def _differs(key: str, value: Tensor, own: dict[str, Tensor]) -> bool:
    return key not in own or own[key].shape != value.shape


def _read(weights: str) -> dict[str, Tensor]:
    """The tensors of a safetensors or torch file by name; code in it is never run."""
    path = Path(weights)
    if not path.is_file():
        raise InputError(f"model.weights={weights}: no such file")
    try:
        if path.suffix == ".safetensors":
            state = safetensors.torch.load_file(path)
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # unpickling fails in as many ways as files can be broken
        raise InputError(
            f"model.weights={weights}: not a readable safetensors file or torch state dict (weights only)"
        ) from error
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise InputError(f"model.weights={weights}: not a state dict, which maps names to tensors and nothing else")
    return state
