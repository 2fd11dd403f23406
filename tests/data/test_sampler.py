"""EpochSampler: keys, epochs, ranks."""

from collections import Counter

import pytest
import torch.distributed

from mitosis.data.sampler import EpochSampler


def test_permutes_an_epoch() -> None:
    sampler = EpochSampler(50, seed=3)
    first = list(sampler)
    sampler.set_epoch(1)
    second = list(sampler)
    assert sorted(first) == [(0, index) for index in range(50)]
    assert sorted(second) == [(1, index) for index in range(50)]
    assert [index for _, index in first] != [index for _, index in second]
    sampler.set_epoch(0)
    assert (
        list(sampler) == first and list(EpochSampler(50, seed=3)) == first and list(EpochSampler(50, seed=4)) != first
    )


@pytest.mark.parametrize("length", [1, 7, 8, 10])
def test_ranks_share_the_epoch(monkeypatch: pytest.MonkeyPatch, length: int) -> None:
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.distributed, "get_world_size", lambda *_: 4)
    shards = []
    for rank in range(4):
        monkeypatch.setattr(torch.distributed, "get_rank", lambda *_, rank=rank: rank)
        sampler = EpochSampler(length)
        sampler.set_epoch(5)
        shards.append(list(sampler))
        assert len(sampler) == len(shards[-1])
    assert len({len(shard) for shard in shards}) == 1
    seen = Counter(key for shard in shards for key in shard)
    assert seen.keys() == {(5, index) for index in range(length)}
    assert seen.total() == -(-length // 4) * 4
