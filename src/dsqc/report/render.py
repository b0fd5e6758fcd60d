"""The template engine of the pages, and texts that stand in a page in both languages."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from dsqc.findings import Location
from dsqc.language import Language, Text
from dsqc.version import __version__

if TYPE_CHECKING:
    import jinja2

BACKTICKS = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Link:
    """A text that leads to another page."""

    target: str
    text: Text


def render(template: str, language: Language | None, *, only: Language | None = None, **values: Any) -> str:
    """Fill ``template``.

    Args:
        template: file of ``templates/``.
        language: language that the page opens in; ``None`` for the browser's.
        only: the one language of the page; ``None`` for both, with a switch.
        values: what the template names.
    """
    shown = language.value if language else None
    filled = _environment(only).get_template(template)
    return filled.render(language=shown, only=only.value if only else None, version=__version__, **values)


@cache
def _environment(only: Language | None = None) -> "jinja2.Environment":
    import jinja2  # 60 ms; only the batch page is worth it

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: _resource("templates", name)),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["both"] = both if only is None else partial(_single, language=only)
    environment.globals["language_of"] = lambda only: Language(only) if only else Language.EN
    environment.tests["link"] = lambda value: isinstance(value, Link)
    environment.globals["static"] = lambda name: Markup(_resource("static", name))  # noqa: S704  our own files
    return environment


def static_file(name: str) -> str:
    """A file of ``static/``."""
    return _resource("static", name)


def _resource(folder: str, name: str) -> str:
    return files("dsqc.report").joinpath(folder, name).read_text(encoding="utf-8").strip()


def both(text: Text | str) -> Markup:
    """``text`` in both languages, of which the page shows one; once where they agree. `Words` in backticks are code."""
    if isinstance(text, str):
        return escape(text)
    if text.en == text.ko:
        return _with_code(text.en)
    # Not Markup.format, which would escape once more what is escaped, and takes most of the time of a page.
    english, korean = _with_code(text.en), _with_code(text.ko)
    return Markup(f'<span class="en" lang="en">{english}</span><span class="ko" lang="ko">{korean}</span>')  # noqa: S704


def _single(text: Text | str, language: Language) -> Markup:
    """``text`` in the one language of a page."""
    return escape(text) if isinstance(text, str) else _with_code(text.get(language))


def _with_code(text: str) -> Markup:
    # Escaped first, so that only our own tags are markup.
    escaped = str(escape(text))
    return Markup(BACKTICKS.sub(r"<code>\1</code>", escaped) if "`" in escaped else escaped)  # noqa: S704


def place(location: Mapping[str, Any]) -> Text:
    """Where a finding was seen, for people; ``location`` as in ``Finding.to_dict``."""
    item = Location(**location)
    english, korean = ([item.path] if item.path else []), ([item.path] if item.path else [])
    if item.sheet:
        english.append(f"sheet {item.sheet}")
        korean.append(f"{item.sheet} 시트")
    if item.row is not None:
        english.append(f"cell {item.column}{item.row}" if item.column else f"row {item.row}")
        korean.append(f"{item.column}{item.row} 셀" if item.column else f"{item.row}행")
    if item.attribute:
        english.append(item.attribute)
        korean.append(item.attribute)
    if item.record is not None:
        english.append(f"record {item.record:,}")
        korean.append(f"레코드 {item.record:,}")
    if item.line is not None:
        english.append(f"line {item.line:,}")
        korean.append(f"{item.line:,}번째 줄")
    if item.byte_offset is not None:
        english.append(f"{'stored byte' if item.in_container else 'byte'} {item.byte_offset:,}")
        korean.append(f"{'저장된 ' if item.in_container else ''}바이트 {item.byte_offset:,}")
    return Text(" · ".join(english), " · ".join(korean))


def quantity(value: float | str | None, unit: str = "count") -> str:
    """A metric's value for people: thousands apart, fractions in percent, a dash where there is none.

    Args:
        value: the value.
        unit: unit of the metric catalogue (``count``, ``bp``, ``fraction``, ``phred``, ``text``) or ``bytes``.
    """
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    if unit == "fraction":
        percent = 100 * value
        return f"{percent:.2f} %" if percent >= 0.01 or percent == 0 else f"{percent:.2g} %"
    if unit == "bytes":
        return size(value)
    digits = 0 if float(value).is_integer() else 2
    text = f"{value:,.{digits}f}"
    return f"{text} bp" if unit == "bp" else text


def size(number: float) -> str:
    """A number of bytes: ``1.2 MB`` (powers of ten, as file managers and archives show them)."""
    for unit, factor in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if number >= factor:
            return f"{number / factor:.1f} {unit}"
    return f"{number:,.0f} B"


def short_count(number: float) -> str:
    """A large count in three digits: ``1.23 G``."""
    for unit, factor in (("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e4)):
        if number >= factor:
            divisor = 1e3 if unit == "k" else factor
            return f"{number / divisor:.3g} {unit}"
    return f"{number:,.0f}"
