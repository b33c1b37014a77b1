"""A family for `test_children`: `python -m tests.ringback.brood RUN_DIR NAME…`; names say what they do."""

import signal
import sys
import time
from pathlib import Path

from callback.children import Child, Family


def _sleep() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    while True:
        time.sleep(60)  # until SIGTERM


def _stubborn() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("I stay", flush=True)
    while True:
        time.sleep(60)  # until SIGKILL


def _hasty() -> None:
    sys.stdout.write(f"born {time.monotonic()}\nlast words")
    raise SystemExit(3)


def _broken() -> None:
    raise ValueError("a bug")


def main() -> None:
    brood = {"sleeper": _sleep, "stubborn": _stubborn, "hasty": _hasty, "broken": _broken}
    run_dir, *names = sys.argv[1:]
    children = [Child(name, brood[name], stop_s=0.5) for name in names]
    Family(children, Path(run_dir), lambda name, line: print(f"{name}: {line}", flush=True)).run()
    print("everybody is gone", flush=True)


if __name__ == "__main__":
    main()
