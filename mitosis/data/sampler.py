"""The order of an epoch."""

from collections.abc import Iterator

import torch.distributed
from torch.utils.data import DistributedSampler


class EpochSampler(DistributedSampler):
    """Keys (epoch, index) for the training views: index runs through a permutation of 0 … ``length`` − 1.

    The permutation is a function of (``seed``, epoch) alone; Lightning calls ``set_epoch``. Where ``torch.distributed``
    is initialised when the sampler is made, each rank gets every world-size-th key; all ranks get equally many (a few
    keys come twice where ``length`` does not divide) and together the whole.
    """

    def __init__(self, length: int, seed: int = 0) -> None:
        spread = torch.distributed.is_available() and torch.distributed.is_initialized()
        # A DistributedSampler even on one device: Lightning wraps any other kind and so would shard it twice.
        super().__init__(
            range(length),  # pyright: ignore[reportArgumentType]
            num_replicas=torch.distributed.get_world_size() if spread else 1,
            rank=torch.distributed.get_rank() if spread else 0,
            seed=seed,
        )

    def __iter__(self) -> Iterator[tuple[int, int]]:  # pyright: ignore[reportIncompatibleMethodOverride]
        return ((self.epoch, index) for index in super().__iter__())
