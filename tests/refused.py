"""The message a user gets when something is refused."""

from collections.abc import Callable

import pytest

from mitosis.errors import InputError


def refused(act: Callable[[], object]) -> str:
    """The message of the ``InputError`` that ``act`` raises; checks that it is a single line."""
    with pytest.raises(InputError) as error:
        act()
    assert "\n" not in str(error.value)
    return str(error.value)
