"""How long a run is, in optimiser steps and epochs."""


def steps_per_epoch(*, samples: int, batch_size: int, processes: int, accumulate: int = 1) -> int:
    """Optimiser steps of an epoch of ``samples``, shared by ``processes`` that each take ``batch_size`` at a time.

    Each process rounds its share up and leaves out a last batch that is not full; ``accumulate`` batches make a step,
    and so do the fewer that are left at the epoch's end. 0 where no batch is full.
    """
    batches = -(-samples // processes) // batch_size
    return -(-batches // accumulate)


def epochs(max_steps: int, per_epoch: int, *, every: int, done: tuple[int, int] = (0, 0)) -> int:
    """Epochs in all, so that ``max_steps`` lie in them and the last one is scored on val, as each ``every``-th is.

    ``done``: epochs and steps behind a run that goes on; its epochs may have had another length, on other devices.
    """
    epochs_done, steps_done = done
    needed = epochs_done + max(0, -(-(max_steps - steps_done) // per_epoch))
    return every * -(-needed // every)
