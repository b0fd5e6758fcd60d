"""Notices leave the station: an outbox of files for whoever sends mail, or a mail server."""

import json
import smtplib
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from dsqc.artefact import atomic_file, write_fault
from dsqc.catalog.access.notices import claim, give_back, note_sent, unsent
from dsqc.catalog.database import Catalog
from dsqc.catalog.events import Clock, now
from dsqc.stages._mail import MailServer, connect
from dsqc.station import Station

OUTBOX = "outbox.jsonl"


def write_outbox(catalog: Catalog) -> list[dict[str, Any]]:
    """Write ``outbox.jsonl`` and one text a notice, out of what the catalog says now; what was sent goes out of it.

    The directory is for the station's own user only: it holds addresses.

    Raises:
        StorageFault: the disk refused.
    """
    folder = catalog.station.root / catalog.station.notices.outbox
    with catalog.reading() as session:
        waiting = unsent(session)
    if not waiting and not folder.exists():
        return []
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise write_fault(folder, error) from error
    names = set()
    for notice in waiting:
        path = folder / f"{notice['id']:08d}-{notice['accession']}.txt"
        names.add(path.name)
        _write(path, _as_text(notice))
    lines = (json.dumps(notice, ensure_ascii=False) + "\n" for notice in waiting)
    _write(folder / OUTBOX, "".join(lines))
    for path in folder.glob("[0-9]*-*.txt"):
        if path.name not in names:
            path.unlink(missing_ok=True)
    return waiting


def _write(path: Path, text: str) -> None:
    data = text.encode("utf-8")
    if not path.is_file() or path.read_bytes() != data:
        with atomic_file(path) as file:
            file.write(data)


def _as_text(notice: dict[str, Any]) -> str:
    korean, english = notice["texts"]["ko"], notice["texts"]["en"]
    head = f"To: {', '.join(notice['to'])}\nSubject: {korean['subject']} / {english['subject']}\n\n"
    return f"{head}{korean['text']}\n{english['text']}"


def send_notices(catalog: Catalog, *, clock: Clock = now) -> tuple[int, list[str]]:
    """Give every unsent notice to the mail server of ``[notices] smtp``.

    A notice is taken by one process at a time, and noted when the server has it. One that is killed between these two
    sends it again, ten minutes later at the earliest and under the same Message-ID.

    Returns:
        How many the server took, and what it said of the others.

    Raises:
        UsageError: the password's variable is not set.
        TransientFault: the server cannot be reached, or refuses the login.
    """
    station = catalog.station
    with catalog.reading() as session:
        waiting = [notice for notice in unsent(session) if notice["to"]]
    if not waiting:
        return 0, []
    sent, refused = 0, []
    with mail_server(station) as server:
        for notice in waiting:
            number = notice["id"]
            if not catalog.write(lambda session: claim(session, number, clock)):  # noqa: B023  called at once
                continue
            try:
                server.send_message(_message(station, notice))
            except smtplib.SMTPException as error:
                catalog.write(lambda session: give_back(session, number))  # noqa: B023  called at once
                refused.append(f"{notice['accession']}: {type(error).__name__}")
            else:
                catalog.write(lambda session: note_sent(session, number, clock))  # noqa: B023  called at once
                sent += 1
    return sent, refused


def _message(station: Station, notice: dict[str, Any]) -> EmailMessage:
    message = EmailMessage()
    korean, english = notice["texts"]["ko"], notice["texts"]["en"]
    message["From"], message["To"] = station.notices.sender, ", ".join(notice["to"])
    # Line ends in a header would begin another one.
    message["Subject"] = " ".join(f"{korean['subject']} / {english['subject']}".split())
    message["Message-ID"] = f"<{notice['message_id']}@{station.notices.sender.rpartition('@')[2] or 'dsqc'}>"
    message.set_content(f"{korean['text']}\n{english['text']}")
    return message


def mail_server(station: Station) -> smtplib.SMTP:
    """The server of ``[notices] smtp``, connected and logged in.

    Raises:
        UsageError: the password's variable is not set.
        TransientFault: the server cannot be reached.
        SystemFault: it refuses the login.
    """
    options = station.notices
    return connect(
        MailServer(
            options.smtp,
            options.smtp_security,
            options.smtp_user,
            options.smtp_password_env,
            hint="The notices stand in the outbox; run `dsqc release run` again.",
        )
    )
