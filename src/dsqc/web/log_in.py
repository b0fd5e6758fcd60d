"""Coming and going: the start, log-in, log-out."""

import re

from sqlalchemy.orm import Session
from starlette.responses import Response

from dsqc import logs
from dsqc.catalog.accounts import LogInRefused, Role, TooManyFailures, append_audit, end_session, log_in
from dsqc.web.answers import page, redirect
from dsqc.web.visit import Visit

HOME = {Role.CURATOR: "/queue", Role.OPERATOR: "/submissions", Role.SUBMITTER: "/submissions"}
"""Where each role begins; everybody else with the catalog."""
_OWN_PATH = re.compile(r"/(?!/)[A-Za-z0-9._~/%\-]{0,300}")
LONGEST_FIELD = 300


def start(visit: Visit) -> Response:
    """Send everybody to where they begin."""
    return redirect(_home(visit.role))


def form(visit: Visit) -> Response:
    """The log-in form."""
    if visit.visitor is not None:
        return redirect(_home(visit.role))
    return page(visit, "log_in.html", next=_next(visit.query.get("next", "")), problem="", minutes=0)


def enter(visit: Visit) -> Response:
    """Open a session with a token that nobody knew before, whatever the browser brought."""
    name, password = visit.form.get("name", "")[:LONGEST_FIELD], visit.form.get("password", "")[:LONGEST_FIELD]
    path = _next(visit.form.get("next", ""))
    site = visit.site
    former = visit.cookies.get(site.cookie("session"), "")
    try:
        token, visitor = log_in(
            site.catalog, name, password, address=visit.address, lifetime=site.lifetime, former_token=former
        )
    except LogInRefused:
        logs.logger(request=visit.id).warning("log-in refused", address=visit.address)
        return page(visit, "log_in.html", status=401, next=path, problem="wrong", minutes=0)
    except TooManyFailures as error:
        logs.logger(request=visit.id).warning("log-in not heard", address=visit.address)
        minutes = -(-error.retry_after_s // 60)
        answer = page(visit, "log_in.html", status=429, next=path, problem="wait_minutes", minutes=minutes)
        answer.headers["retry-after"] = str(error.retry_after_s)
        return answer
    response = redirect(path or _home(visitor.account.role))
    set_session(visit, response, token)
    return response


def leave(visit: Visit) -> Response:
    """End the session, here and in the catalog."""
    visitor = visit.visitor
    if visitor is not None:

        def end(session: Session) -> None:
            end_session(session, visitor.token_sha256)
            append_audit(session, "log-out", actor=visit.actor, address=visit.address)

        visit.site.catalog.write(end)
    response = redirect("/")
    response.delete_cookie(
        visit.site.cookie("session"), httponly=True, samesite="lax", secure=visit.site.is_secure, path="/"
    )
    return response


def set_session(visit: Visit, response: Response, token: str) -> None:
    """Give the browser the cookie of its session."""
    site = visit.site
    response.set_cookie(
        site.cookie("session"),
        token,
        max_age=site.station.web.longest_hours * 3600,
        httponly=True,
        samesite="lax",
        secure=site.is_secure,
        path="/",
    )


def _home(role: Role | None) -> str:
    return HOME.get(role, "/catalog") if role else "/catalog"


def _next(path: str) -> str:
    """Where to go after log-in, if it is a page of ours; nothing otherwise."""
    return path if _OWN_PATH.fullmatch(path) else ""
