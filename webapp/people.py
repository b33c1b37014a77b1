"""Who is looking at a page: a callback client, an operator, or nobody yet.

Both are values made afresh for each request from the session's row; Flask-Login hands them out as
`current_user`. A template asks `current_user.is_subscriber` or `.is_operator`; nobody yet is neither.
"""

from dataclasses import dataclass
from typing import ClassVar

from callback.store import models


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A callback client, signed in."""

    account: models.Account
    session_id: str

    is_authenticated: ClassVar[bool] = True
    is_active: ClassVar[bool] = True
    is_anonymous: ClassVar[bool] = False
    is_subscriber: ClassVar[bool] = True
    is_operator: ClassVar[bool] = False

    def get_id(self) -> str:
        return self.account.id

    @property
    def login(self) -> str:
        return self.account.login

    @property
    def locale(self) -> str:
        return self.account.locale

    @property
    def time_zone(self) -> str:
        return self.account.time_zone


@dataclass(frozen=True, slots=True)
class Operator:
    """One who runs the service, signed in with password and code."""

    operator: models.Operator
    session_id: str

    is_authenticated: ClassVar[bool] = True
    is_active: ClassVar[bool] = True
    is_anonymous: ClassVar[bool] = False
    is_subscriber: ClassVar[bool] = False
    is_operator: ClassVar[bool] = True

    def get_id(self) -> str:
        return self.operator.id

    @property
    def login(self) -> str:
        return self.operator.login or ""

    @property
    def locale(self) -> str:
        return self.operator.locale

    @property
    def time_zone(self) -> str:
        return self.operator.time_zone


class Nobody:
    """Not signed in. Language comes from the browser, times are the service's."""

    is_authenticated = False
    is_active = False
    is_anonymous = True
    is_subscriber = False
    is_operator = False
    locale = ""
    time_zone = ""

    def get_id(self) -> None:
        return None
