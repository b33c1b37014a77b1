"""`ringback check`: what is wrong with this box is said with its place and its cure."""

import json
import os
import shutil
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from callback.prompts import catalogue
from tests.ports import free_port
from tests.ringback.house import House, build


def verdict(house: House, *, exit_code: int) -> dict[str, list[dict[str, Any]]]:
    """Findings by their subject."""
    result = house.run("check", "--json")
    assert result.exit_code == exit_code, result.output
    found: dict[str, list[dict[str, Any]]] = {}
    for finding in json.loads(result.stdout)["findings"]:
        found.setdefault(finding["subject"], []).append(finding)
    return found


def test_a_new_house_works_but_lacks_rates_trunks_and_links(house: House) -> None:
    found = verdict(house, exit_code=3)
    assert {name for name, all_ in found.items() for one in all_ if one["level"] == "degraded"} == {
        "rates",
        "trunks",
        "links",
    }
    assert all(one["cure"] for all_ in found.values() for one in all_ if one["level"] != "ok")
    assert house.run("check").exit_code == 3


def test_every_fault_of_the_configuration_is_listed(house: House) -> None:
    house.file.write_text('[sip]\nprot = 1\n[log]\nlevle = "info"\n')
    result = house.run("check")
    assert result.exit_code == 1
    assert 'sip.prot: unknown key, did you mean "port"?' in result.stderr
    assert 'log.levle: unknown key, did you mean "level"?' in result.stderr
    assert "2 faults in the configuration" in result.stderr
    assert [fault["path"] for fault in house.json("check")["faults"]] == ["log.levle", "sip.prot"]


def test_before_init_the_cure_is_init(root: Path) -> None:
    found = verdict(build(root), exit_code=1)
    assert found["data_dir"][0]["cure"] == "run `ringback init`"
    assert "ringback init" in found["keys"][0]["cure"]
    assert "ringback init" in found["database"][0]["cure"]


def test_a_key_open_to_others_or_missing_is_named(house: House) -> None:
    keys = house.config.keys_dir
    (keys / "seal").chmod(0o644)
    (keys / "pepper").unlink()
    told = {one["message"].rpartition("/")[2]: one["cure"] for one in verdict(house, exit_code=1)["keys"]}
    assert told["seal: others may read this key"] == f"run `chmod 600 {keys}/seal`"
    assert "restore it from the key backup" in told["pepper: the key is missing"]


def test_what_belongs_to_another_user_is_named_and_the_rest_is_checked(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "exists", refuse)
    found = verdict(house, exit_code=1)
    assert found["keys"][0]["cure"] == "run this as their owner"
    assert found[str(house.config.data_dir / "ringback.db")][0]["message"] == "is closed to this user"
    assert found["sip.port"][0]["level"] == "ok"


def test_a_port_in_use_is_named_with_its_owner(house: House) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", house.config.sip.port))
        (found,) = verdict(house, exit_code=1)["sip.port"]
    assert f"127.0.0.1:{house.config.sip.port} is in use by " in found["message"]
    assert f"(pid {os.getpid()})" in found["message"]


def test_an_address_of_another_machine_is_named(house: House) -> None:
    house.settings["RINGBACK__SIP__ADDRESS"] = "127.0.0.1"
    assert verdict(house, exit_code=3)["sip.port"][0]["level"] == "ok"


def test_a_locked_database_is_said_to_be_locked(house: House) -> None:
    with closing(sqlite3.connect(house.config.data_dir / "ringback.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        (found,) = verdict(house, exit_code=1)["database"]
    assert "locked by another process" in found["message"]


def test_a_read_only_database_is_said_to_be_read_only(house: House) -> None:
    path = house.config.data_dir / "ringback.db"
    house.settings["RINGBACK__DATABASE__URL"] = f"sqlite:///file:{path}?mode=ro&uri=true"
    (found,) = verdict(house, exit_code=1)["database"]
    assert "cannot be written" in found["message"] and "mounted read-only" in found["cure"]


def test_a_database_of_a_newer_program_is_refused(house: House) -> None:
    with closing(sqlite3.connect(house.config.data_dir / "ringback.db")) as other, other:
        other.execute("UPDATE alembic_version SET version_num = '9999'")
    (found,) = verdict(house, exit_code=1)["database"]
    assert "install the newer Ringback" in found["cure"]
    for words in (("serve",), ("run", "relay"), ("account", "show"), ("calls",), ("init",)):
        refused = house.run(*words)
        assert refused.exit_code == 1 and "9999" in refused.stderr, words


def test_a_full_disk_is_told_before_it_stops_us(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(house.root)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=20 * 1024**2))
    (found,) = verdict(house, exit_code=1)["data_dir"]
    assert found["message"].startswith("20 MiB free")


def test_a_missing_prompt_is_named(house: House, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(Path(catalogue.__file__).parent / "en", root / "en")
    (root / "en" / "busy.wav").unlink()
    monkeypatch.setattr(catalogue, "_FOLDER", root)
    (found,) = verdict(house, exit_code=3)["prompts"]
    assert "'busy'" in found["message"]
    house.settings["RINGBACK__SERVICE__LOCALE"] = "xx"
    assert "no prompts are spoken in 'xx'" in verdict(house, exit_code=3)["service.locale"][0]["message"]


@contextmanager
def answering_phone() -> Iterator[int]:
    """Says 200 to one OPTIONS; gives its port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.bind(("127.0.0.1", 0))
        phone.settimeout(10)

        def answer() -> None:
            request, caller = phone.recvfrom(4096)
            head = [
                line
                for line in request.split(b"\r\n")
                if line.startswith((b"Via", b"From", b"To", b"Call", b"CS"))
            ]
            phone.sendto(b"\r\n".join([b"SIP/2.0 200 OK", *head, b"Content-Length: 0", b"", b""]), caller)

        thread = threading.Thread(target=answer)
        thread.start()
        yield phone.getsockname()[1]
        thread.join()


def test_trunks_are_asked_whether_they_speak_sip(house: House) -> None:
    with answering_phone() as port:
        house.settings |= {
            "RINGBACK__TRUNKS__0__NAME": "good",
            "RINGBACK__TRUNKS__0__HOST": "127.0.0.1",
            "RINGBACK__TRUNKS__0__PORT": str(port),
            "RINGBACK__TRUNKS__1__NAME": "silent",
            "RINGBACK__TRUNKS__1__HOST": "127.0.0.1",
            "RINGBACK__TRUNKS__1__PORT": str(free_port()),
        }
        found = verdict(house, exit_code=3)
    assert found["trunks[0]"][0]["message"] == f"trunk good at 127.0.0.1:{port} answers"
    assert "does not answer SIP" in found["trunks[1]"][0]["message"]


def test_links_are_asked_whether_they_take_connections(house: House) -> None:
    with socket.socket() as smsc:
        smsc.bind(("127.0.0.1", 0))
        smsc.listen()
        for index, port in enumerate((smsc.getsockname()[1], free_port(socket.SOCK_STREAM))):
            house.settings |= {
                f"RINGBACK__LINKS__{index}__NAME": f"link{index}",
                f"RINGBACK__LINKS__{index}__HOST": "127.0.0.1",
                f"RINGBACK__LINKS__{index}__PORT": str(port),
                f"RINGBACK__LINKS__{index}__SYSTEM_ID": "us",
            }
        found = verdict(house, exit_code=3)
    assert found["links[0]"][0]["level"] == "ok"
    assert "cannot be reached: Connection refused" in found["links[1]"][0]["message"]


def test_a_queue_elsewhere_that_is_away_only_degrades(house: House) -> None:
    house.settings["RINGBACK__QUEUE__URL"] = f"redis://127.0.0.1:{free_port(socket.SOCK_STREAM)}"
    (found,) = verdict(house, exit_code=3)["queue.url"]
    assert found["level"] == "degraded"
