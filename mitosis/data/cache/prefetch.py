"""One thing in use while the next is made."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")


def prefetch(make: Callable[[Item], Made], items: Iterable[Item]) -> Iterator[Made]:
    """``make`` of each item, in order; while one is in use a thread makes the next, and none beyond it.

    Whatever ``make`` raises is raised where its item's turn comes.
    """
    left = iter(items)
    with ThreadPoolExecutor(max_workers=1) as pool:

        def following() -> Future[Made] | None:
            for item in left:
                return pool.submit(make, item)
            return None

        future = following()
        while future is not None:
            made = future.result()
            future = following()  # not before: the one that was in use is let go when this one is taken
            yield made
