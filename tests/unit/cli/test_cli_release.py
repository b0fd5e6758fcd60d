"""``dsqc release`` and the access log as commands; notices into the outbox and to a mail server."""

import contextlib
import json
import re
import socketserver
import stat
import threading
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from dsqc.cli.main import main
from dsqc.crypt4gh import write_key_pair
from dsqc.errors import ExitCode
from dsqc.stages import release
from dsqc.station import Notices, Station
from helpers.catalogs import actions
from helpers.releasing import CLOSED, actor, person, registered
from helpers.stations import new_station

ONE, TWO = "KRA00000001", "KRA00000002"
FAR = "2999-01-01"


@pytest.fixture
def station(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Station:
    """One held submission and a closed one; the environment names the station."""
    made = new_station(tmp_path / "station", {}).station
    registered(made, tmp_path, release_date=FAR)
    registered(made, tmp_path, name="closed", prefix="c", access="closed", project=CLOSED)
    monkeypatch.setenv("DSQC_STATION", str(made.root))
    return made


def ask(capsys: pytest.CaptureFixture[str], schema: str, *words: str) -> dict[str, Any]:
    """What a command prints as JSON, which must be as published."""
    capsys.readouterr()
    assert main([*words, "--json"]) == ExitCode.DONE
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    text = files("dsqc.schemas").joinpath(f"reports/{schema}.schema.json").read_text(encoding="utf-8")
    jsonschema_rs.validate(json.loads(text), found)
    return found


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    capsys.readouterr()
    assert main([*words, "--lang", "en"]) == code
    shown = capsys.readouterr()
    return shown.out + shown.err


def test_what_is_due_is_listed_and_done(station: Station, capsys: pytest.CaptureFixture[str]) -> None:
    found = ask(capsys, "release_due", "release", "due", "--on", FAR)
    assert [(item["what"], item["accession"]) for item in found["due"]] == [("release", ONE), ("review", TWO)]
    assert [(row["accession"], row["until"] or row["review_date"]) for row in found["withheld"]] == [
        (ONE, FAR),
        (TWO, "2027-06-01"),
    ]
    assert "the reason" in said(capsys, "release", "due", "--on", FAR)
    assert ask(capsys, "release_run", "release", "run")["failed"] == []
    assert "nothing is released before its day" in said(capsys, "release", "run", "--on", FAR, code=2)
    assert "is held until 3001-01-01" in said(capsys, "release", "extend", ONE, "--by", "Lee", "--reason", "patent")
    assert "was extended before" in said(
        capsys, "release", "extend", ONE, "--by", "Lee", "--reason", "more", "--until", "3000-01-01", code=2
    )
    assert (
        ask(capsys, "release_change", "release", "early", ONE, "--by", "Lee", "--reason", "out")["state"] == "released"
    )
    assert "has the accession KRA9" in said(capsys, "release", "early", "KRA9", "--by", "Lee", "--reason", "x", code=2)


def test_two_people_release_and_one_closes(station: Station, capsys: pytest.CaptureFixture[str]) -> None:
    by_lee, by_choi = ("--by", "Lee", "--reason", "the patent is granted"), ("--by", "Choi")
    assert ask(capsys, "release_change", "release", "propose", TWO, *by_lee)["state"] == "closed"
    assert "cannot approve" in said(capsys, "release", "approve", TWO, "--by", "lee", code=2)
    assert ask(capsys, "release_change", "release", "approve", TWO, *by_choi)["state"] == "released"
    close = ("release", "close", TWO, *by_lee, "--because", "biosafety", "--review", FAR)
    assert ask(capsys, "release_change", *close)["cleared"] is True
    assert "P011" in said(capsys, *close[:-4], "--because", "whim", "--review", FAR, code=2)


def test_the_public_is_told_no_more_than_it_may(station: Station, capsys: pytest.CaptureFixture[str]) -> None:
    held = ask(capsys, "catalog_public", "catalog", "show", ONE, "--public")
    assert (held["standing"], held["until"], held["attributes"]) == ("held", FAR, {})
    closed = ask(capsys, "catalog_public", "catalog", "show", "KAS00000003", "--public")
    assert (closed["standing"], closed["attributes"]["organism"]) == ("closed", "Oryza sativa")
    assert "kim@" not in json.dumps(ask(capsys, "catalog_public", "catalog", "show", TWO, "--public")).lower()
    assert "Nothing is known" in said(capsys, "catalog", "show", "KRA9", "--public", code=2)


def test_hand_overs_are_logged_with_figures(
    station: Station, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_key_pair(tmp_path / "me.sec", tmp_path / "me.pub", "")
    export = ("--to", str(tmp_path / "me.pub"), "-o", str(tmp_path / "out"), "--by", "Lee", "--reason", "study 7")
    assert main(["storage", "export", TWO, *export]) == ExitCode.DONE
    assert "nothing of it is handed out before its day" in said(capsys, "storage", "export", ONE, *export, code=2)
    found = ask(capsys, "catalog_access_log", "catalog", "access-log")
    assert found["faults"] == []
    year = {name: found["years"][0][name] for name in ("hand_overs", "users", "files", "refusals", "refused_because")}
    assert year == {"hand_overs": 1, "users": 1, "files": 3, "refusals": 1, "refused_because": {"it is held": 1}}
    assert found["years"][0]["size_bytes"] == sum(path.stat().st_size for path in (tmp_path / "out").iterdir())
    assert "study 7" in said(capsys, "catalog", "access-log", "--accession", TWO)
    assert ask(capsys, "catalog_access_log", "catalog", "access-log", "--year", "2020")["entries"] == []


class MailServer(socketserver.ThreadingTCPServer):
    """The least SMTP that takes a mail; ``refuse`` refuses the recipients."""

    allow_reuse_address = daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Mail)
        self.mails: list[str] = []
        self.refuse = False


class _Mail(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self._say("220 ready")
        while line := self.rfile.readline().decode():
            verb = line[:4].upper()
            if verb == "DATA":
                self._say("354 go on")
                text = b""
                while (part := self.rfile.readline()) not in (b".\r\n", b""):
                    text += part
                self.server.mails.append(text.decode())
            if verb == "QUIT":
                self._say("221 bye")
                break
            self._say("550 no" if verb == "RCPT" and self.server.refuse else "250 ok")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@contextlib.contextmanager
def mail_server() -> Iterator[MailServer]:
    with MailServer() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def with_smtp(station: Station, port: int) -> Station:
    notices = Notices(smtp=f"127.0.0.1:{port}", smtp_security="none", sender="station@dsqc.example.org")
    return station.model_copy(update={"notices": notices})


def test_notices_are_written_once_and_wait_in_the_outbox(
    station: Station, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """30, 7 and 1 days before; one that was missed is not made up for."""
    registered(station, tmp_path, name="soon", prefix="s", release_date="2026-09-01")
    written = []
    for day in ("2026-08-01", "2026-08-02", "2026-08-03", "2026-08-27", "2026-08-28", "2026-08-31"):
        for _ in range(2):
            done = release.run(station, actor=actor(day)).done
            written += [(day, item["days_before"]) for item in done if item["what"] == "notice"]
    assert written == [("2026-08-02", 30), ("2026-08-27", 7), ("2026-08-31", 1)]
    folder = station.root / "notices"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    lines = [json.loads(line) for line in (folder / "outbox.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["days_before"] for line in lines] == [30, 7, 1]
    assert lines[0]["to"] == ["Kim@institute.re.kr"]
    texts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.txt"))]
    assert all("2026-09-01" in text and "공개" in text and "becomes public" in text for text in texts)
    assert actions(station, "soon").count("notified") == 3

    assert ask(capsys, "release_sent", "release", "sent", "1")["left"] == 2
    # A notice of a day that does not stand any more is never sent.
    release.extend_hold(station, "KRA00000003", person("Lee", "2026-08-31"), "2026-10-01")
    assert release.run(station, actor=actor("2026-08-31")).notices_waiting == 0
    assert ask(capsys, "release_sent", "release", "sent")["sent"] == []
    assert (list(folder.glob("*.txt")), (folder / "outbox.jsonl").read_text()) == ([], "")


def test_a_mail_server_takes_each_notice_once(station: Station, tmp_path: Path) -> None:
    registered(station, tmp_path, name="soon", prefix="s", release_date="2026-09-01")
    with mail_server() as server:
        reached = with_smtp(station, server.server_address[1])
        server.refuse = True
        refused = release.run(reached, actor=actor("2026-08-02"))
        assert [(item["what"], item["problem"]) for item in refused.failed] == [
            ("send", "KRA00000003: SMTPRecipientsRefused")
        ]
        server.refuse = False
        sent = [
            release.run(reached, actor=actor(day)).notices_sent for day in ("2026-08-02", "2026-08-02", "2026-08-25")
        ]
        assert sent == [1, 0, 1]
        heads = [re.search(r"(?im)^message-id: <(.+)@dsqc\.example\.org>", mail) for mail in server.mails]
    assert len({head[1] for head in heads if head}) == len(server.mails) == 2

    # Where nobody answers, releases go on and the notice waits.
    gone = release.run(with_smtp(station, 1), actor=actor("2026-08-31"))
    assert ([item["what"] for item in gone.failed], gone.notices_waiting) == (["send"], 1)
    assert [item["what"] for item in release.run(with_smtp(station, 1), actor=actor("2026-09-01")).done] == ["release"]
