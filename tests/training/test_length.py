"""The length of a run, compared with Lightning's own count and worked out by hand."""

from hypothesis import given
from hypothesis import strategies as st

from mitosis.training.length import epochs, steps_per_epoch

COUNTS = st.integers(1, 40)


def test_steps_by_hand() -> None:
    assert steps_per_epoch(samples=1600, batch_size=16, processes=1) == 100
    assert steps_per_epoch(samples=1600, batch_size=16, processes=2) == 50
    assert steps_per_epoch(samples=1600, batch_size=16, processes=3) == 33  # 534 each: 33 full batches
    assert steps_per_epoch(samples=10, batch_size=4, processes=1) == 2  # the broken batch is left out
    assert steps_per_epoch(samples=3, batch_size=2, processes=2) == 1  # shares are rounded up
    assert steps_per_epoch(samples=3, batch_size=4, processes=1) == 0
    assert steps_per_epoch(samples=20, batch_size=4, processes=1, accumulate=2) == 3  # 2 + 2 + 1 batches


def test_epochs_by_hand() -> None:
    assert epochs(12, 4, every=1) == 3
    assert epochs(13, 4, every=1) == 4
    assert epochs(12, 4, every=2) == 4  # the third would not be scored
    assert epochs(12, 4, every=1, done=(2, 8)) == 3
    assert epochs(12, 2, every=1, done=(2, 8)) == 4  # begun on one device, goes on with two
    assert epochs(12, 4, every=1, done=(3, 6)) == 5  # and the reverse
    assert epochs(4, 4, every=1, done=(2, 8)) == 2  # fewer than are done
    assert epochs(4, 4, every=2, done=(3, 12)) == 4


@given(COUNTS, COUNTS, st.integers(1, 4), COUNTS, COUNTS)
def test_the_last_epoch_is_validated(max_steps: int, per_epoch: int, every: int, before: int, other: int) -> None:
    done = (before, before * other)
    whole = epochs(max_steps, per_epoch, every=every, done=done)
    assert whole >= before
    assert whole % every == 0
    assert done[1] + (whole - before) * per_epoch >= max_steps
    earlier = whole - every  # the scored epoch before that does not do
    assert earlier < before or done[1] + (earlier - before) * per_epoch < max_steps
    assert epochs(max_steps, per_epoch, every=every) == every * -(-max_steps // (every * per_epoch))
