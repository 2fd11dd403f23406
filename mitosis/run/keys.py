"""The meaning of the configuration's keys: which affect the result, which are paths, which are lists."""

import re

SEGMENTATION, CLASSIFICATION = "segmentation", "classification"
"""Values of ``stage.kind``: stage one, stage two."""

RESULT_GROUPS = ("data", "model", "ablation")
"""Config groups whose options form the path of a run folder."""
NEEDED_GROUPS = (
    *("stage", "view", "data", "model", "ablation", "loss", "augment", "stain"),
    *("optimizer", "scheduler", "matching", "budget", "trainer"),
)
"""Config groups of ``train`` that need a choice."""

HOW_GROUPS = ("trainer", "logger", "hydra")
"""Config groups that say only how a run is made."""
LENGTH = ("max_steps", "budget")
"""Keys for the length of a run; increasing them continues the same run. A budget only sets other keys."""
HOW = (*HOW_GROUPS, "runs", "segmenter", "compile", *LENGTH)
"""Top-level keys for how or where a run is executed; they do not define the run."""
HOW_OF_DATA = ("root", "workers", "cache")
"""Keys of ``data``, and of each of its ``sets``, for how or where the data is read."""
RESULT_OF_TRAINER = ("gradient_clip_val", "accumulate_grad_batches")
"""Keys of ``trainer`` that affect the result."""
REPEATED_BY_STAGE = ("tiling", "window", "min_area_um2", "candidate")
"""Keys of ``stage`` that repeat other parts of the configuration."""
OF_A_STAGE = ("samples_per_epoch", "batch_size", "repeat", "limit", "radius_um", "ring_um", "masks")
"""Keys of ``data`` that may differ between the stages: the amount of data per epoch and step, and the masks."""
OF_THE_PIPELINE = ("crossfit", "segmenter", "classifier", "others", "experiment")
"""Keys of the pipeline itself; all others are passed to every training."""
OF_STAGE_ONE = ("ablation",)
"""Keys that the pipeline passes to the trainings of stage one only."""
PLACES = ("data.root", "data.cache")
"""Keys for the data's location on this machine, which ``train``, ``propose`` and ``evaluate`` accept."""

BELOW_ROOT = ("labels", "objects")
"""Keys of ``data`` that name files, as absolute paths or relative to its root."""
OWN_TABLES = ("folds", "patients")
"""Keys of ``data`` that may name a csv of the user's, which is copied into the run folder."""
PATHS = (
    *("input", "output", "runs", "weights", "segmenter", "classifier", "init", "model.weights"),
    *("data.root", "data.cache", "data.case", "data.patients", *(f"data.{key}" for key in BELOW_ROOT)),
)
"""Keys whose values are paths or a regular expression; they are taken literally, not parsed by Hydra's grammar, except
for ``${…}``."""
LISTS = ("segmenter.set", "classifier.set", "segmenter", "classifier", "others")
"""Keys whose values in square brackets are lists of overrides or paths."""

CLASS_TABLES = ("classes", "data.classes")
"""Keys whose value is a table of class names, which may hold any letters and signs."""

RENAMED = {"segment": "segmenter", "classify": "classifier", "candidates": "segmenter"}
"""Keys of earlier versions and their current names."""


def as_single(key: str) -> str:
    """A dotted key of one of several datasets as that of a single one: ``data.sets.a.root`` is ``data.root``.

    The key may also be one below ``data``: ``sets.a.root`` is ``root``.
    """
    return re.sub(r"^(data\.)?sets\.[^.]+\.", r"\1", key)


def changes_scores(key: str) -> bool:
    """Whether a dotted key affects the scores: all keys do, except those for how or where a run is executed."""
    top, _, rest = as_single(key).partition(".")
    if top == "data":
        return rest not in HOW_OF_DATA
    if top == "trainer":
        return rest in RESULT_OF_TRAINER
    return top not in HOW or top in (*LENGTH, "segmenter")
