"""Every form: its example has no finding; each mandatory value, taken out or broken, gives exactly its own."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

import pytest

from dsqc.findings import Finding
from dsqc.forms import Attribute, Form, Requirement, Ties, compose, load_fields
from dsqc.forms.examples import Record, as_submission, example_record
from dsqc.model import Heading, Sheet, Submission
from dsqc.rules import Context, check, identify
from dsqc.rules.codes import empty_code, format_code
from dsqc.submission.table import column_letter
from helpers.submissions import TODAY

COMBINATIONS = [(field.id, package) for field in load_fields().values() for package in field.packages]
MODULES = [module.id for module in compose(*COMBINATIONS[0]).modules]
PLAIN = ("precision_medicine", "Human")
"""The form that stands for all where a module is tested: modules are the same in every form."""
WITH_HOST = {"metagenome": ("food_microbiome", "Human-gut")}
"""Modules of which something is mandatory only beside a sample of another kind."""

REFERRED = "other rows refer to this one by the value"
UNREACHED = "what the value referred to is left alone"
UNPAIRED = "a paired run is left with one file"
CONDITION = "another attribute is mandatory unless the value is a certain one"
Places = Collection[tuple[str, str]]
"""Sheet and attribute."""
Further = dict[tuple[str, str], tuple[set[str], str]]
EMPTY_TOO: Further = {
    ("project", "project_alias"): ({"P001"}, REFERRED),
    ("sample", "sample_name"): ({"X001"}, REFERRED),
    ("experiment", "library_id"): ({"R001"}, REFERRED),
    ("experiment", "sample_name"): ({"X013"}, UNREACHED),
    ("run", "run_alias"): ({"T029"}, REFERRED),
    ("run", "library_id"): ({"X012"}, UNREACHED),
    ("file", "run_alias"): ({"R004"}, UNPAIRED),
    ("sample", "cell_line"): ({"H007"}, CONDITION),
}
"""What else a value that is taken out necessarily causes, and why."""
BROKEN_TOO: Further = EMPTY_TOO | {
    ("sample", "sample_name"): ({"X001", "X013"}, REFERRED),
    ("experiment", "library_id"): ({"R001", "X012"}, REFERRED),
    ("run", "run_alias"): ({"T029", "R002"}, REFERRED),
    ("sample", "treatment_role"): ({"T015"}, CONDITION),
    ("experiment", "sample_multiplexing"): ({"X008"}, CONDITION),
}
"""What else a value that is broken necessarily causes, and why."""
SOMETIMES = {("sample", "treatment_role"), ("sample", "cell_line"), ("experiment", "sample_multiplexing")}
"""Where it depends on the value that the example has: a broken one may set the condition off."""
REFERENCE_CODES = {
    ("submission", "bioproject"): "DSQC-P001",
    ("experiment", "sample_name"): "DSQC-X001",
    ("experiment", "control_library_id"): "DSQC-T029",
    ("run", "library_id"): "DSQC-R001",
    ("file", "run_alias"): "DSQC-T029",
}
"""A broken reference is a reference to nothing: the rule on the reference says so, whatever the value looks like."""
BAD_OF_TYPE = {
    "enum": "no such term",
    "date_or_range": "2021-13-01",
    "date": "2021-13-01",
    "lat_lon": "north of Seoul",
    "taxid": "txid",
    "integer": "many",
    "number": "many",
    "quantity": "5",
    "geo_loc": "South Koreaa:Seoul",
    "md5": "d41d8cd9",
    "email": "nobody",
    "envo": "soil",
    "uri": "protocol.pdf",
    "duration": "30 days",
    "accession": "- -",
    "filename": "S 1.fastq.gz",
}
BAD_OF_PATTERN = {"alias": "a", "semver": "9.9.9", "sample_name": "S/1", "pseudonym": "P 1", "pcr_primers": "515F/806R"}
NOT_ENGLISH = "한글"


@dataclass(frozen=True)
class Case:
    """One value of the first row of ``sheet``, and the code that it must give."""

    sheet: str
    attribute: Attribute
    value: str
    code: str


def findings_of(record: Record) -> list[Finding]:
    """What the rules say of a record whose sheets keep every column, empty or not."""
    submission = with_headings(record)
    form, found = identify(submission)
    return [*found, *(check(submission, form, Context(date.fromisoformat(TODAY))) if form else ())]


def with_headings(record: Record) -> Submission:
    """The record as read: an emptied cell keeps its heading."""
    sheets = {}
    for name, sheet in as_submission(
        {s: [without_empty(row) for row in rows] for s, rows in record.items()}
    ).sheets.items():
        columns = dict.fromkeys(key for row in record[name] for key in row)
        headings = tuple(Heading(key, key, column_letter(index)) for index, key in enumerate(columns))
        sheets[name] = Sheet(name, sheet.path, headings, sheet.rows)
    return Submission(sheets)


def without_empty(row: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in row.items() if value}


def changed(record: Record, sheet: str, attribute: str, value: str) -> Record:
    """A copy with one value of the first row of ``sheet`` set."""
    rows = [record[sheet][0] | {attribute: value}, *record[sheet][1:]]
    return {**record, sheet: rows}


def mandatory(form: Form, record: Record) -> Iterator[tuple[str, Attribute, bool]]:
    """Sheet and attribute of everything that the first rows must have, and whether a module asks for it."""
    submission = as_submission(record)
    ties = Ties(submission)
    for sheet in form.sheets:
        values = ties.values(submission.rows(sheet)[0])
        for attribute in form.columns(sheet).values():
            if attribute.condition is not None and not attribute.condition.holds(values):
                continue
            is_member = attribute.requirement is Requirement.ONE_OF_GROUP and attribute.name in record[sheet][0]
            if is_member or attribute.requirement in (Requirement.MANDATORY, Requirement.CONDITIONAL):
                yield sheet, attribute, attribute.name not in form.sheets[sheet].attributes


def seen(findings: list[Finding]) -> set[tuple[str, str, str]]:
    return {(item.code, item.location.sheet, item.location.attribute) for item in findings}


def bad_value(sheet: str, attribute: Attribute) -> str:
    """A value that is not allowed; empty where everything is (free text in Korean)."""
    if attribute.refers_to:
        return "nothing-of-the-kind"
    pattern = attribute.pattern.name if attribute.pattern else ""
    if pattern in BAD_OF_PATTERN:
        return BAD_OF_PATTERN[pattern]
    if attribute.type in BAD_OF_TYPE:
        return BAD_OF_TYPE[attribute.type]
    if attribute.pattern is not None and pattern != "ascii_text":
        return next(iter(attribute.pattern.bad), "no such form!")
    if attribute.vocabulary is not None:
        return BAD_OF_TYPE["enum"]
    return NOT_ENGLISH if sheet in ("sample", "experiment", "run", "file") or pattern else ""


def bad_code(sheet: str, attribute: Attribute) -> str:
    if (sheet, attribute.name) in REFERENCE_CODES:
        return REFERENCE_CODES[sheet, attribute.name]
    return "DSQC-T009" if bad_value(sheet, attribute) == NOT_ENGLISH else format_code(sheet, attribute)


def outside(attribute: Attribute) -> Iterator[str]:
    """Values beyond the ends of the attribute's range, with its unit."""
    unit = f" {attribute.units[0]}" if attribute.units else ""
    if attribute.maximum is not None:
        yield f"{attribute.maximum + 1:.0f}{unit}"
    if attribute.minimum is not None:
        yield f"{attribute.minimum - 1:.0f}{unit}"


def cases(form: Form, record: Record, leave_out: Places) -> Iterator[Case]:
    """Each mandatory value of the first rows, taken out and broken in every way that it can be."""
    for sheet, attribute, of_module in mandatory(form, record):
        if (sheet, attribute.name) in leave_out:
            continue
        yield Case(sheet, attribute, "", empty_code(sheet, attribute, of_module=of_module))
        value = bad_value(sheet, attribute)
        if value:
            yield Case(sheet, attribute, value, bad_code(sheet, attribute))
        code = format_code(sheet, attribute) if attribute.name == "insert_size" else "DSQC-T022"
        yield from (Case(sheet, attribute, text, code) for text in outside(attribute))


def complaints(form: Form, record: Record, leave_out: Places = frozenset()) -> tuple[list[str], int]:
    """Cases that do not give exactly what they should, and how many there were."""
    wrong: list[str] = []
    tried = list(cases(form, record, leave_out))
    for case in tried:
        found = findings_of(changed(record, case.sheet, case.attribute.name, case.value))
        # A group is empty as a whole: its finding stands at the first member.
        members = form.sheets[case.sheet].groups().get(case.attribute.group, (case.attribute.name,))
        here = [item.code for item in found if item.location.sheet == case.sheet and item.location.attribute in members]
        further = (BROKEN_TOO if case.value else EMPTY_TOO).get((case.sheet, case.attribute.name), (set(), ""))[0]
        others = {item.code.removeprefix("DSQC-") for item in found if item.code != case.code}
        is_further = others == further or (not others and (case.sheet, case.attribute.name) in SOMETIMES)
        if here.count(case.code) != 1 or not is_further:
            wrong.append(f"{case.sheet}.{case.attribute.name} {case.value!r}: {case.code} expected, {seen(found)}")
    return wrong, len(tried)


@pytest.mark.parametrize(("field", "package"), COMBINATIONS)
def test_a_generated_example_has_no_finding(field: str, package: str) -> None:
    form = compose(field, package)

    for minimal in (True, False):
        assert findings_of(example_record(form, minimal=minimal)) == []


@pytest.mark.parametrize(("field", "package"), COMBINATIONS)
def test_a_mandatory_value_taken_out_or_broken_gives_exactly_its_finding(field: str, package: str) -> None:
    form = compose(field, package)

    wrong, tried = complaints(form, example_record(form, minimal=True))
    assert wrong == []
    assert tried >= 80


@pytest.mark.parametrize("module", MODULES)
def test_so_does_a_mandatory_value_of_a_module(module: str) -> None:
    form = compose(*WITH_HOST.get(module, PLAIN))
    record = example_record(form, minimal=True, modules=[module])

    assert findings_of(record) == []
    assert findings_of(example_record(form, modules=[module])) == []
    own = {(sheet, name) for sheet, item in form.sheets.items() for name in item.attributes}
    assert complaints(form, record, leave_out=own)[0] == []


def test_every_mandatory_attribute_of_a_module_is_tried() -> None:
    tried: set[tuple[str, str]] = set()
    asked: set[tuple[str, str]] = set()
    for module in compose(*PLAIN).modules:
        form = compose(*WITH_HOST.get(module.id, PLAIN))
        record = example_record(form, minimal=True, modules=[module.id])
        tried |= {(module.id, item.name) for _sheet, item, of_module in mandatory(form, record) if of_module}
        asked |= {
            (module.id, item.name)
            for item in module.attributes.values()
            if item.requirement in (Requirement.MANDATORY, Requirement.CONDITIONAL)
        }

    assert asked - tried == {
        ("bisulfite", "restriction_enzyme"),  # asked for by the library's selection, which another module covers
        ("single_cell", "multiplexing_identifiers"),  # only of a multiplexed library
    }


ABROAD = {"sample": {"geo_loc_name": "Viet Nam:Hanoi", "lat_lon": "21.0278 N 105.8342 E"}}
CLOSED = {"submission": {"access_level": "closed"}, "project": {"withholding_reason": "ip_acquisition"}}
SITUATIONS: dict[str, tuple[tuple[str, str], dict[str, dict[str, str]]]] = {
    "national project": (("seed_crop", "Plant_fungi"), {"project": {"ntis_project_id": "1711058741"}}),
    "project of the RDA": (
        ("seed_crop", "Plant_fungi"),
        {"project": {"ministry": "RDA"}, "sample": {"material_bank_id": "KACC:12345"}},
    ),
    "closed": (("seed_crop", "Plant_fungi"), CLOSED),
    "security project": (
        ("seed_crop", "Plant_fungi"),
        {**CLOSED, "project": CLOSED["project"] | {"security_class": "보안과제 (security)"}},
    ),
    "from abroad": (("marine_fisheries", "Plant_fungi"), ABROAD),
    "aligned": (
        ("precision_medicine", "Human"),
        {
            "experiment": {"library_layout": "SINGLE"},
            "run": {"file_type": "cram"},
            "file": {"file_name": "KR-001.cram"},
        },
    ),
    "from a brain bank": (("brain_science", "Human"), {"sample": {"brain_bank": "Korea Brain Bank"}}),
    "single nuclei": (("brain_science", "Human"), {"experiment": {"library_source": "GENOMIC SINGLE CELL"}}),
    "with personal information": (
        ("new_drug", "Human"),
        {"submission": {"access_level": "controlled"}, "sample": {"contains_personal_information": "yes"}},
    ),
    "ill": (("public_health", "Human"), {"sample": {"health_state": "diseased"}}),
    "organoid": (("regenerative_medicine", "Human"), {"sample": {"stem_cell_type": "organoid"}}),
    "amplicons of a pathogen": (
        ("infectious_disease", "Virus"),
        {"experiment": {"library_strategy": "AMPLICON", "library_selection": "PCR"}},
    ),
    "amplicons of a community": (
        ("food_microbiome", "Human-gut"),
        {"experiment": {"library_strategy": "AMPLICON", "library_selection": "PCR"}},
    ),
    "amplicons of the environment": (
        ("environment_biodiversity", "Soil"),
        {"experiment": {"library_strategy": "AMPLICON", "library_selection": "PCR"}},
    ),
    "modified": (("industrial_bio", "Microbe"), {"sample": {"genetically_modified": "yes"}}),
    "microalgae": (("bioenergy", "Microbe"), {"sample": {"feedstock_type": "microalgae"}}),
    "of a host": (
        ("food_microbiome", "Food-human foods"),
        {"sample": {"sample_matrix": "skin", "host": "Homo sapiens"}},
    ),
    "protected": (
        ("environment_biodiversity", "Soil"),
        {"sample": {"korean_protection_status": "class II"}},
    ),
}
"""Submissions in which what is mandatory under a condition is mandatory: form, and what the example is given."""


UNTRIED = {
    ("sample", "irb_approval_no", 'organism is "Homo sapiens"'): "the field asks it under packages that refuse this "
    "organism, too; under the package Human its condition is joined with that of the package, which is tried",
}
"""What no right submission can be asked, with the reason."""


@pytest.mark.parametrize("name", SITUATIONS)
def test_so_does_a_value_that_is_mandatory_in_a_certain_submission(name: str) -> None:
    (field, package), given = SITUATIONS[name]
    form = compose(field, package)
    usual = {(sheet, item.name) for sheet, item, _ in mandatory(form, example_record(form, minimal=True))}
    record = example_record(form, minimal=True, given=given)

    assert findings_of(record) == []
    wrong, tried = complaints(form, record, leave_out=usual)
    assert wrong == []
    assert tried > 0


def test_every_conditional_attribute_of_every_form_is_tried_somewhere() -> None:
    tried: set[tuple[str, str, str]] = set()
    conditional: set[tuple[str, str, str]] = set()
    records = [(compose(*pair), example_record(compose(*pair), minimal=True)) for pair in COMBINATIONS]
    records += [
        (compose(*pair), example_record(compose(*pair), minimal=True, given=given))
        for pair, given in SITUATIONS.values()
    ]
    for form, record in records:
        tried |= {(sheet, item.name, str(item.condition)) for sheet, item, _of_module in mandatory(form, record)}
        conditional |= {
            (sheet, item.name, str(item.condition))
            for sheet, own in form.sheets.items()
            for item in own.attributes.values()
            if item.requirement is Requirement.CONDITIONAL
        }

    assert conditional - tried == UNTRIED.keys()
