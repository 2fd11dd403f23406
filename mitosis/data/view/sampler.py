"""The order of samples in an epoch, and how the processes of a distributed run share them."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import torch.distributed
from torch.utils.data import DistributedSampler

T = TypeVar("T")


class EpochSampler(DistributedSampler[Any]):
    """Yields the keys (epoch, index) of the training views; the indices are a permutation of 0 … ``length`` − 1.

    The permutation depends only on (``seed``, epoch); Lightning calls ``set_epoch``. If ``torch.distributed`` is
    initialised when the sampler is created, each rank gets every world-size-th key. All ranks get the same number of
    keys and together they cover all of them; a few keys repeat if ``length`` is not divisible.
    """

    def __init__(self, length: int, seed: int = 0) -> None:
        rank, processes = _place()
        # A DistributedSampler even on one device: Lightning would wrap any other sampler and shard it twice.
        super().__init__(
            range(length),  # pyright: ignore[reportArgumentType]
            num_replicas=processes,
            rank=rank,
            seed=seed,
        )

    def __iter__(self) -> Iterator[tuple[int, int]]:  # pyright: ignore[reportIncompatibleMethodOverride]
        return ((self.epoch, index) for index in super().__iter__())


def share_of(items: Sequence[T]) -> tuple[Sequence[T], int]:
    """This process's share of the items, and how many items it has fewer than the largest share.

    The shares are consecutive, disjoint and cover all items. Without ``torch.distributed`` the share is all items.
    """
    rank, processes = _place()
    fewest, more = divmod(len(items), processes)
    start = rank * fewest + min(rank, more)
    share = items[start : start + fewest + (rank < more)]
    return share, -(-len(items) // processes) - len(share)


def _place() -> tuple[int, int]:
    """Rank and number of processes; (0, 1) unless ``torch.distributed`` is initialised."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return torch.distributed.get_rank(), torch.distributed.get_world_size()
    return 0, 1
