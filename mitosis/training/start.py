"""How a training run starts: from scratch, from another run's weights, or from its own last checkpoint."""

from mitosis.data.fold.lists import Parts, check_same_fields
from mitosis.errors import InputError
from mitosis.run.checkpoint import read
from mitosis.run.trained import checkpoint_of, weights_of
from mitosis.stage.base import Stage
from mitosis.training.progress import Progress, precision_of
from mitosis.training.run_checkpoint import RunCheckpoint


def progress(checkpoints: RunCheckpoint, inputs: dict[str, str], parts: Parts) -> Progress:
    """What ``last.ckpt`` has completed; nothing if it does not exist or was trained on other inputs.

    Raises ``InputError`` if it was trained on other fields.
    """
    path = checkpoints.last_path
    if not path.exists():
        return Progress()
    checkpoint = read(path)
    check_same_fields(parts, checkpoint.get("fields"), checkpoints.folder.parent)
    if checkpoint.get("inputs") != inputs:
        print(f"{checkpoints.folder.parent}: its candidates changed; training starts over")
        return Progress()
    epochs = checkpoint["epoch"] + 1  # written before the epoch counter increases
    return Progress(epochs, checkpoint["global_step"], precision_of(checkpoint))


def initialise(stage: Stage, source: str) -> None:
    """Load the weights of a run folder or checkpoint; ``InputError`` if they do not fit the network."""
    path = checkpoint_of(source)
    checkpoint = read(path)
    if "state_dict" not in checkpoint:
        raise InputError(f"init={path} was not written by this package: it has no state_dict")
    try:
        stage.model.load_state_dict(weights_of(checkpoint))
    except RuntimeError as error:
        raise InputError(f"init={path}: its weights do not fit this model ({str(error).splitlines()[0]})") from error
