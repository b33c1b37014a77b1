"""The operators' console: the least that runs a service. Everything under /operator/ but the door.

    overview    what goes on, who lives, what was refused today
    clients     callback clients: found, made · client: one of them, with all that may be done to it
    calls       live calls with hang-up, the history of everybody, the ladder of one
    sms         the log of SMS in and out
    links       SMPP links, trunks and the processes behind them
    profile     the operator's own password, code, language and sessions

Whatever changes something writes an audit row in the same transaction (callback/store/audit.py).
"""

from flask import Blueprint

from webapp.console import calls, client, clients, links, overview, profile, sms

BLUEPRINTS: tuple[Blueprint, ...] = (
    overview.blueprint,
    clients.blueprint,
    client.blueprint,
    calls.blueprint,
    sms.blueprint,
    links.blueprint,
    profile.blueprint,
)
