"""How a training run starts: from scratch, from another run's weights, or from its own last checkpoint."""

from typing import Any

from mitosis.data.fold.labels import labels_of
from mitosis.data.fold.lists import Parts, check_same_fields
from mitosis.errors import InputError
from mitosis.run.checkpoint import read
from mitosis.run.content import BY_CONTENT, same_inputs
from mitosis.run.member import first_member
from mitosis.run.trained import checkpoint_of, weights_of
from mitosis.run.weights_folder import weights_folder
from mitosis.stage.base import Stage
from mitosis.training.progress import Progress, precision_of
from mitosis.training.run_checkpoint import RunCheckpoint


def progress(checkpoints: RunCheckpoint, inputs: dict[str, str], parts: Parts) -> Progress:
    """What the newest whole checkpoint has completed; nothing if there is none, or if it was trained on other inputs.

    That is ``last.ckpt``; if it is missing or broken, ``best.ckpt``, and then one line says so.

    Args:
        checkpoints: The checkpoints of the run.
        inputs: What it is to be trained on besides the dataset: name → digest.
        parts: Its fields.

    Raises:
        InputError: It was trained on other fields, or no checkpoint is whole.
    """
    run = checkpoints.folder.parent
    there = [path for path in (checkpoints.last_path, checkpoints.best_path) if path.exists()]
    broken: list[InputError] = []
    for path in there:
        try:
            checkpoint = read(path)
        except InputError as error:
            broken.append(error)
            continue
        if missing := [key for key in ("epoch", "global_step") if key not in checkpoint]:
            raise InputError(f"{path} was not written by a training run: it has no {missing[0]}; remove it")
        check_same_fields(parts, checkpoint.get("fields"), run)
        if what := _changed(checkpoint, inputs, parts):
            print(f"{run}: its {what} changed; training starts over")
            return Progress()
        if path != checkpoints.last_path:
            state = "broken" if broken else "missing"
            print(f"{run}: last.ckpt is {state}; training goes on from best.ckpt, step {checkpoint['global_step']}")
        epochs = checkpoint["epoch"] + 1  # written before the epoch counter increases
        return Progress(epochs, checkpoint["global_step"], precision_of(checkpoint), path)
    if broken:
        raise broken[0]
    return Progress()


def _changed(checkpoint: dict[str, Any], inputs: dict[str, str], parts: Parts) -> str:
    """What a checkpoint was trained on that has changed since, in words; empty if nothing has."""
    then = checkpoint.get("inputs") or {}
    if not same_inputs(then, inputs):
        return " and ".join(key for key in BY_CONTENT if then.get(key) != inputs.get(key)) or "candidates"
    labels = checkpoint.get("labels")
    return "labels" if labels not in (None, labels_of(parts.train + parts.val)) else ""


def initialise(stage: Stage, source: str) -> None:
    """Load the weights of a run folder, a checkpoint, or the same stage of a whole cascade.

    Raises ``InputError`` if they do not fit the network.
    """
    if (folder := weights_folder(source)) is not None:
        trained = first_member(folder, stage.kind)
        path, state = trained.path, trained.model.state_dict()
    else:
        path = checkpoint_of(source)
        checkpoint = read(path)
        if "state_dict" not in checkpoint:
            raise InputError(f"init={path} was not written by this package: it has no state_dict")
        state = weights_of(checkpoint, path)
    try:
        stage.model.load_state_dict(state)
    except RuntimeError as error:
        raise InputError(f"init={path}: its weights do not fit this model ({str(error).splitlines()[0]})") from error
