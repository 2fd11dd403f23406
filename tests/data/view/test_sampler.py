"""EpochSampler: keys, epochs and ranks; and each rank's share of the held-out fields."""

from collections import Counter

import pytest
import torch.distributed
from hypothesis import given
from hypothesis import strategies as st

from mitosis.data.view.sampler import EpochSampler, share_of


def test_an_epoch_is_a_permutation() -> None:
    sampler = EpochSampler(50, seed=3)
    first = list(sampler)
    sampler.set_epoch(1)
    second = list(sampler)
    assert sorted(first) == [(0, index) for index in range(50)]
    assert sorted(second) == [(1, index) for index in range(50)]
    assert [index for _, index in first] != [index for _, index in second]
    sampler.set_epoch(0)
    assert list(sampler) == first
    assert list(EpochSampler(50, seed=3)) == first
    assert list(EpochSampler(50, seed=4)) != first


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


@given(st.lists(st.integers(), max_size=30), st.integers(1, 9))
def test_each_held_out_item_goes_to_exactly_one_rank(items: list[int], ranks: int) -> None:
    shares = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.distributed, "is_initialized", lambda: True)
        patch.setattr(torch.distributed, "get_world_size", lambda: ranks)
        for rank in range(ranks):
            patch.setattr(torch.distributed, "get_rank", lambda rank=rank: rank)
            shares.append(share_of(items))
    assert [item for share, _ in shares for item in share] == items
    assert len({len(share) + missing for share, missing in shares}) == 1
    assert {missing for _, missing in shares} <= {0, 1}
    assert shares[0][1] == 0


def test_a_single_process_gets_all_items() -> None:
    assert share_of("abc") == ("abc", 0)
