"""What a family of forked processes weighs, kept small: pages stay shared, and what was freed is given back.

glibc learns from the first 19 MB that argon2 frees that such pieces are common, and keeps each from then on;
told a fixed threshold (mallopt(3), M_MMAP_THRESHOLD) it does not. Threads share two arenas instead of having
one each (M_ARENA_MAX): ours wait far more than they allocate.
"""

import ctypes
import gc

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_SETTINGS = ((_M_TRIM_THRESHOLD, 128 * 1024), (_M_MMAP_THRESHOLD, 256 * 1024), (_M_ARENA_MAX, 2))


def be_frugal() -> None:
    """For this process and those it forks, after its imports; another C library than glibc is left alone."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        for setting, value in _SETTINGS:
            libc.mallopt(setting, value)
    gc.collect()
    if hasattr(libc, "malloc_trim"):
        libc.malloc_trim(0)
    gc.freeze()  # what is here now is never collected, so that children do not copy its pages
