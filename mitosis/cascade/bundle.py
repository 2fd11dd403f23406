"""A folder that holds a whole cascade: half-precision weights, recipes and the decision, for use without its runs."""

from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch

from mitosis import files
from mitosis.cascade.cascade import Cascade
from mitosis.cascade.decision import Decision
from mitosis.errors import InputError
from mitosis.files import read_json
from mitosis.run.trained import Trained, hash_of, rebuilt
from mitosis.run.upgrade import upgrade

FILE = "cascade.json"
FORMAT = 1


def write_bundle(folder: Path, cascade: Cascade, about: dict[str, Any]) -> None:
    """Write a cascade with a decision to a folder: a safetensors file per network, then ``cascade.json``.

    Args:
        folder: The folder; it is created.
        cascade: The networks and their decision.
        about: Facts for the reader, such as what the networks were trained on.
    """
    assert cascade.decision is not None
    folder.mkdir(parents=True, exist_ok=True)
    networks = []
    for stage, members in (("segmenter", cascade.segmenters), ("classifier", cascade.classifiers)):
        for index, trained in enumerate(members):
            name = f"{stage}-{index}.safetensors"
            state = {key: _halved(value) for key, value in trained.model.state_dict().items()}
            with files.replacing(folder / name) as file:
                file.write(safetensors.torch.save(state))
            networks.append(
                {
                    "file": name,
                    "stage": stage,
                    "recipe": trained.recipe,
                    "chosen": trained.chosen,
                    "mpp": trained.mpp,
                    "steps": trained.steps,
                    "hash": trained.hash,
                    "fields": trained.fields,
                }
            )
    content = {"format": FORMAT, "about": about, "decision": cascade.decision.data(), "networks": networks}
    files.write_json(folder / FILE, content)


def read_bundle(folder: str | Path) -> Cascade:
    """Rebuild the cascade of a folder; code in a file is never executed.

    Args:
        folder: A folder that ``write_bundle`` wrote.

    Returns:
        The cascade, on the GPU if there is one.

    Raises:
        InputError: The folder holds no cascade, a file is missing or broken, or a recipe names an untrusted target.
    """
    folder = Path(folder)
    content = read_json(folder / FILE)
    if not content:
        raise InputError(f"weights={folder}: no {FILE} there; give a folder that python -m mitosis.combine wrote")
    if content.get("format") != FORMAT:
        raise InputError(f"{folder / FILE} has format {content.get('format')}; this version reads format {FORMAT}")
    members: dict[str, list[Trained]] = {"segmenter": [], "classifier": []}
    for network in content["networks"]:
        path = folder / network["file"]
        try:
            state = {key: value.float() if value.is_floating_point() else value for key, value in _load(path).items()}
        except (OSError, safetensors.SafetensorError) as error:
            raise InputError(f"{path} is not a readable safetensors file ({error})") from error
        recipe = upgrade(network["recipe"])
        model = rebuilt(recipe, state, path)
        members[network["stage"]].append(
            Trained(
                model, recipe, network["chosen"], hash_of(state), network["steps"], network["mpp"], path,
                network["fields"],
            )
        )  # fmt: skip
    return Cascade(members["segmenter"], members["classifier"], decision=Decision.of(content["decision"]))


def _load(path: Path) -> dict[str, torch.Tensor]:
    return safetensors.torch.load(path.read_bytes())


def _halved(value: torch.Tensor) -> torch.Tensor:
    """Half precision where it holds the values; a variance may lie outside its range."""
    if not value.is_floating_point():
        return value.contiguous()
    half = value.half()
    tiny = (value != 0) & ((half == 0) | ~torch.isfinite(half))
    return (value.float() if tiny.any() else half).contiguous()
