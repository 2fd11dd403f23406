"""Which version of this package is installed."""

DISTRIBUTION = "mitosis-cascade"


def installed_version() -> str:
    """As the installed distribution says; ``0+unknown`` in a checkout that is on the path without being installed."""
    from importlib import metadata  # takes longer than all else that ``import mitosis`` does

    try:
        return metadata.version(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return "0+unknown"
