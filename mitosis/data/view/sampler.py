"""The order of an epoch, and who of a distributed run's processes gets what."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import torch.distributed
from torch.utils.data import DistributedSampler

T = TypeVar("T")


class EpochSampler(DistributedSampler[Any]):
    """Keys (epoch, index) for the training views: index runs through a permutation of 0 … ``length`` − 1.

    The permutation is a function of (``seed``, epoch) alone; Lightning calls ``set_epoch``. Where ``torch.distributed``
    is initialised when the sampler is made, each rank gets every world-size-th key; all ranks get equally many (a few
    keys come twice where ``length`` does not divide) and together the whole.
    """

    def __init__(self, length: int, seed: int = 0) -> None:
        rank, processes = _place()
        # A DistributedSampler even on one device: Lightning wraps any other kind and so would shard it twice.
        super().__init__(
            range(length),  # pyright: ignore[reportArgumentType]
            num_replicas=processes,
            rank=rank,
            seed=seed,
        )

    def __iter__(self) -> Iterator[tuple[int, int]]:  # pyright: ignore[reportIncompatibleMethodOverride]
        return ((self.epoch, index) for index in super().__iter__())


def share_of(items: Sequence[T]) -> tuple[Sequence[T], int]:
    """The items that are this process's, none of which is another's, and how many fewer it has than another has.

    They follow one another in ``items``; together the processes have all. Without ``torch.distributed``: all items.
    """
    rank, processes = _place()
    fewest, more = divmod(len(items), processes)
    start = rank * fewest + min(rank, more)
    share = items[start : start + fewest + (rank < more)]
    return share, -(-len(items) // processes) - len(share)


def _place() -> tuple[int, int]:
    """This process's number and how many there are, where ``torch.distributed`` is initialised."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return torch.distributed.get_rank(), torch.distributed.get_world_size()
    return 0, 1
