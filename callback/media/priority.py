"""Being on time: ask the operating system for what it will give, and say which."""

import os
import resource

_REALTIME_PRIORITY = 10
_NICE = -10


def raise_priority() -> str:
    """`SCHED_RR`, `nice -10` or `normal`; needs CAP_SYS_NICE or an rtprio limit for the better ones."""
    try:
        flags = os.SCHED_RR | os.SCHED_RESET_ON_FORK
        os.sched_setscheduler(0, flags, os.sched_param(_REALTIME_PRIORITY))
        return "SCHED_RR"
    except OSError:
        pass
    try:
        os.setpriority(os.PRIO_PROCESS, 0, _NICE)
        return f"nice {_NICE}"
    except OSError:
        return "normal"


def allow_many_files() -> None:
    """Two sockets per stream: use all the descriptors we may have."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
