"""Every route of the site, and who may use it: the one table that the application is made of."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from starlette.responses import Response

from dsqc.catalog.accounts import Role
from dsqc.web import account, catalog_pages, drs, figures, log_in, operations, queue, submission
from dsqc.web.answers import Problem
from dsqc.web.visit import ANYONE, LOGGED_IN, STAFF, Visit


class Kind(StrEnum):
    """How a route answers, its problems too."""

    PAGE = "page"
    JSON = "json"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Route:
    """One route.

    Attributes:
        roles: who may use it; ``None`` among them: nobody need be logged in. What of it a visitor sees is the
            handler's matter: a submitter's own submissions, the public view.
    """

    method: str
    path: str
    handler: Callable[[Visit], Response]
    roles: frozenset[Role | None]
    kind: Kind = Kind.PAGE


def _nothing(_visit: Visit) -> Response:
    raise Problem(404)


SUBMISSIONS: frozenset[Role | None] = STAFF | {Role.SUBMITTER}
CURATORS: frozenset[Role | None] = frozenset({Role.CURATOR})
DRS = "/ga4gh/drs/v1"

ROUTES = (
    Route("GET", "/", log_in.start, ANYONE),
    Route("GET", "/log-in", log_in.form, ANYONE),
    Route("POST", "/log-in", log_in.enter, ANYONE),
    Route("POST", "/log-out", log_in.leave, LOGGED_IN),
    Route("GET", "/account", account.show, LOGGED_IN),
    Route("POST", "/account/password", account.change_password, LOGGED_IN),
    Route("POST", "/account/sessions", account.end_others, LOGGED_IN),
    Route("GET", "/queue", queue.show, STAFF),
    Route("GET", "/submissions", submission.show_list, SUBMISSIONS),
    Route("GET", "/submissions/{submission}", submission.show, SUBMISSIONS),
    Route("POST", "/submissions/{submission}/decision", submission.decide, CURATORS),
    Route("GET", "/submissions/{submission}/columns", submission.columns, SUBMISSIONS),
    Route("GET", "/submissions/{submission}/runs/{run}", submission.run, SUBMISSIONS),
    Route("GET", "/catalog", catalog_pages.search, ANYONE),
    Route("GET", "/catalog/{accession}", catalog_pages.show, ANYONE),
    Route("GET", "/statistics", figures.show, ANYONE),
    Route("GET", "/static/{name}", operations.static, ANYONE, Kind.TEXT),
    Route("GET", "/healthz", operations.health, ANYONE, Kind.TEXT),
    Route("GET", "/metrics", operations.metrics, ANYONE, Kind.TEXT),
    Route("GET", f"{DRS}/service-info", drs.service_info, ANYONE, Kind.JSON),
    Route("GET", f"{DRS}/objects/{{object}}", drs.show, ANYONE, Kind.JSON),
    Route("GET", f"{DRS}/objects/{{object}}/access/{{access}}", drs.access, ANYONE, Kind.JSON),
    Route("GET", "/data/{sha256}", drs.data, ANYONE, Kind.TEXT),
)
"""``/metrics`` asks for a token or an operator itself: programs that read it have no session."""

CATCH_ALL = Route("GET", "/{rest:path}", _nothing, ANYONE)
"""Whatever is not in the table."""
