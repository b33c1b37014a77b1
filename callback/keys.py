"""The keys of the service: made once by `init`, one file each, kept outside the database and its backups.

    seal     AES-GCM over inbound SMS until their command is executed; HMAC of their dedupe keys
    pepper   HMAC over passwords before argon2id, so that a stolen database alone cracks nothing
    session  signs what the web hands out
    sip      tags and branches that nobody can guess and a restarted dialer can derive again

Losing `seal` loses the SMS not yet executed; losing `pepper` loses every password.
"""

import os
import stat
from dataclasses import dataclass, field, fields
from pathlib import Path

KEY_BYTES = 32
_MODE = 0o600


class KeyTrouble(Exception):
    """A key is missing, open to others or damaged; the message says which and what to do."""

    transient = False


@dataclass(frozen=True, slots=True)
class Keys:
    """32 random bytes each; never shown, not even by repr."""

    seal: bytes = field(repr=False)
    pepper: bytes = field(repr=False)
    session: bytes = field(repr=False)
    sip: bytes = field(repr=False)


NAMES = tuple(key.name for key in fields(Keys))


def make_missing_keys(directory: Path) -> list[str]:
    """Make those that are not there, 0600 in a 0700 directory; returns their names. Safe to repeat."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = []
    for name in NAMES:
        path = directory / name
        if path.exists():
            continue
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
        try:
            os.write(handle, os.urandom(KEY_BYTES))
            os.fsync(handle)
        finally:
            os.close(handle)
        fresh.rename(path)  # whole or not at all
        made.append(name)
    return made


def load_keys(directory: Path) -> Keys:
    """All keys; raises `KeyTrouble` naming every one that is wrong."""
    troubles = key_troubles(directory)
    if troubles:
        raise KeyTrouble("; ".join(troubles))
    return Keys(**{name: (directory / name).read_bytes() for name in NAMES})


def key_troubles(directory: Path) -> list[str]:
    """What is wrong with each key, with its cure; empty if all is well."""
    try:
        any_there = any((directory / name).exists() for name in NAMES)
    except PermissionError:
        return [f"{directory}: the keys are closed to this user; run this as their owner"]
    if not any_there:
        return [f"{directory}: there are no keys; run `ringback init`, or restore them from the key backup"]
    found = (_trouble(directory / name) for name in NAMES)
    return [trouble for trouble in found if trouble]


def _trouble(path: Path) -> str:
    try:
        status = path.stat()
        length = len(path.read_bytes())
    except FileNotFoundError:
        return f"{path}: the key is missing; run `ringback init`, or restore it from the key backup"
    except OSError as error:
        return f"{path}: the key cannot be read ({error.strerror}); check its owner"
    if stat.S_IMODE(status.st_mode) & 0o077:
        return f"{path}: others may read this key; run `chmod 600 {path}`"
    if length != KEY_BYTES:
        return f"{path}: the key has {length} bytes instead of {KEY_BYTES}; restore it from the key backup"
    return ""
