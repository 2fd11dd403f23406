"""The memory of this process: how the C library allocates large blocks, how much is free, and amounts in words."""

import ctypes
import sys
from pathlib import Path

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4
"""Constants of glibc (malloc.h)."""


def keep_freed_memory() -> None:
    """Keep freed memory for the next tensor instead of returning it to the system (glibc only, otherwise no effect).

    By default glibc maps every block above 32 MiB anew, and the kernel zeroes each page at first touch. On fields of
    2048 pixels, this takes as long as the convolutions themselves.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
        mallopt(M_TOP_PAD, 2**28)


def free_memory() -> int | None:
    """Available memory in bytes; None if the system does not report it."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), None)


def amount(size: float) -> str:
    """A number of bytes as text in the largest unit of which it is one or more, such as "1.50 MiB"."""
    for unit, power in (("GiB", 30), ("MiB", 20), ("KiB", 10)):
        if size >= 2**power:
            return f"{size / 2**power:.2f} {unit}"
    return f"{size:.0f} bytes"
