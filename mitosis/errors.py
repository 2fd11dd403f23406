"""Errors of the user's making, explained in one line."""


class InputError(ValueError):
    """A user error. Its message is one line with the file, key or row and the remedy.

    Commands print it without a traceback and exit with code 1.
    """


class PeerLostError(InputError):
    """Another process of a distributed run has died; this process can only report it."""
