"""Why data is closed after it was registered: the same that the forms ask of closed submissions (Art. 22(4))."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from dsqc.catalog.access.settling import disclosure_of
from dsqc.catalog.models import SubmissionRecord
from dsqc.errors import UsageError
from dsqc.forms import vocabulary
from dsqc.forms.vocabulary import read_table
from dsqc.rules.dates import parse_day


@dataclass(frozen=True, slots=True)
class Withholding:
    """Reason (vocabulary ``withholding_reason``), its approval where it needs one, and when it is looked at again.

    Days are ``YYYY-MM-DD``.
    """

    reason: str
    review_date: str
    requester: str = ""
    approver: str = ""
    approval_no: str = ""
    approval_date: str = ""


def check_withholding(why: Withholding, today: date) -> None:
    """Let a proper withholding pass, by what DSQC-P011 to P013 ask of forms.

    Raises:
        UsageError: the reason is none of the vocabulary, an approval is missing, or the day of review is past.
    """
    terms = vocabulary("withholding_reason")
    if why.reason not in terms:
        raise UsageError(f"{why.reason!r} is no reason to withhold (DSQC-P011).", hint=f"Reasons: {', '.join(terms)}.")
    review = parse_day(why.review_date)
    if review is None or review <= today:
        raise UsageError(
            f"{why.review_date!r} is no day to come (DSQC-P013).",
            hint="Write YYYY-MM-DD: the reason is looked at then.",
        )
    requesters = {row["term"]: row["requester"] for row in read_table("withholding_approval")}
    if why.reason in requesters:
        day = parse_day(why.approval_date)
        if not (why.approver and why.approval_no) or day is None or day > today:
            raise UsageError(
                f"The reason {why.reason} needs approver, number and date of its approval (DSQC-P012).",
                hint=f"It is asked for by: {requesters[why.reason]}.",
            )


def set_withholding(session: Session, record: SubmissionRecord, why: Withholding) -> None:
    """Keep why a submission is closed."""
    found = disclosure_of(session, record)
    requesters = {row["term"]: row["requester"] for row in read_table("withholding_approval")}
    found.until = ""
    found.reason, found.review_date = why.reason, why.review_date
    found.requester = why.requester or requesters.get(why.reason, "")
    found.approver, found.approval_no, found.approval_date = why.approver, why.approval_no, why.approval_date
