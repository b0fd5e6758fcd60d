"""Notices of a day to come: what they say, in Korean and English, and that each is written and sent once."""

import hashlib
import re
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from dsqc.catalog.access.holds import RELEASE, Due
from dsqc.catalog.events import Clock, append_event, timestamp
from dsqc.catalog.models import DisclosureRecord, NoticeRecord, SubmissionRecord

_ADDRESS = re.compile(r"[^\s@,;<>\"]+@[^\s@,;<>\"]+")
"""What may stand in the head of a mail: one address and nothing that would be more."""
CLAIM = timedelta(minutes=10)
"""How long whoever began to send a notice has for it; then anybody may."""


def write_notice(session: Session, due: Due, *, actor: str, station_address: str, clock: Clock) -> bool:
    """Write one notice and the event that says so; nothing happens where it is written already."""
    known = select(NoticeRecord.id).where(
        NoticeRecord.submission_id == due.submission_id,
        NoticeRecord.kind == due.kind,
        NoticeRecord.due == due.day,
        NoticeRecord.days_before == due.days_before,
    )
    if session.scalars(known).first() is not None:
        return False
    record = session.get_one(SubmissionRecord, due.submission_id)
    disclosure = session.get_one(DisclosureRecord, due.submission_id)
    said = (record.attributes.get("submitter_email"), record.attributes.get("contact_email"), station_address)
    notice = NoticeRecord(
        submission_id=record.id,
        kind=due.kind,
        due=due.day,
        days_before=due.days_before,
        recipients=list(dict.fromkeys(address for address in said if address and _ADDRESS.fullmatch(address))),
        texts=_texts(record, disclosure, due),
        written_at=timestamp(clock()),
        claimed_at="",
        sent_at="",
    )
    session.add(notice)
    session.flush()
    details = {"kind": due.kind, "due": due.day, "days_before": due.days_before}
    append_event(session, record, "notified", actor=actor, details=details, clock=clock)
    return True


def _texts(record: SubmissionRecord, disclosure: DisclosureRecord, due: Due) -> dict[str, dict[str, str]]:
    who, day = f"{record.accession} ({record.alias})", due.day
    if due.kind == RELEASE:
        once_more = {
            "en": "It may be held back longer once; the station needs your request and its reason before that day."
            if not disclosure.extended_from
            else "It was held back longer once already; that is not possible again.",
            "ko": "한 번 연장할 수 있습니다. 그 전에 사유와 함께 스테이션에 요청하세요."
            if not disclosure.extended_from
            else "이미 한 번 연장하였으므로 다시 연장할 수 없습니다.",
        }
        return {
            "en": {
                "subject": f"[dsqc] {record.accession} becomes public on {day}",
                "text": f"Your submission {who} becomes public on {day}, metadata and data.\n{once_more['en']}\n",
            },
            "ko": {
                "subject": f"[dsqc] {record.accession} 공개 예정일 {day}",
                "text": f"제출하신 {who}의 메타데이터와 데이터가 {day}에 공개됩니다.\n{once_more['ko']}\n",
            },
        }
    return {
        "en": {
            "subject": f"[dsqc] {record.accession}: is the reason for closing still there on {day}?",
            "text": f"Your submission {who} is closed. Its reason is looked at again on {day}. Tell the station "
            "whether it still holds. Nothing is released by this day alone.\n",
        },
        "ko": {
            "subject": f"[dsqc] {record.accession} 비공개 사유 재검토일 {day}",
            "text": f"제출하신 {who}은(는) 비공개 상태이며, {day}에 사유를 다시 검토합니다. "
            "사유가 아직 있는지 스테이션에 알려 주세요. 이 날짜만으로 공개되지는 않습니다.\n",
        },
    }


def unsent(session: Session) -> list[dict[str, Any]]:
    """Notices that no mail server has taken, oldest first, as the outbox holds them."""
    query = (
        select(NoticeRecord, SubmissionRecord.accession)
        .join(SubmissionRecord, SubmissionRecord.id == NoticeRecord.submission_id)
        .where(NoticeRecord.sent_at == "")
        .order_by(NoticeRecord.id)
    )
    return [
        {
            "id": notice.id,
            "accession": accession,
            "kind": notice.kind,
            "due": notice.due,
            "days_before": notice.days_before,
            "message_id": message_id(notice, accession),
            "to": list(notice.recipients),
            "texts": dict(notice.texts),
            "written_at": notice.written_at,
        }
        for notice, accession in session.execute(query)
    ]


def message_id(notice: NoticeRecord, accession: str) -> str:
    """The same for the same notice, so that one that is sent twice after a crash is seen to be one."""
    said = f"{accession} {notice.kind} {notice.due} {notice.days_before}"
    return hashlib.sha256(said.encode("utf-8")).hexdigest()[:32]


def claim(session: Session, notice_id: int, clock: Clock) -> bool:
    """Take a notice to send it; false where it was sent, or somebody else is at it."""
    notice = session.get_one(NoticeRecord, notice_id)
    moment = clock()
    if notice.sent_at or notice.claimed_at > timestamp(moment - CLAIM):
        return False
    notice.claimed_at = timestamp(moment)
    return True


def note_sent(session: Session, notice_id: int, clock: Clock) -> None:
    """Note that a notice is on its way."""
    notice = session.get_one(NoticeRecord, notice_id)
    if not notice.sent_at:
        notice.sent_at = timestamp(clock())


def give_back(session: Session, notice_id: int) -> None:
    """Let a notice that could not be sent be taken again at once."""
    session.get_one(NoticeRecord, notice_id).claimed_at = ""
