"""What is wrong with this box? Each finding says what, where, and what cures it.

A check looks and changes nothing. `failed` means that the service cannot work, `degraded` that a part of it
cannot, `note` that it could be better.
"""

import resource
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

from callback import valkey
from callback.config import Config
from callback.jobs import CallQueue
from callback.keys import key_troubles
from callback.prompts.catalogue import WORDS, PromptMissing, find_prompt, languages
from callback.store import nodes, rates
from callback.store.db import Store, StoreError
from callback.waking import QueueDown
from ringback.finding import Finding, Level
from ringback.port_checks import sip_port, web_address, web_port
from ringback.sip_probe import answers_options

_LOW_DISK_BYTES = 1024**3
_NO_DISK_BYTES = 50 * 1024**2
_CONNECT_S = 2.0
_CAP_SYS_NICE = 23


def examine(config: Config) -> Iterator[Finding]:
    """Every finding, in the order in which a start would stumble over them."""
    checks: tuple[Callable[[Config], Iterator[Finding]], ...] = (
        _disk,
        _keys,
        _database,
        _queue,
        sip_port,
        web_port,
        web_address,
        _trunks,
        _links,
        _prompts,
        _priority,
    )
    for check in checks:
        try:
            yield from check(config)
        except PermissionError as error:
            yield Finding(
                Level.FAILED, str(error.filename), "is closed to this user", "run this as its owner"
            )


def obstacles(config: Config) -> list[Finding]:
    """What keeps a start from succeeding at all, found in milliseconds."""
    found = [*_disk(config), *_queue_here(config), *sip_port(config), *web_port(config)]
    return [finding for finding in found if finding.level is Level.FAILED]


def worst(findings: list[Finding]) -> Level:
    order = list(Level)
    return max((finding.level for finding in findings), key=order.index, default=Level.OK)


def _disk(config: Config) -> Iterator[Finding]:
    if not config.data_dir.is_dir():
        yield Finding(Level.FAILED, "data_dir", f"{config.data_dir} does not exist", "run `ringback init`")
        return
    free = shutil.disk_usage(config.data_dir).free
    told = f"{free // 1024**2} MiB free in {config.data_dir}"
    if free < _NO_DISK_BYTES:
        yield Finding(Level.FAILED, "data_dir", told, "free some space: nothing can be stored")
    elif free < _LOW_DISK_BYTES:
        yield Finding(Level.DEGRADED, "data_dir", told, "free some space soon")
    else:
        yield Finding(Level.OK, "data_dir", told)


def _keys(config: Config) -> Iterator[Finding]:
    troubles = key_troubles(config.keys_dir)
    for trouble in troubles:
        message, _, cure = trouble.partition("; ")
        yield Finding(Level.FAILED, "keys", message, cure)
    if not troubles:
        yield Finding(Level.OK, "keys", f"present and closed to others in {config.keys_dir}")


def _database(config: Config) -> Iterator[Finding]:
    store = Store(config.database_url)
    try:
        store.check_schema()
        with store.write() as session:  # meets no row, but locked or read-only shows here
            nodes.renew_lease(session, "check", "nobody")
        with store.read() as session:
            deck = rates.active_deck(session, config.service.currency)
    except StoreError as error:
        message, _, cure = str(error).partition("; ")
        yield Finding(Level.FAILED, "database", message, cure)
        return
    finally:
        store.dispose()
    yield Finding(Level.OK, "database", f"{store.name} can be read and written")
    if deck:
        yield Finding(Level.OK, "rates", f"deck {deck.name} with {deck.rows} rows is active")
    else:
        yield Finding(
            Level.DEGRADED,
            "rates",
            f"no rate deck in {config.service.currency} is active: nobody can be called (no rate, no call)",
            "run `ringback rates import FILE`",
        )


def _queue(config: Config) -> Iterator[Finding]:
    if valkey.is_embedded(config):
        yield from _queue_here(config)
        return
    queue = CallQueue(config.queue_url)
    try:
        yield Finding(Level.OK, "queue.url", f"answers; {queue.waiting()} jobs wait")
    except QueueDown as error:
        yield Finding(
            Level.DEGRADED, "queue.url", f"does not answer: {error}", "start it; until then calls start late"
        )
    finally:
        queue.close()


def _queue_here(config: Config) -> Iterator[Finding]:
    if not valkey.is_embedded(config):
        return
    try:
        yield Finding(Level.OK, "queue", f"embedded Valkey: {valkey.binary()}")
    except valkey.NoValkeyBinary as error:
        yield Finding(Level.FAILED, "queue", str(error), "set `queue.url` to a Valkey or Redis server")


def _trunks(config: Config) -> Iterator[Finding]:
    if not config.trunks:
        cure = "add a [[trunks]] table with the address of your carrier"
        yield Finding(Level.DEGRADED, "trunks", "there is no way to the telephone network", cure)
    for index, trunk in enumerate(config.trunks):
        where, there = f"trunks[{index}]", f"trunk {trunk.name} at {trunk.host}:{trunk.port}"
        try:
            answered = answers_options(trunk.host, trunk.port)
        except OSError as error:
            yield Finding(
                Level.DEGRADED, f"{where}.host", f"{trunk.host}: {error.strerror}", "check the name"
            )
            continue
        if answered:
            yield Finding(Level.OK, where, f"{there} answers")
        else:
            cure = "check address and firewall; some carriers do not answer OPTIONS"
            yield Finding(Level.DEGRADED, where, f"{there} does not answer SIP", cure)


def _links(config: Config) -> Iterator[Finding]:
    if not config.links:
        cure = "add a [[links]] table with your carrier's SMPP account"
        yield Finding(Level.DEGRADED, "links", "no SMS can come in", cure)
    for index, link in enumerate(config.links):
        there = f"link {link.name} at {link.host}:{link.port}"
        try:
            socket.create_connection((link.host, link.port), _CONNECT_S).close()
        except OSError as error:
            cure = "check host, port and firewall; the gateway tries for ever"
            why = error.strerror or str(error)
            yield Finding(Level.DEGRADED, f"links[{index}]", f"{there} cannot be reached: {why}", cure)
        else:
            yield Finding(Level.OK, f"links[{index}]", f"{there} takes connections")


def _prompts(config: Config) -> Iterator[Finding]:
    language = config.service.locale
    if language.lower().partition("-")[0] not in languages():
        cure = f"choose one of: {', '.join(languages())}"
        yield Finding(Level.DEGRADED, "service.locale", f"no prompts are spoken in {language!r}", cure)
        return
    missing = []
    for key in WORDS[language.lower().partition("-")[0]]:
        try:
            find_prompt(language, key)
        except PromptMissing as trouble:
            missing.append(str(trouble))
    for message in missing:
        yield Finding(
            Level.DEGRADED, "prompts", message, "install Ringback again, or run tools/build_prompts.py"
        )
    if not missing:
        yield Finding(Level.OK, "prompts", f"complete in {language}")


def _priority(_config: Config) -> Iterator[Finding]:
    """SCHED_RR needs CAP_SYS_NICE (bit 23, capabilities(7)) or a limit on real-time priority."""
    status = Path("/proc/self/status").read_text()
    effective = next((line.split()[1] for line in status.splitlines() if line.startswith("CapEff:")), "0")
    soft_limit, _ = resource.getrlimit(resource.RLIMIT_RTPRIO)
    if int(effective, 16) >> _CAP_SYS_NICE & 1 or soft_limit != 0:
        yield Finding(Level.OK, "media", "the voice process may run with real-time priority")
    else:
        cure = "allow it: `LimitRTPRIO=10` in the unit, or CAP_SYS_NICE"
        yield Finding(Level.NOTE, "media", "the voice process gets no real-time priority here", cure)
