"""A folder that holds a whole cascade: half-precision weights, recipes and the decision, for use without its runs."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import safetensors.torch
import torch

from mitosis import files
from mitosis.cascade.cascade import Cascade
from mitosis.cascade.decision import Decision
from mitosis.errors import InputError
from mitosis.run.keys import CLASSIFICATION
from mitosis.run.member import member, table_of
from mitosis.run.trained import Trained, load
from mitosis.run.weights_folder import FILE, FORMAT, KIND_OF, SHIPPED_WORD, weights_folder


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
        folder: A folder that ``write_bundle`` wrote, or ``shipped`` for the weights of this package.

    Returns:
        The cascade. Its networks are built when they are first used, or by its ``build``.

    Raises:
        InputError: The folder holds no cascade, or a file is missing or broken. One that names an untrusted target is
            refused when it is built.
    """
    folder = weights_folder(folder) or Path(folder)
    table, content = folder / FILE, table_of(folder)
    members: dict[str, list[Trained]] = {stage: [] for stage in KIND_OF}
    networks = content.get("networks")
    for network in networks if isinstance(networks, list) else []:
        stage, trained = member(network, folder)
        if trained.kind != KIND_OF[stage]:
            raise InputError(f"{table}: {trained.path.name} is listed as a {stage}, which it is not")
        members[stage].append(trained)
    if not members["segmenter"] or not members["classifier"]:
        raise InputError(f"{table} lists no segmenter or no classifier; give a folder that mitosis.combine wrote")
    try:
        decision = Decision.of(content["decision"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{table}: its decision cannot be used ({error})") from error
    return Cascade(members["segmenter"], members["classifier"], decision=decision)


def load_cascade(
    weights: str | Path | None = None, segmenter: str | Path | None = None, classifier: str | Path | None = None
) -> Cascade:
    """Load a cascade as ``mitosis.predict`` does: the weights of this package, those of a folder, or trained runs.

    >>> from mitosis import load_cascade
    >>> load_cascade()("field.png", mpp=0.2456).points                                  # doctest: +SKIP

    Args:
        weights: A folder that ``mitosis.combine`` wrote, or ``shipped``. None without a segmenter: ``shipped``.
        segmenter: Run folder or checkpoint of stage one, instead of ``weights``.
        classifier: The same of stage two; beside ``weights``, it takes the place of theirs.

    Returns:
        The cascade, on the GPU if there is one.

    Raises:
        InputError: As ``read_bundle`` and ``Cascade.load``; both ``weights`` and ``segmenter`` are given; or
            ``classifier`` is not stage two's.
    """
    if segmenter:
        if weights:
            raise InputError(f"weights={weights} and segmenter={segmenter}: give one of them")
        return Cascade.load(str(segmenter), str(classifier) if classifier else None)
    cascade = read_bundle(str(weights or SHIPPED_WORD))  # a yaml may hold a number
    return cascade if not classifier else _with_classifier(cascade, str(classifier))


def _with_classifier(cascade: Cascade, run: str) -> Cascade:
    """The cascade with another stage two, whose decision was measured with the one that it had."""
    trained = load(run)
    trained.check_usable()
    if trained.kind != CLASSIFICATION:
        raise InputError(f"classifier={run} is a segmenter's; give a classifier's run")
    assert cascade.decision is not None
    decision = replace(cascade.decision, rule=f"{cascade.decision.rule}; measured with another stage two")
    return Cascade(cascade.segmenters, trained, decision=decision)


def _halved(value: torch.Tensor) -> torch.Tensor:
    """Half precision, unless a value becomes infinite or, in a vector such as BatchNorm's variances, 0."""
    if not value.is_floating_point():
        return value.contiguous()
    half = value.half()
    lost = ~torch.isfinite(half) | ((half == 0) & (value != 0) & (value.ndim < 2))
    return (value.float() if lost.any() else half).contiguous()
