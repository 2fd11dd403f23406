"""How the C library hands out the large blocks that tensors on a CPU live in."""

import ctypes
import sys

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4
"""glibc's names (malloc.h)."""


def keep_freed_memory() -> None:
    """Have freed memory kept for the next tensor instead of being given back to the system (glibc; else nothing).

    By default glibc maps every block above 32 MiB anew, and each of its pages is zeroed by the kernel at first touch:
    as much time as the convolutions themselves take on fields of 2048 pixels.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
        mallopt(M_TOP_PAD, 2**28)
