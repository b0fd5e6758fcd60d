"""One's own account: the password, and where one is logged in."""

from dataclasses import replace

from sqlalchemy.orm import Session
from starlette.responses import Response

from dsqc.catalog.accounts import (
    LogInRefused,
    TooManyFailures,
    Visitor,
    append_audit,
    confirm_password,
    end_sessions,
    hashed_password,
    open_session,
    sessions_of,
    set_password,
)
from dsqc.errors import UsageError
from dsqc.web.answers import Problem, page
from dsqc.web.log_in import LONGEST_FIELD, set_session
from dsqc.web.visit import Visit


def show(visit: Visit, *, status: int = 200, said: str = "", problem: str = "", ended: int | None = None) -> Response:
    """The account."""
    visitor, site = _visitor(visit), visit.site
    with site.catalog.reading() as session:
        sessions = sessions_of(session, visitor.account.id, site.lifetime)
    values = {"account": visitor.account, "sessions": sessions, "said": said, "problem": problem, "ended": ended}
    return page(_at_account(visit), "account.html", status=status, **values)


def change_password(visit: Visit) -> Response:
    """Another password, for who knows the present one. All sessions end; this one goes on with new tokens."""
    site = visit.site
    present, new, again = (visit.form.get(name, "")[:LONGEST_FIELD] for name in ("present", "new", "again"))
    if new != again:
        return show(visit, status=400, problem="password_differs")
    try:
        confirm_password(site.catalog, visit.actor, present, address=visit.address)
        hashed = hashed_password(new, visit.actor)
    except LogInRefused:
        return show(visit, status=400, problem="password_wrong")
    except UsageError:
        return show(visit, status=400, problem="password_poor")
    except TooManyFailures as error:
        raise Problem(429, retry_after_s=error.retry_after_s) from error

    def change(session: Session) -> tuple[str, Visitor]:
        account = set_password(session, visit.actor, hashed, by=visit.actor)
        return open_session(session, account, visit.address, site.lifetime)

    token, opened = site.catalog.write(change)
    response = show(replace(visit, visitor=opened, form_token=opened.form_token), said="password_changed")
    set_session(visit, response, token)
    return response


def end_others(visit: Visit) -> Response:
    """Log out everywhere else."""
    visitor = _visitor(visit)

    def end(session: Session) -> int:
        number = end_sessions(session, visitor.account.id, but=visitor.token_sha256)
        append_audit(session, "other sessions ended", actor=visit.actor, address=visit.address)
        return number

    return show(visit, ended=visit.site.catalog.write(end))


def _visitor(visit: Visit) -> Visitor:
    if visit.visitor is None:
        raise Problem(401)
    return visit.visitor


def _at_account(visit: Visit) -> Visit:
    """The visit as if the page had been asked for: its links lead back here."""
    return replace(visit, path="/account", method="GET", query={})
