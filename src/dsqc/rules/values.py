"""Rules on single values: each cell against its attribute, in one pass. What is wrong decides the code."""

import re
from collections.abc import Iterator
from typing import Any

from dsqc.findings import CERTAIN, Finding, Suggestion
from dsqc.forms import (
    Attribute,
    Fault,
    FaultKind,
    Missing,
    Requirement,
    is_missing_term,
    missing_terms,
    suggest_missing,
    value_fault,
    vocabulary,
)
from dsqc.forms.value import COUNTRIES, DATE_TYPES
from dsqc.model import Row
from dsqc.rules.advice import Verdict, advised
from dsqc.rules.checking import NAMES, Check, rule
from dsqc.rules.date_spellings import ANY_COLUMN, DateColumn
from dsqc.rules.dates import DATE_FORMS, DateColumns
from dsqc.rules.project import NTIS_FORM, PUBLICATION_FORM, meant_ntis, meant_publication, several_data_types
from dsqc.rules.repair import nearest_terms, suggest_value
from dsqc.rules.spelling import is_ascii_text, such_as, suggest_ascii
from dsqc.rules.strains import COLLECTION_FORM, COLLECTION_PATTERN
from dsqc.rules.terms import TERM_FORM

ORGANISMS = frozenset({"organism", "host"})
"""Attributes that name a taxon."""
ENGLISH_SHEETS = frozenset({"sample", "experiment", "run", "file"})
"""Sheets whose public values are English only (K-BDS); project and submission have Korean attributes too."""
SINGLE_TYPES = frozenset(
    {
        "enum",
        "quantity",
        "integer",
        "number",
        "date",
        "date_or_range",
        "taxid",
        "taxon",
        "lat_lon",
        "geo_loc",
        "term",
        "ref",
    }
)
"""Types whose values never hold a separator of their own."""
FILE_NAME_FORM = "A-Z a-z 0-9 - _ ., not beginning with - or ."
SAMPLE_NAME_FORM = "1–100 of A-Z a-z 0-9 ( ) { } [ ] + - _ . and space"
MD5_FORM = "32 of 0-9 a-f"
IN_KOREAN = {
    FILE_NAME_FORM: "A-Z a-z 0-9 - _ . 으로 쓰고 - 또는 . 으로 시작하지 않음",
    SAMPLE_NAME_FORM: "A-Z a-z 0-9 ( ) { } [ ] + - _ . 과 빈칸으로 1–100자",
    MD5_FORM: "0-9 a-f 32자",
}
"""Forms that are said in words."""
INSERT_SIZE_FORM = "1 – 9999999 (bp)"

_BY_NAME = {
    ("sample", "sample_name"): ("DSQC-S002", SAMPLE_NAME_FORM),
    ("file", "file_name"): ("DSQC-F001", FILE_NAME_FORM),
    ("file", "md5"): ("DSQC-F005", MD5_FORM),
    ("experiment", "insert_size"): ("DSQC-X006", INSERT_SIZE_FORM),
    ("project", "publication"): ("DSQC-P007", PUBLICATION_FORM),
    ("project", "ntis_project_id"): ("DSQC-P008", NTIS_FORM),
}
"""Attributes whose format has a code of its own."""
_MEANT = {("project", "publication"): meant_publication, ("project", "ntis_project_id"): meant_ntis}
"""What a value of such an attribute probably means."""
_BY_TYPE = {
    "date": ("DSQC-T019", DATE_FORMS["date"]),
    "date_or_range": ("DSQC-S011", DATE_FORMS["date_or_range"]),
    "date_range": ("DSQC-T019", DATE_FORMS["date_range"]),
    "envo": ("DSQC-S029", TERM_FORM),
    "taxid": ("DSQC-T020", "9606"),
}
_BY_PATTERN = {COLLECTION_PATTERN: ("DSQC-S023", COLLECTION_FORM)}
_BY_KIND = {
    FaultKind.VOCABULARY: "DSQC-T017",
    FaultKind.LETTER_CASE: "DSQC-T017",
    FaultKind.COUNTRY: "DSQC-S015",
    FaultKind.PATTERN: "DSQC-T019",
    FaultKind.DATE: "DSQC-T019",
    FaultKind.NUMBER: "DSQC-T019",
    FaultKind.INTEGER: "DSQC-T020",
    FaultKind.UNIT: "DSQC-T021",
    FaultKind.RANGE: "DSQC-T022",
}
_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_SPREADSHEET_DATE = re.compile(
    rf"(?:\d{{1,2}}-(?:{_MONTHS})|(?:{_MONTHS})-\d{{1,2}}|\d{{1,2}}월 \d{{1,2}}일)", re.IGNORECASE
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
"""What the reader makes of a cell that a workbook holds as a date."""
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?E\+\d+", re.ASCII)
_SEPARATOR = re.compile(r"(?:;|//)")
_LONGEST_MARK = 24
"""Characters of the longest of these marks: Excel shows 15 digits and an exponent."""

Judgement = tuple[tuple[Verdict, ...], bool]
"""What is wrong with a value, and whether it is a missing-value term."""
FAULTLESS: Judgement = ((), False)
EMPTY = Suggestion("", CERTAIN)
"""To leave a cell empty says what a needless missing-value term says."""

VALUE_CODES = (
    *("DSQC-T009", "DSQC-T010", "DSQC-T011", "DSQC-T013", "DSQC-T014", "DSQC-T017", "DSQC-T019"),
    *("DSQC-T020", "DSQC-T021", "DSQC-T022", "DSQC-T023"),
    *("DSQC-S002", "DSQC-S011", "DSQC-S015", "DSQC-S023", "DSQC-S029", "DSQC-X006"),
    *("DSQC-F001", "DSQC-F005", "DSQC-F014", "DSQC-P007", "DSQC-P008"),
)


@rule(*VALUE_CODES, long=True)
def single_value(check: Check) -> Iterator[Finding]:
    """Every cell of a known column. Equal values of a column are judged once."""
    dates = DateColumns(check)
    for sheet in check.submission.sheets.values():
        columns = check.columns[sheet.name]
        known: dict[str, dict[str, Judgement]] = {name: {} for name in columns}
        for row in sheet.rows:
            for name, cell in row.cells.items():
                judged = known.get(name)
                if judged is None:
                    continue
                judgement = judged.get(cell.value)
                if judgement is None:
                    column = dates.of(sheet.name, columns[name])
                    judgement = judged[cell.value] = _judgement(check, sheet.name, columns[name], cell.value, column)
                if judgement is FAULTLESS:
                    continue
                verdicts, is_missing = judgement
                for code, arguments in verdicts:
                    yield check.finding(code, row, name, **arguments)
                if is_missing and _is_needless(check, row, columns[name], cell.value):
                    yield check.finding("DSQC-T014", row, name, suggestion=EMPTY)


def _judgement(check: Check, sheet: str, attribute: Attribute, value: str, column: DateColumn) -> Judgement:
    verdicts, is_missing = tuple(judge(sheet, attribute, value, column)), is_missing_term(value)
    if attribute.name in ORGANISMS:
        verdicts = tuple(_by_taxonomy(check, value, verdict) for verdict in verdicts)
    return (verdicts, is_missing) if verdicts or is_missing else FAULTLESS


def _by_taxonomy(check: Check, value: str, verdict: Verdict) -> Verdict:
    """A verdict on the letters of an organism's name, with the scientific name that a Korean one stands for."""
    code, arguments = verdict
    if code != "DSQC-T009" or arguments["suggestion"] is not None:
        return verdict
    meant = check.organisms.scientific(value)
    if meant is None:
        return verdict
    return code, {**arguments, "expected": meant.value, "expected_ko": meant.value, "suggestion": meant}


def _is_needless(check: Check, row: Row, attribute: Attribute, value: str) -> bool:
    """Whether a missing-value term stands where the cell could be empty."""
    own = attribute.vocabulary is not None and value in vocabulary(attribute.vocabulary)
    return not own and check.requirement(row, attribute) is Requirement.OPTIONAL


def judge(sheet: str, attribute: Attribute, value: str, column: DateColumn = ANY_COLUMN) -> Iterator[Verdict]:
    """What is wrong with ``value``, apart from what depends on its row.

    Args:
        column: what the other cells tell of how the column writes dates.
    """
    if value in attribute.literals:
        return
    if is_missing_term(value):
        yield from _missing_term(attribute, value)
        return
    yield from _spreadsheet(sheet, attribute, value)
    own = attribute.vocabulary is not None and vocabulary(attribute.vocabulary).lookup(value) is not None
    meant = None if own else suggest_missing(value)
    if meant is not None:
        yield "DSQC-T011", _rejected(attribute, meant)
        return
    fault = value_fault(attribute, value)
    if fault is None:
        yield from _beyond_pattern(sheet, attribute, value, column)
        return
    if (sheet, attribute.name) == ("project", "data_type") and several_data_types(value):
        return  # P004 says so.
    if attribute.type == "lat_lon":
        return  # Rules on coordinates look at the country of the row as well.
    if attribute.refers_to and fault.kind is FaultKind.PATTERN and (sheet, attribute.name) not in _BY_NAME:
        return  # What cannot be a name cannot be found either: the rule on the reference says so.
    yield advised(_name_fault(sheet, attribute, value, fault), attribute, value, column)


def _missing_term(attribute: Attribute, value: str) -> Iterator[Verdict]:
    fault = value_fault(attribute, value)
    if fault is None or attribute.requirement is Requirement.OPTIONAL:
        return
    if attribute.missing is Missing.REPORTING:
        yield "DSQC-T013", {"expected": fault.expected}
    else:
        recommended = attribute.requirement is Requirement.RECOMMENDED
        yield "DSQC-T011", _a_value(attribute) | {"suggestion": EMPTY if recommended else None}


def _a_value(attribute: Attribute) -> dict[str, Any]:
    return {"expected": attribute.example or "a value", "expected_ko": attribute.example or "값"}


def _rejected(attribute: Attribute, meant: Suggestion) -> dict[str, Any]:
    """What to write for a spelling of "nothing": the term it means, nothing at all, or what only a person can tell."""
    if attribute.requirement is Requirement.OPTIONAL:
        return {"expected": "an empty cell", "expected_ko": "빈칸", "suggestion": EMPTY}
    if attribute.missing is Missing.ALLOWED:
        return {"expected": meant.value, "suggestion": meant}
    if attribute.missing is Missing.REPORTING:
        return {"expected": "; ".join(missing_terms(reporting_only=True))}
    if attribute.requirement is Requirement.RECOMMENDED:
        return {"expected": "an empty cell, or a value", "expected_ko": "빈칸 또는 값", "suggestion": EMPTY}
    return _a_value(attribute)


def _spreadsheet(sheet: str, attribute: Attribute, value: str) -> Iterator[Verdict]:
    """Marks that a spreadsheet leaves on what it takes for a date or a number."""
    if len(value) > _LONGEST_MARK or value.isalpha():
        return
    # A date that became a serial number is no date: the rule on the format says so, and which day was meant.
    is_date = _SPREADSHEET_DATE.fullmatch(value) or (_is_free(sheet, attribute) and _DAY.fullmatch(value))
    if attribute.type not in {*DATE_TYPES, "number", "quantity"} and is_date:
        yield "DSQC-T010", {"expected": "the name as it was typed", "expected_ko": "처음 입력한 이름"}
    elif attribute.type not in ("number", "quantity") and _SCIENTIFIC.fullmatch(value):
        yield "DSQC-T010", {"expected": "all digits", "expected_ko": "모든 자릿수"}


def _is_free(sheet: str, attribute: Attribute) -> bool:
    """Whether an attribute says in words what a sample or library is: no day, and no name that may be one."""
    plain = attribute.type == "string" and attribute.pattern is None and attribute.vocabulary is None
    return plain and sheet in ("sample", "experiment") and attribute.name not in NAMES.values()


def _beyond_pattern(sheet: str, attribute: Attribute, value: str, column: DateColumn) -> Iterator[Verdict]:
    """What a value may still have wrong that fits its pattern, or has none."""
    if sheet in ENGLISH_SHEETS and not is_ascii_text(value):
        verdict = _not_english(attribute, value, suggest_value(attribute, value, None))
        yield advised(verdict, attribute, value, column)
    elif _holds_several(attribute, value):
        yield "DSQC-T023", {"expected": _SEPARATOR.split(value)[0].strip()}


def _holds_several(attribute: Attribute, value: str) -> bool:
    if attribute.multivalued or attribute.pattern is not None or not _SEPARATOR.search(value):
        return False
    named = attribute.type == "string" and attribute.requirement in (Requirement.MANDATORY, Requirement.ONE_OF_GROUP)
    return (attribute.type in SINGLE_TYPES or named) and not _SEPARATOR.search(attribute.example)


def _name_fault(sheet: str, attribute: Attribute, value: str, fault: Fault) -> Verdict:
    """The code of a fault, the most telling first."""
    if (sheet, attribute.name) == ("file", "file_name") and re.search(r"[/\\]|^\.\.", value):
        name = re.split(r"[/\\]", value)[-1]
        meant = Suggestion(name, CERTAIN) if name and value_fault(attribute, name) is None else None
        return "DSQC-F014", {"expected": name or "S1_R1.fastq.gz", "suggestion": meant}
    suggestion = suggest_value(attribute, value, fault)
    special = _BY_NAME.get((sheet, attribute.name))
    if special is None and fault.kind in (FaultKind.PATTERN, FaultKind.DATE):
        special = _BY_TYPE.get(attribute.type) or _BY_PATTERN.get(attribute.pattern.name if attribute.pattern else "")
    if special is not None:
        own = _MEANT.get((sheet, attribute.name))
        if own is not None:
            return special[0], {"expected": special[1], "suggestion": own(value)}
        korean = IN_KOREAN.get(special[1], special[1])
        return special[0], {
            "expected": f"{suggestion.value} ({special[1]})" if suggestion else special[1],
            "expected_ko": f"{suggestion.value}({korean})" if suggestion else korean,
            "suggestion": suggestion,
        }
    if attribute.type in SINGLE_TYPES and not attribute.multivalued and _SEPARATOR.search(value):
        return "DSQC-T023", {"expected": _SEPARATOR.split(value)[0].strip()}
    english = attribute.pattern is not None and attribute.pattern.name == "ascii_text"
    if english or (
        sheet in ENGLISH_SHEETS and not value.isascii() and (attribute.type != "quantity" or suggest_ascii(value))
    ):
        return _not_english(attribute, value, suggestion)
    if attribute.type == "quantity" and fault.kind in (FaultKind.PATTERN, FaultKind.UNIT):
        return "DSQC-T021", {**_quantity(attribute, suggestion or fault.suggestion), "suggestion": suggestion}
    return _BY_KIND[fault.kind], {**_expected(attribute, value, fault), "suggestion": suggestion}


def _quantity(attribute: Attribute, meant: Suggestion | str | None) -> dict[str, str]:
    if meant:
        return {"expected": meant.value if isinstance(meant, Suggestion) else meant}
    units = "; ".join(attribute.units)
    if not units:
        return {"expected": "a number and its unit", "expected_ko": "숫자와 단위"}
    return {"expected": f"a number and one of {units}", "expected_ko": f"숫자와 단위({units})"}


def _expected(attribute: Attribute, value: str, fault: Fault) -> dict[str, str]:
    if fault.kind in (FaultKind.PATTERN, FaultKind.NUMBER) and not fault.suggestion and attribute.example:
        example = such_as(attribute.example)
        return {"expected": example.en, "expected_ko": example.ko}
    return {"expected": _allowed(attribute, value, fault)}


def _allowed(attribute: Attribute, value: str, fault: Fault) -> str:
    if fault.suggestion and fault.kind is FaultKind.VOCABULARY:
        return _first_of(fault.suggestion, fault.expected.split("; "))
    if fault.suggestion:
        return fault.suggestion
    if fault.kind in (FaultKind.VOCABULARY, FaultKind.COUNTRY):
        terms = fault.expected.split("; ")
        if fault.kind is FaultKind.COUNTRY:
            return _nearest(nearest_terms(COUNTRIES, value.partition(":")[0]), terms)
        return _nearest(nearest_terms(attribute.vocabulary, value) if attribute.vocabulary else [], terms)
    return fault.expected


def _first_of(meant: str, terms: list[str]) -> str:
    """The term that was probably meant, then some of the others."""
    ordered = [meant, *(term for term in terms if term != meant)]
    return "; ".join(ordered[:8]) + (f" … ({len(terms)})" if len(terms) > 8 else "")


def _nearest(near: list[str], terms: list[str]) -> str:
    """The few terms that look most like the value; the first ones where none does."""
    shown = near or terms[:8]
    return "; ".join(shown) + (f" … ({len(terms)})" if len(terms) > len(shown) else "")


def _not_english(attribute: Attribute, value: str, suggestion: Suggestion | None) -> Verdict:
    characters = " ".join(
        dict.fromkeys(char if char.isprintable() else repr(char)[1:-1] for char in value if not is_ascii_text(char))
    )
    return "DSQC-T009", {
        **_in_english(attribute, value, suggestion),
        "characters": characters[:60],
        "suggestion": suggestion,
    }


def _in_english(attribute: Attribute, value: str, suggestion: Suggestion | None) -> dict[str, str]:
    """What was meant; else the terms to choose from; else English like the example."""
    if suggestion is not None:
        return {"expected": suggestion.value}
    if attribute.vocabulary is not None and attribute.type != "geo_loc":
        terms = list(vocabulary(attribute.vocabulary).terms)
        return {"expected": _nearest(nearest_terms(attribute.vocabulary, value), terms)}
    if attribute.example.isascii() and attribute.example:
        example = such_as(attribute.example)
        return {"expected": example.en, "expected_ko": example.ko}
    return {"expected": "the same in English", "expected_ko": "영문으로 쓴 값"}
