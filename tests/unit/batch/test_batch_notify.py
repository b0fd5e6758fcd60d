"""Who is told that a batch has ended: real mail with TLS and login, real posts, and nobody at the other end."""

import contextlib
import email
import email.policy
import hashlib
import hmac
import http.server
import json
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from ipaddress import IPv4Address
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema_rs
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from dsqc.batch import notify as notifying
from dsqc.batch.notify import NOTIFIED, notify_end
from dsqc.cli._batch_notify import telling
from dsqc.cli.main import main
from dsqc.errors import SystemFault, UsageError
from helpers.under_way import UnderWay, write_under_way

SECRET, PASSWORD = "whsec-9b1c", "pa55-of-the-mail"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Secrets in the environment; no pauses between tries."""
    monkeypatch.setattr(notifying, "FIRST_WAIT_S", 0.0)
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A batch that has ended: two runs were given up, some submissions returned."""
    place = tmp_path / "spring.work"
    write_under_way(place, UnderWay(40, 2, 4, share=1.2, fail_every=40))
    return place


def station(work: Path, **notify: Any) -> Path:
    """The batch's own station, with a section ``[notify]``."""
    place = work / "station"
    place.mkdir(exist_ok=True)
    rows = [f"{name} = {json.dumps(value)}" for name, value in notify.items()]
    (place / "station.toml").write_text("\n".join(["[notify]", *rows]) + "\n", encoding="utf-8")
    return place


def hook_station(work: Path, port: int, **more: Any) -> Path:
    return station(work, webhook=f"http://127.0.0.1:{port}/T0/s3cr3t?x=1", webhook_secret_env="HOOK_SECRET", **more)


class Receiver:
    """A small HTTP server. Answers what ``answers`` holds, then 204; ``posts`` are (path, headers, body)."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.posts: list[tuple[str, dict[str, str], bytes]] = []


@pytest.fixture
def receiver() -> Iterator[tuple[Receiver, int]]:
    """The server and its port."""
    found = Receiver()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.posts.append((self.path, dict(self.headers), body))
            status = found.answers.pop(0) if found.answers else 204
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield found, server.server_address[1]
        server.shutdown()
        thread.join()


def schema(name: str) -> Any:
    return json.loads(files("dsqc.schemas").joinpath(f"reports/{name}.schema.json").read_text(encoding="utf-8"))


def test_a_post_is_signed_and_says_how_the_batch_ended(work: Path, receiver: tuple[Receiver, int]) -> None:
    found, port = receiver
    (delivery,) = notify_end(work, hook_station(work, port))
    assert (delivery.problem, delivery.tries) == ("", 1)
    ((path, headers, body),) = found.posts
    assert path == "/T0/s3cr3t?x=1"
    signed = f"{headers['X-DSQC-Timestamp']}.".encode() + body
    assert headers["X-DSQC-Signature"] == f"sha256={hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()}"
    value = json.loads(body)
    jsonschema_rs.validator_for(schema("batch_notice")).validate(value)
    assert (value["event"], headers["X-DSQC-Event"], value["batch"]) == ("batch.failed", "batch.failed", "spring")
    assert value["totals"]["failed"] == value["failed_count"] == 2
    assert value["totals"]["registered"] + value["totals"]["returned"] == 38
    assert [row["code"] for row in value["reasons"]] == ["DSQC-F010"]
    assert "확인 필요" in value["text"]
    assert "needs somebody" in value["text"]


def test_it_is_told_once_and_again_when_something_has_changed(work: Path, receiver: tuple[Receiver, int]) -> None:
    found, port = receiver
    place = hook_station(work, port)
    for _ in range(3):
        notify_end(work, place)
    assert len(found.posts) == 1
    changed = next((work / "results").glob("*/receipt.json"))
    changed.write_text(json.dumps({"state": "rejected", "accessions": {}, "reasons": []}), encoding="utf-8")
    notify_end(work, place)
    assert len(found.posts) == 2


@pytest.mark.parametrize(
    ("answers", "tries", "problem"),
    [
        ([500, 429, 200], 3, ""),
        ([503] * 9, 3, "The webhook at 127.0.0.1 answers 503."),
        ([404], 1, "The webhook at 127.0.0.1 answers 404."),
        ([302], 1, "The webhook at 127.0.0.1 answers 302."),
    ],
)
def test_a_fault_that_may_pass_is_tried_again_and_no_more_than_that(
    work: Path, receiver: tuple[Receiver, int], answers: list[int], tries: int, problem: str
) -> None:
    found, port = receiver
    found.answers = list(answers)
    (delivery,) = notify_end(work, hook_station(work, port))
    assert (delivery.tries, delivery.problem, len(found.posts)) == (tries, problem, tries)
    assert len({headers["X-DSQC-Delivery"] for _path, headers, _body in found.posts}) == 1
    assert json.loads((work / NOTIFIED).read_text(encoding="utf-8"))["deliveries"][0]["problem"] == problem


def test_nobody_at_the_other_end_changes_nothing_and_tells_no_secret(
    work: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = hook_station(work, 1, mail_to=["a@example.org"], smtp="127.0.0.1:1", sender="dsqc@example.org", tries=2)
    assert main(["batch", "notify", str(work)]) == 1
    monkeypatch.delenv("HOOK_SECRET")
    assert [item.tries for item in notify_end(work, place)] == [2, 1]
    told = capsys.readouterr()
    text = told.out + told.err + (work / NOTIFIED).read_text(encoding="utf-8")
    assert "cannot be used" in text
    assert "HOOK_SECRET is not set" in text
    assert not any(secret in text for secret in (SECRET, PASSWORD, "s3cr3t"))


def certificate(place: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example.org")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files_made = place / "cert.pem", place / "key.pem"
    files_made[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files_made[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files_made


class Mailbox:
    """Takes mails of who has logged in; ``refuse`` makes it busy for so many mails."""

    def __init__(self) -> None:
        self.mails: list[email.message.EmailMessage] = []
        self.refuse = 0

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  aiosmtpd's name
        if self.refuse:
            self.refuse -= 1
            return "451 busy, try again"
        parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(parsed, email.message.EmailMessage)
        self.mails.append(parsed)
        return "250 OK"


def _authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    good = isinstance(data, LoginPassword) and data.password == PASSWORD.encode()
    return AuthResult(success=good, handled=good)


class _AnyPort(Controller):
    """A controller that says which port it was given."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def mail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Mailbox, int]]:
    """A mail server that wants STARTTLS and a login, and whose certificate is believed; and its port."""
    cert, key = certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    monkeypatch.setenv("SSL_CERT_FILE", str(cert))
    box = Mailbox()
    controller = _AnyPort(
        box,
        hostname="127.0.0.1",
        port=0,
        tls_context=context,
        require_starttls=True,
        auth_required=True,
        authenticator=_authenticate,
    )
    controller.start()
    yield box, controller.port
    controller.stop()


def mail_station(work: Path, port: int, **more: Any) -> Path:
    return station(
        work,
        mail_to=["qc@example.org", "ops@example.org"],
        smtp=f"127.0.0.1:{port}",
        smtp_user="dsqc",
        sender="dsqc@example.org",
        **{"smtp_password_env": "MAIL_PASSWORD", **more},
    )


def test_a_mail_goes_through_tls_and_login_in_korean_and_english(work: Path, mail: tuple[Mailbox, int]) -> None:
    box, port = mail
    box.refuse = 1
    (delivery,) = notify_end(work, mail_station(work, port))
    assert (delivery.problem, delivery.tries) == ("", 2)
    (message,) = box.mails
    assert message["To"] == "qc@example.org, ops@example.org"
    assert message["Subject"].startswith("[dsqc] spring: 확인 필요 (등록 ")
    text = message.get_content()
    assert text.index("시스템 문제로 실패한 항목") < text.index("Failed by a fault of the station")
    for part in ("DSQC-F010", "qc submission-000", "mem_mb", str(work)):
        assert part in text


def test_a_password_comes_out_of_a_file_and_a_wrong_one_is_said_once(work: Path, mail: tuple[Mailbox, int]) -> None:
    box, port = mail
    place = mail_station(work, port, smtp_password_env="", smtp_password_file="mail.secret", language="en")
    (place / "mail.secret").write_text("wrong\n", encoding="utf-8")
    (delivery,) = notify_end(work, place)
    assert (delivery.tries, delivery.problem) == (1, "The mail server 127.0.0.1 refuses the login of dsqc.")
    (place / "mail.secret").write_text(f"{PASSWORD}\n", encoding="utf-8")
    (delivery,) = notify_end(work, place)
    assert delivery.problem == ""
    assert "needs somebody" in box.mails[0]["Subject"]


def test_a_server_whose_certificate_nobody_signed_gets_no_password(
    work: Path, mail: tuple[Mailbox, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    box, port = mail
    monkeypatch.delenv("SSL_CERT_FILE")
    (delivery,) = notify_end(work, mail_station(work, port, tries=1))
    assert "cannot be used" in delivery.problem
    assert box.mails == []


def test_the_command_tries_it_and_tells_cron_once(
    work: Path, receiver: tuple[Receiver, int], capsys: pytest.CaptureFixture[str]
) -> None:
    found, port = receiver
    hook_station(work, port)
    assert main(["batch", "notify", str(work), "--test", "--json"]) == 0
    value = json.loads(capsys.readouterr().out)
    jsonschema_rs.validator_for(schema("batch_notify")).validate(value)
    assert value["notice"]["event"] == "batch.test"
    for _ in range(2):
        assert main(["batch", "notify", str(work), "--once"]) == 0
    assert [json.loads(body)["event"] for _path, _headers, body in found.posts] == ["batch.test", "batch.failed"]


@pytest.mark.parametrize(
    ("error", "event"),
    [(None, "batch.failed"), (KeyboardInterrupt(), "batch.stopped"), (SystemFault("x"), "batch.stopped")],
    ids=["ended", "interrupted", "fault"],
)
def test_a_run_tells_how_it_ended_and_ends_as_it_does(
    work: Path, receiver: tuple[Receiver, int], error: BaseException | None, event: str
) -> None:
    found, port = receiver
    options: Any = SimpleNamespace(work=work, station=hook_station(work, port), dry_run=False)
    with contextlib.nullcontext() if error is None else pytest.raises(type(error)), telling(options):
        if error is not None:
            raise error
    assert [json.loads(body)["event"] for _path, _headers, body in found.posts] == [event]


def test_a_call_that_was_wrong_is_told_to_nobody(work: Path, receiver: tuple[Receiver, int]) -> None:
    found, port = receiver
    options: Any = SimpleNamespace(work=work, station=hook_station(work, port), dry_run=False)
    with pytest.raises(UsageError), telling(options):
        raise UsageError("wrong")
    options.dry_run = True
    with telling(options):
        pass
    assert found.posts == []


@pytest.mark.parametrize(
    "section",
    [
        {"mail_to": ["nobody"]},
        {"mail_to": ["a@b.org\nBcc: c@d.org"]},
        {"webhook": "ftp://example.org"},
        {"smtp": "mail.example.org"},
        {"smtp": "mail.example.org", "sender": "a@b.org", "smtp_user": "u"},
        {"webhook": "https://a", "webhook_env": "B"},
        {"tries": 0},
    ],
)
def test_a_wrong_section_is_named(work: Path, section: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    station(work, **section)
    assert main(["batch", "notify", str(work), "--test"]) == 2
    assert "notify" in capsys.readouterr().err
