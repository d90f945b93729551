"""Large arrays that are freed and wanted again at every step."""

import ctypes
import sys

# Names and numbers of glibc's malloc.h.
TRIM_THRESHOLD, TOP_PAD, MMAP_MAX = -1, -2, -4


def keep_freed_memory() -> None:
    """Have the C library of Linux keep what is freed, instead of giving it back to the system.

    A step of a large network frees and takes the same hundreds of megabytes; fetched anew, each
    page costs a fault: measured 18 % of the time of the authors' CNN. No effect elsewhere.
    """
    if not sys.platform.startswith("linux"):
        return
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)  # other C libraries have none
    if set_option is not None:
        set_option(MMAP_MAX, 0)
        set_option(TRIM_THRESHOLD, 2**31 - 1)
        set_option(TOP_PAD, 2**26)
