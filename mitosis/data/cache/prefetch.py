"""Makes the next item in the background while one is in use."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")


def prefetch(make: Callable[[Item], Made], items: Iterable[Item]) -> Iterator[Made]:
    """Yield ``make(item)`` for each item, in order; a thread makes the next one, and only that, while one is in use.

    An exception of ``make`` is raised when its item is due.
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
            future = following()  # not earlier: by now the caller has released the previous result
            yield made
