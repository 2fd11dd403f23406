"""What a user did wrong, said in one line."""


class InputError(ValueError):
    """A mistake of the user's that one line explains: the file, key or row, and what to do.

    Entry points print it without a traceback and end with exit code 1.
    """


class PeerLostError(InputError):
    """Another process of a distributed run is gone; nobody's mistake, and nothing that this process could mend."""
