"""Telling people and programs that a batch has ended: a mail, a POST of JSON. Tried a few times, never more than that.

A notification that cannot be delivered is a warning in the log and a line in ``status/notified.json``; the batch has
ended as it has ended. A post is signed: ``X-DSQC-Signature: sha256=<hex>`` is HMAC-SHA256, with the station's secret,
of ``<X-DSQC-Timestamp>.<body>``.
"""

import contextlib
import hashlib
import hmac
import http.client
import json
import smtplib
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from dsqc import logs
from dsqc.artefact import write_json
from dsqc.batch.notice import Notice, make_notice
from dsqc.batch.status import batch_status
from dsqc.errors import DsqcError, SystemFault, TransientFault
from dsqc.language import Language
from dsqc.stages._mail import MailServer, connect, secret_of
from dsqc.station import Station, load_station
from dsqc.version import __version__

NOTIFIED = "status/notified.json"
TIMEOUT_S = 15.0
FIRST_WAIT_S = 1.0
"""Pause after the first failed try; each further one is four times as long."""
MOST_ANSWER = 1000


@dataclass(frozen=True, slots=True)
class Delivery:
    """How one notification went. ``problem`` is empty where it was taken; it never holds an address of a webhook."""

    channel: str
    to: str
    tries: int
    problem: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain data for ``notified.json``."""
        return {"channel": self.channel, "to": self.to, "tries": self.tries, "problem": self.problem}


def notify(notice: Notice, station: Station, *, tries: int = 0) -> list[Delivery]:
    """Send ``notice`` by every way that ``[notify]`` names; a way that fails does not stop another.

    Args:
        notice: what is told.
        station: whose ``[notify]`` section says to whom.
        tries: how often each is tried; 0 for what the section says.
    """
    options, count = station.notify, tries or station.notify.tries
    deliveries = []
    if options.mail_to:
        deliveries.append(_deliver("mail", ", ".join(options.mail_to), lambda: _mail(notice, station), count))
    if options.webhook or options.webhook_env:
        deliveries.append(_deliver("webhook", "", lambda: _post(notice, station), count))
    for item in deliveries:
        if item.problem:
            logs.logger().warning("nobody was told", channel=item.channel, problem=item.problem, tries=item.tries)
        else:
            logs.logger().info("told", channel=item.channel, to=item.to)
    return deliveries


def notify_end(work: Path, station_file: Path, *, stopped: bool = False) -> list[Delivery]:
    """Tell that the batch in ``work`` has ended; never fails. What was told already is not told again.

    Args:
        work: working directory.
        station_file: ``station.toml``.
        stopped: whether the run was interrupted; then everything is tried once only: somebody waits for the prompt.
    """
    try:
        station = load_station(station_file)
        if not station.notify.tells_anybody:
            return []
        notice = make_notice(batch_status(work), work, stopped=stopped)
        if was_told(work, notice):
            return []
        deliveries = notify(notice, station, tries=1 if stopped else 0)
        note(work, notice, deliveries)
    except (DsqcError, OSError) as error:
        logs.logger().warning("nobody was told", problem=getattr(error, "message", None) or type(error).__name__)
        return []
    return deliveries


def note(work: Path, notice: Notice, deliveries: list[Delivery]) -> None:
    """Keep what was told, so that the same is not told again."""
    record = {
        "schema_version": "1.0",
        "told": _digest(notice),
        "event": notice.kind.value,
        "time": notice.time,
        "deliveries": [item.to_dict() for item in deliveries],
    }
    with contextlib.suppress(SystemFault):
        write_json(work / NOTIFIED, record)


def was_told(work: Path, notice: Notice) -> bool:
    """Whether just this was told before, by every way."""
    try:
        found = json.loads((work / NOTIFIED).read_text(encoding="utf-8"))
        delivered = all(not item["problem"] for item in found["deliveries"])
        return bool(found["told"] == _digest(notice) and delivered)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _digest(notice: Notice) -> str:
    """The same as long as the batch stands the same."""
    told = replace(notice, time=0.0).to_dict()
    return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _deliver(channel: str, to: str, send: Callable[[], None], tries: int) -> Delivery:
    """Try until it is taken, refused for good, or tried often enough."""
    wait, problem = FIRST_WAIT_S, ""
    for number in range(1, tries + 1):
        try:
            send()
        except TransientFault as error:
            problem = error.message
        except DsqcError as error:
            return Delivery(channel, to, number, error.message)
        else:
            return Delivery(channel, to, number)
        if number < tries:
            time.sleep(wait)
            wait *= 4
    return Delivery(channel, to, tries, problem)


def _mail(notice: Notice, station: Station) -> None:
    server, sender = notify_mail_server(station)
    message = EmailMessage()
    language = station.notify.language
    shown = [Language.KO, Language.EN] if language == "both" else [Language(language)]
    message["From"], message["To"] = sender, ", ".join(station.notify.mail_to)
    # Line ends in a header would begin another one.
    message["Subject"] = " ".join(notice.subject(shown[0]).split())
    message["Message-ID"] = f"<{_digest(notice)[:32]}.{int(notice.time)}@{sender.rpartition('@')[2] or 'dsqc'}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(notice.texts(language))
    with connect(server) as connection:
        try:
            connection.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            codes = {code for code, _text in error.recipients.values()}
            kind = TransientFault if min(codes, default=500) < 500 else SystemFault
            raise kind("The mail server refuses the addresses of mail_to.") from None
        except (smtplib.SMTPException, OSError) as error:
            raise TransientFault(f"The mail server did not take the mail: {type(error).__name__}.") from None


def notify_mail_server(station: Station) -> tuple[MailServer, str]:
    """The server of ``[notify]``, else that of ``[notices]``, and the sender's address.

    Raises:
        SystemFault: neither names one.
    """
    own, other = station.notify, station.notices
    if own.smtp:
        file = station.root / own.smtp_password_file if own.smtp_password_file else None
        user, variable = own.smtp_user, own.smtp_password_env
        return MailServer(own.smtp, own.smtp_security, user, variable, file, "notify", timeout_s=TIMEOUT_S), own.sender
    if other.smtp:
        server = MailServer(
            other.smtp, other.smtp_security, other.smtp_user, other.smtp_password_env, timeout_s=TIMEOUT_S
        )
        return server, own.sender or other.sender
    raise SystemFault("mail_to names addresses, but neither [notify] nor [notices] a mail server (smtp).")


def _post(notice: Notice, station: Station) -> None:
    options = station.notify
    url = _webhook(station)
    body = json.dumps(notice.to_dict(options.language), ensure_ascii=False, separators=(",", ":")).encode()
    headers = _headers(notice, body, station)
    target = url.path or "/"
    if url.query:
        target += f"?{url.query}"
    link = _link(url)
    try:
        link.request("POST", target, body=body, headers=headers)
        answer = link.getresponse()
        answer.read(MOST_ANSWER)
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise TransientFault(f"The webhook at {url.hostname} cannot be reached: {reason}.") from None
    finally:
        link.close()
    if answer.status == http.HTTPStatus.TOO_MANY_REQUESTS or answer.status >= 500:
        raise TransientFault(f"The webhook at {url.hostname} answers {answer.status}.")
    if not 200 <= answer.status < 300:  # a redirection is not followed: the signed text would go elsewhere
        raise SystemFault(f"The webhook at {url.hostname} answers {answer.status}.")


def _webhook(station: Station) -> SplitResult:
    """Where posts go.

    Raises:
        SystemFault, UsageError: that is no address, or the variable that holds it is not set.
    """
    options = station.notify
    url = urlsplit(options.webhook or secret_of(options.webhook_env, None, "[notify] webhook_env"))
    if url.scheme not in ("https", "http") or not url.hostname:
        raise SystemFault("The webhook's address must begin with https:// or http://.")
    return url


def _link(url: SplitResult) -> http.client.HTTPConnection:
    host = url.hostname or ""
    if url.scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, url.port, timeout=TIMEOUT_S, context=context)
    return http.client.HTTPConnection(host, url.port, timeout=TIMEOUT_S)


def reach_webhook(station: Station) -> str:
    """Connect to the webhook, post nothing; its host.

    Raises:
        SystemFault, UsageError, TransientFault: its address is wrong, or it cannot be reached.
    """
    url = _webhook(station)
    link = _link(url)
    try:
        link.connect()
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise TransientFault(f"The webhook at {url.hostname} cannot be reached: {reason}.") from None
    finally:
        link.close()
    return url.hostname or ""


def _headers(notice: Notice, body: bytes, station: Station) -> dict[str, str]:
    """Headers of a post. The delivery's id is the same in every try, so that a receiver can drop what it has."""
    options, stamp = station.notify, str(int(time.time()))
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": f"dsqc/{__version__}",
        "X-DSQC-Event": notice.kind.value,
        "X-DSQC-Delivery": hashlib.sha256(body).hexdigest()[:32],
        "X-DSQC-Timestamp": stamp,
    }
    if options.webhook_secret_env or options.webhook_secret_file:
        file = station.root / options.webhook_secret_file if options.webhook_secret_file else None
        named = "webhook_secret_env" if options.webhook_secret_env else "webhook_secret_file"
        secret = secret_of(options.webhook_secret_env, file, f"[notify] {named}")
        signature = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        headers["X-DSQC-Signature"] = f"sha256={signature}"
    return headers
