"""What the keys of a configuration mean: which make the result, which are paths, which are lists."""

SEGMENTATION, CLASSIFICATION = "segmentation", "classification"
"""What ``stage.kind`` may be: stage one, stage two."""

RESULT_GROUPS = ("data", "model", "ablation")
"""Config groups whose words are folders of a run's path."""
NEEDED_GROUPS = (
    *("stage", "view", "data", "model", "ablation", "loss", "augment", "stain"),
    *("optimizer", "scheduler", "matching", "budget", "trainer"),
)
"""Config groups of ``train`` in each of which a word has to be chosen."""

LENGTH = ("max_steps", "budget")
"""How long a run is: with more of it the same run goes on. A budget only feeds the keys that read it."""
HOW = ("trainer", "logger", "runs", "segmenter", "hydra", *LENGTH)
"""Top-level keys that say how or where a run is made, not what it is."""
HOW_OF_DATA = ("root", "workers", "cache")
"""Keys of ``data`` of the same kind."""
RESULT_OF_TRAINER = ("gradient_clip_val", "accumulate_grad_batches")
"""Keys of ``trainer`` that do change the result."""
REPEATED_BY_STAGE = ("tiling", "window", "min_area_um2")
"""Keys of ``stage`` that only hand on what stands elsewhere in the configuration."""
OF_A_STAGE = ("samples_per_epoch", "batch_size", "repeat", "limit", "radius_um", "ring_um", "masks")
"""Keys of ``data`` that may differ between the stages: how much is learned at once, and what masks are made of."""
OF_THE_PIPELINE = ("crossfit", "segmenter", "classifier")
"""Keys of the pipeline itself; all others are passed to each step."""
PLACES = ("data.root", "data.cache")
"""Keys that ``propose`` and ``evaluate`` take as well as ``train``: where the data lies on this machine."""

BELOW_ROOT = ("labels", "objects")
"""Keys of ``data`` that name files, absolute or below its root."""
PATHS = (
    *("input", "output", "runs", "segmenter", "classifier", "init", "model.weights"),
    *("data.root", "data.cache", "data.case", *(f"data.{key}" for key in BELOW_ROOT)),
)
"""Keys whose values are paths, or a regular expression: taken literally, whatever Hydra's grammar would read in them
(but for ``${…}``)."""
LISTS = ("segmenter.set", "classifier.set", "segmenter")
"""Keys whose values in square brackets are lists: of overrides, or of paths."""

RENAMED = {"segment": "segmenter", "classify": "classifier", "candidates": "segmenter"}
"""Keys of earlier versions and what they are called now."""


def changes_scores(key: str) -> bool:
    """Whether another value of a dotted key gives other scores: all but those that say how or where a run is made."""
    top, _, rest = key.partition(".")
    if top == "data":
        return rest not in HOW_OF_DATA
    if top == "trainer":
        return rest in RESULT_OF_TRAINER
    return top not in HOW or top in LENGTH
