"""Acts on the pages, noted in the catalog's audit."""

from typing import Any

from sqlalchemy.orm import Session

from dsqc.catalog.accounts import append_audit
from dsqc.web.visit import Visit


def note(visit: Visit, action: str, object_: str = "", details: dict[str, Any] | None = None) -> None:
    """Note what a visitor did, with who and from where."""

    def write(session: Session) -> None:
        append_audit(session, action, actor=visit.actor, address=visit.address, object_=object_, details=details)

    visit.site.catalog.write(write)


def note_refusal(visit: Visit) -> None:
    """Note that somebody who is logged in asked for what is not theirs. What nobody asks for stands in the log only."""
    if visit.visitor is not None:
        note(visit, "refused", visit.path, {"method": visit.method})
