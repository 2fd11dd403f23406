"""One item in use and one in preparation, no more; errors are raised when their item is due."""

from collections.abc import Callable
from threading import Event, current_thread, main_thread

import pytest

from mitosis.data.cache.prefetch import prefetch


def counting(made: list[int]) -> Callable[[int], int]:
    def make(item: int) -> int:
        assert current_thread() is not main_thread()
        made.append(item)
        return item**2

    return make


def test_items_come_in_order_and_only_the_next_is_made_ahead() -> None:
    made: list[int] = []
    for index, square in enumerate(prefetch(counting(made), range(20))):
        assert square == index**2
        assert made == list(range(len(made)))
        assert index + 1 <= len(made) <= index + 2
    assert list(prefetch(counting(made), [])) == []


def test_the_next_item_is_made_while_one_is_in_use() -> None:
    events = [Event() for _ in range(3)]
    taken = prefetch(Event.set, events)
    next(taken)
    assert events[1].wait(timeout=500)
    assert not events[2].is_set()
    taken.close()


def test_an_error_is_raised_when_its_item_is_due() -> None:
    taken = prefetch(lambda item: 1 // item, [1, 1, 0, 1])
    assert [next(taken), next(taken)] == [1, 1]
    with pytest.raises(ZeroDivisionError):
        next(taken)
    assert list(taken) == []
