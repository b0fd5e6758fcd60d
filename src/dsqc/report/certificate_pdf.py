"""A data certificate as PDF (A4) with embedded fonts, made without a browser; the same bytes for the same certificate.

The signed document itself travels in the PDF as an attachment (``NUMBER.json``), so that what is printed can be
verified from the file alone.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsqc.artefact import to_json
from dsqc.errors import UsageError
from dsqc.language import Language, Text
from dsqc.report import certificate as words
from dsqc.report.certificate import Proof, Row, Speaker, qr_modules

if TYPE_CHECKING:
    from fpdf import FPDF

FONTS = (
    "/usr/share/fonts/truetype/nanum/NanumGothic.ttf",
    "/usr/share/fonts/nanum/NanumGothic.ttf",
    "/usr/share/fonts/naver-nanum/NanumGothic.ttf",
    "/Library/Fonts/NanumGothic.ttf",
)
"""Where systems keep a font that has Latin and Korean letters."""
_INK, _SOFT, _RULE = (21, 32, 43), (69, 88, 106), (200, 209, 218)
_MARGIN, _WIDTH, _LABEL = 20.0, 170.0, 46.0
"""Millimetres of an A4 page."""
_QR = 34.0
_FILE_WIDTHS = (24.0, 50.0, 22.0, 84.0)


def find_font(named: Path | None = None) -> Path:
    """The font that certificates are set in.

    Raises:
        UsageError: it is not there.
    """
    for path in (named,) if named else map(Path, FONTS):
        if path.is_file():
            return path
    raise UsageError(
        f"The font {named} does not exist." if named else "No font with Korean letters is installed.",
        hint="`apt-get install fonts-nanum`, name a .ttf with --font, or write -o NAME.html and print that.",
    )


def render(document: Mapping[str, Any], proof: Proof, font: Path, language: Language | None = None) -> bytes:
    """The PDF.

    Args:
        document: the certificate.
        proof: what it is verified by.
        font: TrueType font with Latin and Korean letters.
        language: of the labels; ``None`` for both.

    Raises:
        UsageError: the font cannot be used.
    """
    speaker = Speaker(language)
    pdf = _new(document, font, speaker)
    _front(pdf, document, proof, speaker)
    _appendix(pdf, document, speaker)
    data = to_json(dict(document)).encode("utf-8")
    pdf.embed_file(bytes=data, basename=f"{document['number']}.json", mime_type="application/json", compress=True)
    return bytes(pdf.output())


def _new(document: Mapping[str, Any], font: Path, speaker: Speaker) -> "FPDF":
    from fpdf import FPDF

    logging.getLogger("fontTools.subset").setLevel(logging.ERROR)  # It tells of tables that nobody prints.

    class Certificate(FPDF):
        """Number and page at the foot of every page."""

        def footer(self) -> None:
            self.set_y(-18)
            self.set_font("text", size=8)
            self.set_text_color(*_SOFT)
            self.cell(0, 5, f"{document['number']} · {self.page_no()}/{{nb}}", align="C")

    pdf = Certificate(format="A4")
    pdf.set_creation_date(datetime.fromisoformat(document["issued_at"]).replace(tzinfo=UTC))
    pdf.set_title(f"{document['number']} {words.TITLE.ko if speaker.language is not Language.EN else words.TITLE.en}")
    pdf.set_producer("dsqc")
    pdf.set_lang("en" if speaker.language is Language.EN else "ko")
    pdf.set_margins(_MARGIN, 22)
    pdf.set_auto_page_break(True, 20)
    try:
        pdf.add_font("text", fname=font)
    except Exception as error:  # fontTools raises whatever it stumbles over
        raise UsageError(f"The font {font} cannot be used: {error}.", hint="Name a TrueType font (.ttf).") from error
    return pdf


def _front(pdf: "FPDF", document: Mapping[str, Any], proof: Proof, speaker: Speaker) -> None:
    pdf.add_page()
    pdf.set_draw_color(*_SOFT)
    for inset, width in ((9.0, 0.6), (10.6, 0.2)):
        pdf.set_line_width(width)
        pdf.rect(inset, inset, pdf.w - 2 * inset, pdf.h - 2 * inset)
    centre = Text(document["centre"]["name_en"], document["centre"]["name_ko"])
    _centred(pdf, speaker.lines(centre), 10, _SOFT)
    pdf.ln(5)
    title = speaker.lines(words.TITLE)
    _centred(pdf, title[:1], 24, _INK)
    _centred(pdf, title[1:], 13, _SOFT)
    pdf.ln(5)
    _centred(pdf, speaker.lines(words.STATEMENT), 9, _INK)
    pdf.ln(5)
    for row in words.rows(document, speaker):
        _row(pdf, row)
    _proof(pdf, proof, speaker)


def _centred(pdf: "FPDF", lines: Sequence[str], points: float, colour: tuple[int, int, int]) -> None:
    pdf.set_font("text", size=points)
    pdf.set_text_color(*colour)
    for line in lines:
        pdf.multi_cell(0, points * 0.52, line, align="C", new_x="LMARGIN", new_y="NEXT")


def _row(pdf: "FPDF", row: Row) -> None:
    top = pdf.get_y()
    pdf.set_font("text", size=9)
    pdf.set_text_color(*_SOFT)
    pdf.multi_cell(_LABEL - 3, 5.6, row.label, align="L", new_x="RIGHT", new_y="NEXT")
    below = pdf.get_y()
    pdf.set_text_color(*_INK)
    pdf.set_font("text", size=8.4 if row.is_code else 9.6)
    pdf.set_xy(_MARGIN + _LABEL, top)
    pdf.multi_cell(_WIDTH - _LABEL, 5.6, "\n".join(row.lines), align="L", new_x="LMARGIN", new_y="NEXT")
    bottom = max(pdf.get_y(), below) + 0.8
    pdf.set_draw_color(*_RULE)
    pdf.set_line_width(0.15)
    pdf.line(_MARGIN, bottom, _MARGIN + _WIDTH, bottom)
    pdf.set_y(bottom + 0.8)


def _proof(pdf: "FPDF", proof: Proof, speaker: Speaker) -> None:
    from fpdf.enums import WrapMode

    height = _QR + 6
    if pdf.get_y() + height > pdf.h - 22:
        pdf.add_page()
    top = max(pdf.get_y() + 4, pdf.h - 22 - height)
    lines = [f"SHA-256 {proof.digest}"]
    lines += [f"Ed25519 {proof.key_id}", proof.signature] if proof.signature else [speaker.say(words.UNSIGNED)]
    lines += [proof.address] if proof.address else [line.replace("`", "") for line in speaker.lines(words.OFFLINE)]
    pdf.set_y(top)
    pdf.set_font("text", size=7.4)
    pdf.set_text_color(*_INK)
    for line in lines:
        pdf.multi_cell(_WIDTH - _QR - 6, 4.4, line, align="L", wrapmode=WrapMode.CHAR, new_x="LMARGIN", new_y="NEXT")
    _code(pdf, proof.code, _MARGIN + _WIDTH - _QR, top)


def _code(pdf: "FPDF", text: str, left: float, top: float) -> None:
    modules = qr_modules(text)
    side = _QR / len(modules)
    pdf.set_fill_color(0, 0, 0)
    for y, line in enumerate(modules):
        x = 0
        while x < len(line):
            length = 1
            while line[x] and x + length < len(line) and line[x + length]:
                length += 1
            if line[x]:
                pdf.rect(left + x * side, top + y * side, length * side, side, style="F")
            x += length


def _appendix(pdf: "FPDF", document: Mapping[str, Any], speaker: Speaker) -> None:
    pdf.add_page()
    pdf.set_font("text", size=14)
    pdf.set_text_color(*_INK)
    pdf.cell(0, 8, speaker.say(words.APPENDIX), new_x="LMARGIN", new_y="NEXT")
    pdf.set_font("text", size=8)
    pdf.set_text_color(*_SOFT)
    for line in speaker.lines(words.ROOT):
        pdf.multi_cell(0, 4.6, line, align="L", new_x="LMARGIN", new_y="NEXT")
    pdf.ln(2)
    rows = words.file_rows(document, speaker)
    pdf.set_text_color(*_INK)
    if not rows:
        pdf.cell(0, 6, speaker.say(words.NO_LIST))
        return
    pdf.set_margins(15, 22)
    pdf.set_x(15)
    pdf.set_font("text", size=6.6)
    headings = [speaker.say(text) for text in words.COLUMNS]
    pdf.set_draw_color(*_RULE)
    with pdf.table(
        col_widths=_FILE_WIDTHS,
        width=sum(_FILE_WIDTHS),
        line_height=3.8,
        borders_layout="HORIZONTAL_LINES",
        text_align=("LEFT", "LEFT", "RIGHT", "LEFT"),
        headings_style=_heading_style(),
        padding=(0.8, 1, 0.8, 1),
        wrapmode="CHAR",
    ) as table:
        for cells in (headings, *rows):
            table.row(cells)


def _heading_style() -> Any:
    from fpdf.fonts import FontFace

    return FontFace(emphasis="", color=_SOFT)
