"""The installed version of this package."""

DISTRIBUTION = "mitosis-cascade"


def installed_version() -> str:
    """The version of the installed distribution; ``0+unknown`` in a checkout that is not installed."""
    from importlib import metadata  # slower than the rest of ``import mitosis``

    try:
        return metadata.version(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return "0+unknown"
