"""The length of a run in optimiser steps and epochs."""


def steps_per_epoch(*, samples: int, batch_size: int, processes: int, accumulate: int = 1) -> int:
    """Optimiser steps per epoch of ``samples``, split over ``processes`` with batches of ``batch_size`` each.

    Each process rounds its share up and drops an incomplete last batch. A step takes ``accumulate`` batches, or fewer
    at the end of the epoch. 0 if there is no complete batch.
    """
    batches = -(-samples // processes) // batch_size
    return -(-batches // accumulate)


def epochs(max_steps: int, per_epoch: int, *, every: int, done: tuple[int, int] = (0, 0)) -> int:
    """Total epochs to cover ``max_steps``, rounded up to a multiple of ``every`` so that the last one is validated.

    ``done`` is the number of completed epochs and steps of a resumed run; on other devices, their length may differ.
    """
    epochs_done, steps_done = done
    needed = epochs_done + max(0, -(-(max_steps - steps_done) // per_epoch))
    return every * -(-needed // every)
