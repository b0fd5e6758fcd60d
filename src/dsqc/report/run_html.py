"""The markup of a run page, written without a template engine: loading one takes longer than measuring a small file.

Every text that comes from data goes through ``markupsafe``: what is put into a ``Markup`` by ``format`` is escaped.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from markupsafe import Markup

from dsqc.language import Language, Text
from dsqc.report.figures import Figure, LegendItem
from dsqc.report.inferred import TITLE as INFERRED
from dsqc.report.labels import RUN, STATUS
from dsqc.report.render import both
from dsqc.report.sections import Grid, Section
from dsqc.version import __version__

_OWN_IDS = re.compile(r'(\bid="|aria-labelledby=")([^"]+)')
OPEN_ROWS = 8
"""Tables of more rows are folded."""

_SHELL = Markup("""<!doctype html>
<html lang="{lang}" data-lang="{lang}"{made}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · dsqc</title>
<link rel="icon" href="data:,">
<style>{style}</style>
<script>{script}</script>
</head>
<body>
<main>
<header class="top">
<h1>{title}</h1> {mark}
{subtitle}<span class="switch"><button type="button" data-set="en" lang="en">English</button>\
<button type="button" data-set="ko" lang="ko">한국어</button></span>
</header>
{content}<footer>dsqc {version}</footer>
</main>
</body>
</html>
""")
_HEADING, _NUMBER_HEADING = Markup("<th>{}</th>"), Markup('<th class="number">{}</th>')
_CELL, _NUMBER, _WORDS = (
    Markup("<td>{}</td>"),
    Markup('<td class="number">{}</td>'),
    Markup('<td class="words">{}</td>'),
)


@cache
def _static(name: str) -> Markup:
    content = files("dsqc.report").joinpath("static", name).read_text(encoding="utf-8").strip()
    return Markup(content)  # noqa: S704  # our own files


def _join(parts: Iterable[Markup]) -> Markup:
    return Markup("").join(parts)


def page(content: Mapping[str, Any], language: Language | None) -> str:
    """The whole page.

    Args:
        content: what ``dsqc.report.run_page`` put together.
        language: language that the page opens in; ``None`` for the browser's.
    """
    subtitle = Markup('<p class="sub">{}</p>\n').format(content["subtitle"]) if content["subtitle"] else ""
    body = [_back(content["back"]), _contents(content), _findings(content), _goals(content), content["peers"]]
    body += [_measured(content), *(_section(section) for section in content["sections"])]
    if not content["sections"]:
        body.append(_plain_section("plots", RUN["plots"], _note(RUN["nothing_measured"])))
    return str(
        _SHELL.format(
            lang=language.value if language else "en",
            made=Markup(' data-made="{}"').format(language.value) if language else "",
            title=content["title"],
            style=_static("page.css"),
            script=_static("page.js"),
            mark=_mark(content["mark"]["text"], content["mark"]["style"]),
            subtitle=subtitle,
            content=_join(body),
            version=__version__,
        )
    )


def _mark(text: Text | str, style: str) -> Markup:
    return Markup('<span class="mark {}">{}</span>').format(style, both(text))


def _note(text: Text) -> Markup:
    return Markup('<p class="note">{}</p>\n').format(both(text))


def _plain_section(name: str, title: Text, content: Markup) -> Markup:
    return Markup('<section id="{}">\n<h2>{}</h2>\n{}</section>\n').format(name, both(title), content)


def _back(address: str) -> Markup:
    if not address:
        return Markup("")
    return Markup('<p class="note back"><a href="{}">{}</a></p>\n').format(address, both(RUN["back"]))


def _contents(content: Mapping[str, Any]) -> Markup:
    """Links to the sections."""
    sections: Sequence[Section] = content["sections"]
    if not sections:
        return Markup("")
    places: list[tuple[str, Text]] = [
        ("findings", RUN["findings"]),
        *([("inferred", INFERRED)] if 'id="inferred"' in content["peers"] else []),
        ("metrics", RUN["metrics"]),
        ("integrity", RUN["integrity"]),
    ]
    places += [(section.id, section.title) for section in sections]
    links = _join(Markup('<a href="#{}">{}</a>').format(name, both(title)) for name, title in places)
    return Markup('<nav class="contents">{}</nav>\n').format(links)


def _table(headings: Sequence[tuple[Text | str, bool]], rows: Iterable[Markup], style: str = "") -> Markup:
    """A table; of each heading, whether numbers stand below it."""
    cells = _join((_NUMBER_HEADING if number else _HEADING).format(both(text)) for text, number in headings)
    head = Markup("<thead><tr>{}</tr></thead>\n").format(cells) if headings else ""
    kind = Markup(' class="{}"').format(style) if style else ""
    return Markup('<div class="scroll"><table{}>\n{}<tbody>\n{}</tbody></table></div>\n').format(
        kind, head, _join(rows)
    )


def _findings(content: Mapping[str, Any]) -> Markup:
    if not content["findings"]:
        return _plain_section("findings", RUN["findings"], _note(RUN["no_findings"]))
    row = Markup(
        "<tr><td>{mark}</td><td><code>{code}</code></td>"
        '<td>{message}<div class="place">{place}</div><div class="fix">{fix}</div></td>'
        '<td class="number">{count}</td></tr>\n'
    )
    rows = (
        row.format(
            mark=_mark(item["label"], item["style"]),
            code=item["code"],
            message=both(item["message"]),
            place=both(item["place"]),
            fix=both(item["fix"]),
            count=item["count"],
        )
        for item in content["findings"]
    )
    headings: list[tuple[Text | str, bool]] = [
        (RUN["severity"], False),
        (RUN["code"], False),
        (RUN["message"], False),
        (RUN["count"], True),
    ]
    more = _note(content["more_findings"]) if content["more_findings"] else ""
    return _plain_section("findings", RUN["findings"], _table(headings, rows, "findings") + more)


def _goals(content: Mapping[str, Any]) -> Markup:
    if not content["goals"]:
        return Markup("")
    row = Markup('<tr><td>{}</td><td>{}</td><td class="number">{}</td><td class="number">{}</td><td>{}</td></tr>\n')
    rows = (
        row.format(item["file"], both(item["name"]), item["value"], item["bound"], _mark(item["label"], item["style"]))
        for item in content["goals"]
    )
    headings: list[tuple[Text | str, bool]] = [
        (RUN["file"], False),
        (RUN["metric"], False),
        (RUN["value"], True),
        (RUN["bound"], True),
        ("", False),
    ]
    return Markup(
        '<section id="goals">\n<details{}><summary><h2>{}</h2> <span class="note">{}</span></summary>\n{}</details>'
        "</section>\n"
    ).format(
        Markup(" open") if content["goals_missed"] else "",
        both(RUN["goals"]),
        both(content["goals_told"]),
        _table(headings, rows),
    )


def _measured(content: Mapping[str, Any]) -> Markup:
    shorts = [file["short"] for file in content["files"]]
    several = len(shorts) > 1
    headings: list[tuple[Text | str, bool]] = [("", False), *((name, True) for name in shorts)] if several else []
    groups = (
        (Markup("<h3>{}</h3>\n").format(both(title)) if number else Markup(""))
        + _table(headings, map(_metric_row, rows), "metrics" if headings else "metrics list")
        for number, (title, rows) in enumerate(content["metrics"])
    )
    integrity = (_integrity(file, several=several) for file in content["files"])
    return _plain_section("metrics", RUN["metrics"], _join(groups)) + _plain_section(
        "integrity", RUN["integrity"], Markup('<div class="files">{}</div>').format(_join(integrity))
    )


def _metric_row(row: Mapping[str, Any]) -> Markup:
    cell = _WORDS if row["words"] else _NUMBER
    return Markup('<tr><th scope="row" title="{}">{}</th>{}</tr>\n').format(
        row["id"], both(row["name"]), _join(cell.format(value) for value in row["values"])
    )


def _integrity(file: Mapping[str, Any], *, several: bool) -> Markup:
    def value(row: Mapping[str, Any]) -> Markup:
        return _mark(row["value"], row["style"]) if row["style"] else both(row["value"])

    rows = (
        Markup('<tr><th scope="row">{}</th><td{}>{}</td></tr>\n').format(
            both(row["name"]), Markup(' class="digest"') if row["digest"] else "", value(row)
        )
        for row in file["integrity"]
    )
    name = Markup("<h3>{}</h3>\n").format(file["name"]) if several else Markup("")
    table = Markup('<table class="{}"><tbody>{}</tbody></table>\n').format("" if several else "list", _join(rows))
    return Markup("<div>{}{}</div>\n").format(name, table)


def _section(section: Section) -> Markup:
    figures = _join(map(_figure, section.figures))
    plots = Markup('<div class="plots">\n{}</div>\n').format(figures) if section.figures else Markup("")
    return _plain_section(section.id, section.title, plots + _join(map(_grid, section.grids)))


def plots(figures: Iterable[Figure], prefix: str) -> Markup:
    """Figures for another page, whose ids begin with ``prefix`` so that those of several runs stay apart."""
    drawn = str(_join(map(_figure, figures)))
    named = _OWN_IDS.sub(rf"\1{prefix}-\2", drawn)
    return Markup('<div class="plots">\n{}</div>\n').format(
        Markup(re.sub(r'(aria-labelledby="[^" ]+ )', rf"\1{prefix}-", named))  # noqa: S704  escaped already
    )


def _file(name: str) -> Markup:
    return Markup(' <span class="file">{}</span>').format(name) if name else Markup("")


def _figure(figure: Figure) -> Markup:
    grade = Markup("")
    if figure.status in STATUS:
        text, style = STATUS[figure.status]
        grade = Markup(' <span class="grade {}" title="FastQC 0.12.1">{}</span>').format(style, both(text))
    return Markup("<figure><figcaption>{}{}{}</figcaption>\n{}\n{}</figure>\n").format(
        both(figure.title), _file(figure.file), grade, figure.svg, _legend(figure.legend)
    )


def _legend(items: Sequence[LegendItem]) -> Markup:
    if not items:
        return Markup("")
    entry = Markup('<span><i class="{}" style="background:{};opacity:{}"></i>{}</span>')
    return Markup('<p class="legend">{}</p>').format(
        _join(entry.format(item.style, _colour(item.colour), item.opacity, both(item.text)) for item in items)
    )


def _colour(name: str) -> str:
    return name if name.startswith("#") else f"var({name})"


def _grid(grid: Grid) -> Markup:
    def row(cells: Sequence[Text | str]) -> Markup:
        return Markup("<tr>{}</tr>\n").format(
            _join((_NUMBER if place in grid.numbers else _CELL).format(both(cell)) for place, cell in enumerate(cells))
        )

    headings = [(text, place in grid.numbers) for place, text in enumerate(grid.headings)]
    table = _table(headings, map(row, grid.rows), "grid sequences" if grid.sequences else "grid")
    more = Text(f"… and {grid.left_out:,} more.", f"… 외 {grid.left_out:,}건.")
    number = len(grid.rows) + grid.left_out
    return Markup('<details{}><summary><h3>{}{}</h3> <span class="note">{}</span></summary>\n{}{}</details>\n').format(
        Markup(" open") if number <= OPEN_ROWS else "",
        both(grid.title),
        _file(grid.file),
        both(Text(f"rows: {number:,}", f"{number:,}행")),
        table,
        _note(more) if grid.left_out else "",
    )
