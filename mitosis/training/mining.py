"""Hard-negative mining: a segmenter in training learns from its own false alarms."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import lightning as L
import numpy as np
import torch
from typing_extensions import override

from mitosis.data.datamodule import MitosisDataModule
from mitosis.data.record import Field
from mitosis.data.view.fields import image_tensor
from mitosis.errors import InputError
from mitosis.image.mask_value import BACKGROUND
from mitosis.stage.segmentation import SegmentationStage


@dataclass(frozen=True)
class MiningSettings:
    """When and where false alarms are mined: the recipe's ``mining``.

    Attributes:
        at: Shares of the optimiser steps after which false alarms are mined, in (0, 1).
        fields: Most training fields that are searched at a time; others take their turn the next time.
        score: Smallest score of a false alarm.
        distance_um: Smallest distance of a false alarm from the centroid of a mitotic figure, in µm.
        per_field: Most false alarms kept per field, the highest scores.
    """

    at: Sequence[float]
    fields: int
    score: float
    distance_um: float
    per_field: int


class Mining(L.Callback):
    """Adds the segmenter's false alarms on training fields to the hard points of the training view.

    The points are part of the checkpoint, so a resumed run goes on with the same ones.

    Args:
        data: The dataset, whose training view has ``set_hard``.
        settings: When and where to mine.

    Raises:
        InputError: A setting is out of range.
    """

    def __init__(self, data: MitosisDataModule, settings: MiningSettings) -> None:
        if not all(0 < share < 1 for share in settings.at) or list(settings.at) != sorted(settings.at):
            raise InputError(f"mining.at={list(settings.at)}: give increasing shares of the steps between 0 and 1")
        self.data, self.settings = data, settings
        self.rounds = 0

    @override
    def on_train_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        due = sum(trainer.global_step >= share * trainer.estimated_stepping_batches for share in self.settings.at)
        if due <= self.rounds or trainer.global_step >= trainer.estimated_stepping_batches:
            return
        assert isinstance(pl_module, SegmentationStage)
        records = self.data.parts.train
        first = self.rounds * self.settings.fields
        turn = [records[(first + index) % len(records)] for index in range(min(self.settings.fields, len(records)))]
        # Every process searches its share of the fields, and then learns of all false alarms.
        share = turn[trainer.global_rank :: trainer.world_size]
        pl_module.eval()
        with torch.no_grad():
            mined = {
                field.record.field: false_alarms(pl_module, field, self.settings)
                for field in self.data.store.each(share)
            }
        pl_module.train()
        if trainer.world_size > 1:
            gathered: list[dict[str, np.ndarray] | None] = [None] * trainer.world_size
            torch.distributed.all_gather_object(gathered, mined)
            mined = {name: points for part in gathered if part for name, points in part.items()}
        self.data.mined = self.data.mined | mined
        self.rounds = due

    @override
    def state_dict(self) -> dict[str, Any]:
        return {
            "rounds": self.rounds,
            "mined": {name: torch.from_numpy(points) for name, points in self.data.mined.items()},
        }

    @override
    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.rounds = state_dict["rounds"]
        self.data.mined = {name: points.numpy() for name, points in state_dict["mined"].items()}


def false_alarms(stage: SegmentationStage, field: Field, settings: MiningSettings) -> np.ndarray:
    """The highest local maxima of a field that lie on background and away from mitotic figures.

    Args:
        stage: The segmenter, in evaluation mode.
        field: A training field.
        settings: Their smallest score and distance, and how many are kept.

    Returns:
        (n, 2) float64 x, y in pixels of the field.
    """
    mpp = field.record.mpp
    probability = stage.probability(image_tensor(field.image).to(stage.device), mpp)
    candidates = stage.peaks(probability, mpp)
    points = candidates.points[candidates.mean >= settings.score]
    offset = points[:, None] - field.record.centroids[None]
    away = (np.hypot(offset[..., 0], offset[..., 1]) * mpp >= settings.distance_um).all(axis=1)
    columns, rows = points.round().astype(int).T
    return points[away & (np.asarray(field.mask)[rows, columns] == BACKGROUND)][: settings.per_field]
