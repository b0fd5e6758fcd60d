"""The application: every route of the table behind the same checks, and an answer for whatever goes wrong."""

import secrets
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from hmac import compare_digest
from urllib.parse import parse_qsl

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from dsqc import logs
from dsqc.catalog.accounts import Visitor, find_session, touch_session
from dsqc.catalog.events import now
from dsqc.errors import DsqcError, TransientFault
from dsqc.language import Language, Text
from dsqc.version import __version__
from dsqc.web.answers import Problem, json_answer, page, redirect
from dsqc.web.audit import note_refusal
from dsqc.web.guard import Guard, TooLarge, TooSlow
from dsqc.web.labels import LABELS, PROBLEMS
from dsqc.web.routes import CATCH_ALL, ROUTES, Kind, Route
from dsqc.web.visit import LOGGED_IN, Site, Visit

MOST_FIELDS = 100
LANGUAGE_SECONDS = 365 * 86_400


def make_application(site: Site) -> Guard:
    """The ASGI application of a site, with its guard around it."""
    application = FastAPI(title="dsqc", version=__version__, docs_url=None, redoc_url=None, openapi_url=None)
    for route in (*ROUTES, CATCH_ALL):
        methods = ["GET", "HEAD"] if route.method == "GET" else [route.method]
        if route is CATCH_ALL:
            methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
        application.add_api_route(route.path, _endpoint(site, route), methods=methods, response_model=None)
    return Guard(application, hosts=site.hosts, secure=site.is_secure)


def _endpoint(site: Site, route: Route) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            body = await request.body() if request.method == "POST" else b""
        except TooLarge:
            return await run_in_threadpool(_problem, _bare(site, request), Problem(413), route)
        except TooSlow:
            return await run_in_threadpool(_problem, _bare(site, request), Problem(408), route)
        except ClientDisconnect:
            return Response(status_code=400)
        return await run_in_threadpool(_answer, site, route, request, body)

    return answer


def _answer(site: Site, route: Route, request: Request, body: bytes) -> Response:
    visit = _bare(site, request)
    try:
        visit = replace(visit, visitor=_visitor(site, visit), form=_fields(request, body))
        visit = replace(visit, form_token=_form_token(visit))
        refusal = _admit(visit, route)
        response = refusal or route.handler(visit)
    except Problem as problem:
        response = _problem(visit, problem, route)
    except TransientFault as fault:
        _log(visit, fault)
        response = _problem(visit, Problem(503, retry_after_s=5), route)
    except Exception as error:
        _log(visit, error)
        response = _problem(visit, Problem(500), route)
    if route.kind is Kind.PAGE:
        _set_cookies(visit, response)
    return response


def _bare(site: Site, request: Request) -> Visit:
    """The request before anybody is known."""
    return Visit(
        site=site,
        id=request.state.request_id,
        method=request.method,
        path=request.url.path,
        address=request.client.host if request.client else "",
        language=_language(request),
        visitor=None,
        form_token="",
        path_values={name: str(value) for name, value in request.path_params.items()},
        query=dict(request.query_params),
        cookies=request.cookies,
        headers=request.headers,
    )


def _language(request: Request) -> Language:
    """What was asked for with ``?lang=``, else chosen before, else what the browser prefers."""
    for chosen in (request.query_params.get("lang"), request.cookies.get("dsqc_lang")):
        if chosen in set(Language):
            return Language(chosen)
    weighted = []
    for number, part in enumerate(request.headers.get("accept-language", "").split(",")[:20]):
        name, _, weight = part.strip().partition(";q=")
        try:
            weighted.append((-float(weight or 1), number, name.strip().lower()[:2]))
        except ValueError:
            continue
    return next((Language(name) for _, _, name in sorted(weighted) if name in set(Language)), Language.EN)


def _visitor(site: Site, visit: Visit) -> Visitor | None:
    token = visit.cookies.get(site.cookie("session"), "")
    if not token or len(token) > 200:
        return None
    with site.catalog.reading() as session:
        visitor = find_session(session, token, site.lifetime, clock=now)
    if visitor is not None and visitor.is_stale:
        site.catalog.write(lambda session: touch_session(session, visitor.token_sha256))
    return visitor


def _fields(request: Request, body: bytes) -> Mapping[str, str]:
    if request.method != "POST":
        return {}
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise Problem(400)
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError as error:
        raise Problem(400) from error
    return dict(pairs)


def _form_token(visit: Visit) -> str:
    """Of the session; where nobody is logged in, of a cookie of its own (double submit)."""
    if visit.visitor is not None:
        return visit.visitor.form_token
    kept = visit.cookies.get(visit.site.cookie("form"), "")
    return kept if 20 <= len(kept) <= 100 and kept.isascii() else secrets.token_urlsafe(32)


def _admit(visit: Visit, route: Route) -> Response | None:
    """Let pass who may; ``None`` where the handler may begin.

    Raises:
        Problem: the visitor may not, or the form was not sent from a page of ours.
    """
    if visit.role not in route.roles:
        if visit.visitor is None and route.roles <= LOGGED_IN:
            if route.kind is Kind.PAGE and visit.method in ("GET", "HEAD"):
                return redirect(f"/log-in?next={visit.path}" if visit.path != "/" else "/log-in")
            raise Problem(401)
        note_refusal(visit)
        raise Problem(403)
    if visit.method == "POST":
        _check_form(visit)
    return None


def _check_form(visit: Visit) -> None:
    """That the form was sent by a page of ours: the browser's own word for it, and the token that only we gave."""
    origin = visit.headers.get("origin")
    same = visit.headers.get("sec-fetch-site", "same-origin") == "same-origin"
    token = visit.form.get("form_token", "")
    if visit.visitor is None and visit.cookies.get(visit.site.cookie("form"), "") != visit.form_token:
        token = ""  # The token was made just now: no page can have it.
    if (origin is not None and origin != visit.site.origin) or not same:
        raise Problem(403, LABELS["expired_form"])
    if not compare_digest(token.encode("utf-8", "replace"), visit.form_token.encode("utf-8")):
        raise Problem(403, LABELS["expired_form"])


def _problem(visit: Visit, problem: Problem, route: Route) -> Response:
    text = problem.text or PROBLEMS.get(problem.status, PROBLEMS[500])
    if route.kind is Kind.JSON:
        response = json_answer({"msg": text.get(Language.EN), "status_code": problem.status}, problem.status)
    elif route.kind is Kind.TEXT:
        response = Response(f"{text.get(Language.EN)}\n", problem.status, media_type="text/plain")
    else:
        response = _problem_page(visit, problem.status, text)
    if problem.retry_after_s:
        response.headers["retry-after"] = str(problem.retry_after_s)
    return response


def _problem_page(visit: Visit, status: int, text: Text) -> Response:
    return page(replace(visit, path="/", query={}), "problem.html", status=status, code=status, message=text)


def _set_cookies(visit: Visit, response: Response) -> None:
    site, secure = visit.site, visit.site.is_secure
    if visit.query.get("lang") in set(Language):
        language = visit.query["lang"]
        response.set_cookie("dsqc_lang", language, max_age=LANGUAGE_SECONDS, samesite="lax", secure=secure)
    if visit.visitor is None and visit.form_token and visit.cookies.get(site.cookie("form")) != visit.form_token:
        response.set_cookie(site.cookie("form"), visit.form_token, httponly=True, samesite="strict", secure=secure)


def _log(visit: Visit, error: Exception) -> None:
    """For the operator, under the number that the page shows. Places in the code, no values of the request."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else ""
    said = error.message if isinstance(error, DsqcError) else ""
    logs.logger(request=visit.id).warning("failed", error=type(error).__name__, place=place, said=said)
