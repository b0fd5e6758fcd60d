"""What handlers give back: pages out of templates, redirections, JSON, and problems with a page of their own."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from markupsafe import Markup, escape
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from dsqc.catalog.accounts import Role
from dsqc.language import Language, Text
from dsqc.registry import rules
from dsqc.report.render import BACKTICKS, quantity, size
from dsqc.version import __version__
from dsqc.web.labels import LABELS, ROLES, SEVERITIES, STATES, VERDICTS, WORDS
from dsqc.web.visit import STAFF, Visit

if TYPE_CHECKING:
    import jinja2


SHARED = {"access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin"}
"""Headers of what is public whoever asks; cookies are neither needed nor heeded there."""


class Problem(Exception):
    """The request is answered with an error page (or JSON): a status, and a text that tells nothing inner."""

    def __init__(self, status: int, text: Text | None = None, *, retry_after_s: int = 0) -> None:
        super().__init__(str(status))
        self.status = status
        self.text = text
        self.retry_after_s = retry_after_s


def page(visit: Visit, template: str, *, status: int = 200, **values: Any) -> Response:
    """Fill ``template`` in the language of the visit."""
    return HTMLResponse(render(visit, template, **values), status)


def render(visit: Visit, template: str, **values: Any) -> str:
    """The filled template."""
    filled = _environment(visit.language).get_template(template)
    return filled.render(visit=visit, site=visit.site, menu=_menu(visit), version=__version__, **values)


def redirect(path: str) -> Response:
    """To another page of ours, with GET."""
    return RedirectResponse(path, 303)


def json_answer(value: Any, status: int = 200) -> Response:
    """A JSON document that tells everybody the same, so that pages of other sites may read it too."""
    return JSONResponse(value, status, headers=SHARED)


def _menu(visit: Visit) -> list[tuple[str, str, bool]]:
    """Path, label and whether we are there, of what this visitor may go to."""
    entries: list[tuple[str, str]] = []
    if visit.role in STAFF:
        entries.append(("/queue", "queue"))
    if visit.role in STAFF or visit.role is Role.SUBMITTER:
        entries.append(("/submissions", "submissions"))
    entries += [("/catalog", "catalog"), ("/statistics", "statistics")]
    return [(path, label, visit.path == path or visit.path.startswith(f"{path}/")) for path, label in entries]


@cache
def _environment(language: Language) -> "jinja2.Environment":
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("dsqc.web", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "say": lambda name: LABELS[name].get(language),
        "lang": language.value,
        "state_mark": lambda name: _mark(STATES.get(name), name, language),
        "severity_mark": lambda name: _mark(SEVERITIES.get(name), name, language),
        "rule_name": lambda code: rules()[code].name.get(language) if code in rules() else "",
        "verdict": lambda name: _mark(VERDICTS.get(name), name, language),
        "word": lambda name: WORDS[name].get(language) if name in WORDS else name,
        "role": lambda name: ROLES[name].get(language),
        "link": _link,
    }
    environment.filters |= {
        "text": lambda item: item.get(language) if isinstance(item, Text) else item,
        "told": lambda row, name: _told(row, name, language),
        "bytes": size,
        "quantity": quantity,
        "number": lambda value: "–" if value is None else f"{value:,}",
        "when": lambda text: f"{text[:10]} {text[11:16]}" if text else "–",
    }
    return environment


def _told(row: Mapping[str, Any], name: str, language: Language) -> Markup:
    """A text that a row of results holds in both languages; `words` in backticks are code."""
    text = row.get(f"{name}_ko" if language is Language.KO else name) or row.get(name, "")
    # Escaped first, so that only our own tags are markup.
    return Markup(BACKTICKS.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704


def _mark(known: tuple[Text, str] | None, name: str, language: Language) -> Markup:
    text, style = known or (Text(name, name), "none")
    return Markup('<span class="mark {}">{}</span>').format(style, text.get(language))


def _link(visit: Visit, **changes: Any) -> Markup:
    """This page's address with other values in its query."""
    values = {**visit.query, **{name: str(value) for name, value in changes.items()}}
    return Markup(escape(f"{visit.path}?{urlencode(values)}"))  # noqa: S704  # escaped here


@cache
def static_content(name: str) -> tuple[bytes, str] | None:
    """Bytes and media type of a file that pages link to; ``None`` where it is none of them."""
    places = {"page.css": "dsqc.report", "web.css": "dsqc.web"}
    if name not in places:
        return None
    return files(places[name]).joinpath("static", name).read_bytes(), "text/css; charset=utf-8"
