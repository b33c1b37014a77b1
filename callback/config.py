"""The configuration: one TOML file, frozen models, every fault named at its TOML path.

No file at all is a complete configuration: SQLite under the data directory, an embedded Valkey, SIP on
loopback. `RINGBACK__SECTION__KEY` in the environment overrides a key; a secret may be written as
`env:NAME` or `file:/path`. Reading and fault-finding are in `callback/config_file.py`; here are the shapes.
"""

from ipaddress import IPv4Address
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from callback.core.money import is_currency
from callback.core.numbers import is_country

COUNTRY = r"^[A-Z]{2}$"
CURRENCY = r"^[A-Z]{3}$"
E164 = r"^\+[1-9][0-9]{5,14}$"
HOST = r"^[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*$"  # a label has at most 63 octets (RFC 1035 §2.3.4)
NAME = r"^[a-z0-9][a-z0-9_-]{0,30}$"
PREFIX = r"^\+[0-9]*$"
WEB_URL = r"^(https?://[^/\s]+)?$"
SQLITE_URL = r"^(sqlite:///.+)?$"
QUEUE_URL = r"^((rediss?|unix)://.+)?$"

Country = Annotated[str, Field(pattern=COUNTRY)]
Currency = Annotated[str, Field(pattern=CURRENCY)]
Number = Annotated[str, Field(pattern=E164)]
Host = Annotated[str, Field(pattern=HOST)]
Name = Annotated[str, Field(pattern=NAME)]
Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[int, Field(ge=1, le=86_400)]

_SMPP_PASSWORD_MAX = 8  # octets, without the closing zero


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Service(Section):
    """Who we are to our subscribers."""

    name: str = "Ringback"
    country: Country = "PL"  # home country of new accounts
    currency: Currency = "EUR"
    locale: str = "en"
    time_zone: str = "UTC"  # IANA name; of new accounts, and of statements
    access_number: Number = "+48221234567"  # shown by leg A; sender of our SMS unless the link has its own
    code_countries: tuple[Country, ...] = ()  # where one-time codes may be sent; empty: the service's country

    @field_validator("country")
    @classmethod
    def _numbers_can_be_read_there(cls, country: str) -> str:
        if not is_country(country):
            raise ValueError("is no country (ISO 3166)")
        return country

    @field_validator("time_zone")
    @classmethod
    def _clocks_go_by_it(cls, time_zone: str) -> str:
        if time_zone not in available_timezones():
            raise ValueError("is no time zone of the IANA list, such as Europe/Warsaw")
        return time_zone

    @field_validator("currency")
    @classmethod
    def _somebody_pays_with_it(cls, currency: str) -> str:
        if not is_currency(currency):
            raise ValueError("is no currency in use (ISO 4217)")
        return currency


class Database(Section):
    url: str = Field(default="", pattern=SQLITE_URL)  # empty: SQLite under the data directory


class Queue(Section):
    url: str = Field(default="", pattern=QUEUE_URL)  # empty: embedded Valkey


class Link(Section):
    """One SMPP account at a carrier's SMSC."""

    name: Name
    host: Host
    port: Port = 2775
    system_id: str = Field(max_length=15)
    password: SecretStr = SecretStr("")  # at most 8 characters (SMPP 3.4 §5.2.2)
    system_type: str = Field(default="", max_length=12)
    bind: Literal["transceiver", "receiver+transmitter"] = "transceiver"
    trusted_ani: bool = False  # the carrier vouches for source addresses
    sender: str = ""  # our address on outgoing SMS; empty: service.access_number
    default_alphabet: Literal["gsm0338", "latin1"] = "gsm0338"  # what data_coding 0 means there
    enquire_link_s: Seconds = 30
    window: Annotated[int, Field(ge=1, le=1000)] = 10

    @field_validator("password")
    @classmethod
    def _password_fits(cls, password: SecretStr) -> SecretStr:
        if len(password) > _SMPP_PASSWORD_MAX:
            raise ValueError(f"must have at most {_SMPP_PASSWORD_MAX} characters (SMPP 3.4 §5.2.2)")
        return password


class Sip(Section):
    """The embedded SIP backend."""

    address: IPv4Address = IPv4Address("127.0.0.1")
    port: Port = 5060
    rtp_ports: tuple[Port, Port] = (20000, 29998)
    user_agent: str = "Ringback"

    @field_validator("rtp_ports")
    @classmethod
    def _first_below_last(cls, ports: tuple[int, int]) -> tuple[int, int]:
        if ports[0] >= ports[1]:
            raise ValueError("the first must be below the last")
        return ports


class Trunk(Section):
    """A way to the telephone network: every number with one of its prefixes may go by it."""

    name: Name
    host: Host  # address or name; resolved when dialling
    port: Port = 5060
    prefixes: tuple[Annotated[str, Field(pattern=PREFIX)], ...] = (
        "+",
    )  # "+" is every number; the longest match wins
    strip: Annotated[int, Field(ge=0, le=15)] = 1  # characters taken from the front of +48…
    prepend: str = ""
    username: str = ""
    password: SecretStr = SecretStr("")


class Hold(Section):
    quantum_s: Seconds = 180
    grow_before_s: Seconds = 20

    @model_validator(mode="after")
    def _asked_within_a_quantum(self) -> "Hold":
        if self.grow_before_s >= self.quantum_s:
            raise ValueError("grow_before_s must be less than quantum_s")
        return self


class Dedupe(Section):
    retry_s: Seconds = 30
    broken_s: Seconds = 300


class Session(Section):
    """Times of a call, in seconds."""

    ring_a_s: Seconds = 45
    ring_b_s: Seconds = 60
    first_digit_s: Seconds = 8
    next_digit_s: Seconds = 4
    talk_max_s: Seconds = 7200
    rtp_timeout_s: Seconds = 30


class Retention(Section):
    sealed_h: Annotated[int, Field(ge=1, le=8760)] = 72


class Web(Section):
    """The web face: portal, operator console."""

    address: IPv4Address = IPv4Address("127.0.0.1")
    port: Port = 8080
    public_url: str = Field(default="", pattern=WEB_URL)  # empty: http://address:port
    threads: Annotated[int, Field(ge=4, le=500)] = 16  # requests answered at a time, beside the streams
    streams: Annotated[int, Field(ge=1, le=1000)] = 100  # pages kept up to date by an event stream at a time
    session_h: Annotated[int, Field(ge=1, le=8760)] = 12  # signed in this long without a visit
    demo: bool = False  # serve the demo page; `ringback demo` sets it


class Log(Section):
    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "console", "json"] = "auto"


class Config(Section):
    data_dir: Path
    service: Service = Service()
    database: Database = Database()
    queue: Queue = Queue()
    sip: Sip = Sip()
    links: tuple[Link, ...] = ()
    trunks: tuple[Trunk, ...] = ()
    hold: Hold = Hold()
    dedupe: Dedupe = Dedupe()
    session: Session = Session()
    retention: Retention = Retention()
    web: Web = Web()
    log: Log = Log()

    @model_validator(mode="after")
    def _names_are_unique(self) -> "Config":
        for what, names in (
            ("links", [link.name for link in self.links]),
            ("trunks", [trunk.name for trunk in self.trunks]),
        ):
            for index, name in enumerate(names):
                if name in names[:index]:
                    raise ValueError(f"{what}[{index}].name: {name!r} is the name of an earlier one")
        return self

    @property
    def database_url(self) -> str:
        return self.database.url or f"sqlite:///{self.data_dir / 'ringback.db'}"

    @property
    def queue_url(self) -> str:
        return self.queue.url or f"unix://{self.run_dir / 'valkey.sock'}"

    @property
    def web_url(self) -> str:
        """Where people reach the web face, without a slash at the end."""
        return self.web.public_url or f"http://{self.web.address}:{self.web.port}"

    @property
    def run_dir(self) -> Path:
        """Sockets and pid files, mode 0700; short, because a socket's path has at most 107 bytes."""
        return self.data_dir / "run"

    @property
    def keys_dir(self) -> Path:
        """Seal key, pepper, session key, SIP key: one file each, 0600."""
        return self.data_dir / "keys"
