"""The configuration: where it comes from, and how every fault of it is named at once."""

import tomllib
from pathlib import Path

import pytest
from pydantic import SecretStr

from callback.config import Config, Section
from callback.config_file import ConfigFaults, load, section_in

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
HOME = {"HOME": "/home/someone"}


def written(directory: Path, text: str) -> Path:
    path = directory / "here.toml"
    path.write_text(text)
    return path


def faults(path: Path, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigFaults) as refused:
        load(path, environ or HOME)
    return [str(fault) for fault in refused.value.faults]


# --- faults

LINK = '[[links]]\nname = "a"\nhost = "h"\nsystem_id = "s"\n'
TRUNK = '[[trunks]]\nname = "a"\nhost = "h"\n'


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[sip]\nprot = 5060", 'sip.prot: unknown key, did you mean "port"?'),
        (LINK + 'pasword = "x"', 'links[0].pasword: unknown key, did you mean "password"?'),
        ("[serivce]", 'serivce: unknown key, did you mean "service"?'),
        ("[sip]\nqqq = 1", "sip.qqq: unknown key, known here: address, port, rtp_ports, user_agent"),
        ('[sip]\nport = "abc"', "sip.port: must be a whole number, not 'abc'"),
        ("[sip]\nport = 70000", "sip.port: must be less than or equal to 65535, not 70000"),
        ('[sip]\naddress = "1.2.3"', "sip.address: is not a valid IPv4 address, not '1.2.3'"),
        ("[sip]\nrtp_ports = [20000]", "sip.rtp_ports[1]: must be given"),
        ('[service]\ncurrency = "eur"', "service.currency: must be three capital letters, not 'eur'"),
        (
            '[service]\naccess_number = "123"',
            "service.access_number: must be a number like +48221234567, not '123'",
        ),
        ('[log]\nlevel = "loud"', "log.level: must be 'debug', 'info', 'warning' or 'error', not 'loud'"),
        ('[[links]]\nhost = "h"\nsystem_id = "s"', "links[0].name: must be given"),
        (LINK + LINK, "links[1].name: 'a' is the name of an earlier one"),
        (TRUNK + TRUNK, "trunks[1].name: 'a' is the name of an earlier one"),
        (TRUNK + 'password = "env:NOWHERE"', "trunks[0].password: the environment has no variable NOWHERE"),
        (
            LINK + 'password = "far too long"',
            "links[0].password: must have at most 8 characters (SMPP 3.4 §5.2.2)",
        ),
        ("[sip]\nrtp_ports = [9, 5]", "sip.rtp_ports: the first must be below the last"),
        (
            '[database]\nurl = "postgresql+psycopg://me:s3cret@h/name"',
            "database.url: must be empty or sqlite:////path/of/the.db; no other database is supported yet",
        ),
        (
            '[queue]\nurl = "localhost"',
            "queue.url: must be empty or begin with redis://, rediss:// or unix:///",
        ),
        (
            '[[trunks]]\nname = "a"\nhost = ""',
            "trunks[0].host: must be an IPv4 address or a host's name, not ''",
        ),
        (
            TRUNK.replace('"h"', '"a..b"'),
            "trunks[0].host: must be an IPv4 address or a host's name, not 'a..b'",
        ),
        ('[service]\ncountry = "XX"', "service.country: is no country (ISO 3166), not 'XX'"),
        ('[service]\ncurrency = "ERU"', "service.currency: is no currency in use (ISO 4217), not 'ERU'"),
        ("[hold]\nquantum_s = 10", "hold: grow_before_s must be less than quantum_s"),
        ("[hold]\nquantum_s = 1.5", "hold.quantum_s: must be a whole number, not 1.5"),
    ],
)
def test_a_fault_is_named_where_it_stands(tmp_path: Path, text: str, fault: str) -> None:
    assert faults(written(tmp_path, text)) == [fault]


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    path = written(tmp_path, '[sip]\nport = 0\n[log]\nlevle = "info"\n[[trunks]]\nname = "UP"\n')
    assert [fault.partition(":")[0] for fault in faults(path)] == [
        "log.levle",
        "sip.port",
        "trunks[0].host",
        "trunks[0].name",
    ]


def test_a_syntax_fault_names_line_and_column(tmp_path: Path) -> None:
    path = written(tmp_path, "[sip]\nport = = 5060\n")
    (fault,) = faults(path)
    assert fault.startswith(f"{path}:2:8: is not TOML: ")


def test_a_secret_is_never_repeated_in_a_fault(tmp_path: Path) -> None:
    path = written(tmp_path, LINK + 'password = "s3cret-and-long"')
    assert "s3cret" not in "".join(faults(path))


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path / "nowhere.toml")
    assert fault == f"{tmp_path}/nowhere.toml: cannot be read: No such file or directory"


def test_a_directory_too_deep_for_sockets_is_refused(tmp_path: Path) -> None:
    (fault,) = faults(written(tmp_path, f'data_dir = "/{"d" * 100}"'))
    assert fault.startswith("data_dir: is ") and "too long" in fault


# --- sources


def test_no_file_at_all_is_a_complete_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    config = load(None, HOME)
    assert config.data_dir == Path("/home/someone/.local/share/ringback")
    assert config.database_url == "sqlite:////home/someone/.local/share/ringback/ringback.db"
    assert config.queue_url == "unix:///home/someone/.local/share/ringback/run/valkey.sock"
    assert config.sip.address.is_loopback


def test_the_file_in_the_working_directory_is_found_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ringback.toml").write_text('[service]\nname = "local"')
    (tmp_path / "named.toml").write_text('[service]\nname = "named"')
    (tmp_path / "given.toml").write_text('[service]\nname = "given"')
    by_environment = {**HOME, "RINGBACK_CONFIG": str(tmp_path / "named.toml")}
    assert load(None, HOME).service.name == "local"
    assert load(None, by_environment).service.name == "named"
    assert load(tmp_path / "given.toml", by_environment).service.name == "given"


def test_the_environment_overrides_keys_of_every_kind(tmp_path: Path) -> None:
    environ = {
        **HOME,
        "RINGBACK__SIP__PORT": "5070",
        "RINGBACK__SIP__RTP_PORTS": "[3000, 4000]",
        "RINGBACK__LINKS__0__PASSWORD": "env:PW",
        "RINGBACK__LINKS__0__TRUSTED_ANI": "true",
        "RINGBACK__TRUNKS__0__NAME": "new",
        "RINGBACK__TRUNKS__0__HOST": "127.0.0.1",
        "PW": "s3cret",
    }
    config = load(written(tmp_path, LINK), environ)
    assert (config.sip.port, config.sip.rtp_ports) == (5070, (3000, 4000))
    assert config.links[0].password.get_secret_value() == "s3cret"
    assert config.links[0].trusted_ani
    assert config.trunks[0].name == "new"


def test_a_fault_of_the_environment_names_the_variable(tmp_path: Path) -> None:
    environ = {**HOME, "RINGBACK__SIP__PROT": "5070", "RINGBACK__LINKS__4__HOST": "h"}
    assert faults(written(tmp_path, ""), environ) == [
        "links[4].host: there is no such entry to override, set by RINGBACK__LINKS__4__HOST",
        'sip.prot: unknown key, did you mean "port"?; set by RINGBACK__SIP__PROT',
    ]


def test_a_secret_may_stand_in_a_file_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "smsc.secret").write_text("s3cret\n")
    config = load(written(tmp_path, LINK + 'password = "file:smsc.secret"'), HOME)
    assert config.links[0].password == SecretStr("s3cret")
    assert "s3cret" not in repr(config)


def test_a_relative_data_directory_starts_at_the_file(tmp_path: Path) -> None:
    assert load(written(tmp_path, 'data_dir = "data"'), HOME).data_dir == tmp_path / "data"


# --- the example


def test_the_example_can_be_loaded_and_says_the_defaults() -> None:
    config = load(EXAMPLE, {**HOME, "SMSC_PASSWORD": "x", "TRUNK_PASSWORD": "y"})
    shown = config.model_dump(exclude={"data_dir", "links", "trunks"})
    assert shown == Config(data_dir=Path()).model_dump(exclude={"data_dir", "links", "trunks"})


def test_the_example_names_every_key() -> None:
    example = tomllib.loads(EXAMPLE.read_text())
    assert _missing(example, Config, "") == []


def _missing(tree: dict[str, object], shape: type[Section], at: str) -> list[str]:
    found = []
    for name, field in shape.model_fields.items():
        value = tree.get(name)
        inner = section_in(field)
        if value is None:
            found.append(at + name)
        elif inner:
            first = value[0] if isinstance(value, list) else value
            assert isinstance(first, dict)
            found += _missing(first, inner, f"{at}{name}.")
    return found
