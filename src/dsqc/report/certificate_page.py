"""A data certificate as one HTML page that prints on A4; no network."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from dsqc.language import Language, Text
from dsqc.report import certificate as words
from dsqc.report.certificate import Proof, Speaker, qr_modules
from dsqc.report.render import render as fill


def render(document: Mapping[str, Any], proof: Proof, language: Language | None = None) -> str:
    """The page: the same bytes for the same certificate.

    Args:
        document: the certificate.
        proof: what it is verified by.
        language: of the labels; ``None`` for both.
    """
    speaker = Speaker(language)
    page = {
        "title": speaker.lines(words.TITLE),
        "centre": speaker.lines(_centre(document)),
        "statement": speaker.lines(words.STATEMENT),
        "number": document["number"],
        "rows": words.rows(document, speaker),
        "appendix": speaker.say(words.APPENDIX),
        "columns": [speaker.say(text) for text in words.COLUMNS],
        "files": words.file_rows(document, speaker),
        "no_list": speaker.say(words.NO_LIST),
        "root": speaker.lines(words.ROOT),
        "unsigned": speaker.say(words.UNSIGNED),
        "offline": [] if proof.address else [line.replace("`", "") for line in speaker.lines(words.OFFLINE)],
    }
    main = Language.KO if language is None else language
    return fill("certificate.html", main, page=page, proof=proof, code=_code(proof.code))


def _centre(document: Mapping[str, Any]) -> Text:
    return Text(document["centre"]["name_en"], document["centre"]["name_ko"])


def _code(text: str) -> Markup:
    """The QR code as SVG; a margin of four modules, as the standard asks."""
    modules = qr_modules(text)
    width = len(modules) + 8
    dark = "".join(
        f"M{x + 4} {y + 4}h1v1h-1z" for y, line in enumerate(modules) for x, module in enumerate(line) if module
    )
    svg = '<svg viewBox="0 0 {0} {0}" role="img" aria-label="QR" shape-rendering="crispEdges"><path d="{1}"/></svg>'
    return Markup(svg).format(width, dark)  # noqa: S704  numbers only
