"""What a key means: whether another value of it gives other scores."""

import pytest

from mitosis.run.keys import changes_scores


@pytest.mark.parametrize(
    "key",
    [
        "optimizer.lr",
        "fold",
        "data.batch_size",
        "data.patients",
        "data.sets.a.scanner",
        "data.sets.root.folds",
        "trainer.gradient_clip_val",
        "max_steps",
        "budget",
        "segmenter",
        "model",
    ],
)
def test_a_search_with_another_value_is_another_search(key: str) -> None:
    assert changes_scores(key)


@pytest.mark.parametrize(
    "key",
    [
        *("data.root", "data.sets.a.root", "data.cache", "data.workers"),
        *("trainer", "trainer.devices", "logger", "runs", "hydra.verbose"),
    ],
)
def test_where_and_how_a_search_runs_leaves_it_the_same(key: str) -> None:
    assert not changes_scores(key)
