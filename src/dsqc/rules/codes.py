"""Which rules look at an attribute: for the notes of templates, and for whoever asks before there is a finding.

Codes stand here without their prefix: this module names rules and raises none.
"""

from collections.abc import Iterator

from dsqc.forms import Attribute, Missing, Requirement
from dsqc.registry import RuleState
from dsqc.registry import rule as registered

_EMPTY = {
    ("sample", "sample_name"): "S001",
    ("experiment", "insert_size"): "X005",
    ("project", "withholding_reason"): "P011",
    ("project", "withholding_review_date"): "P013",
    ("project", "withholding_requester"): "P012",
    ("project", "withholding_approver"): "P012",
    ("project", "withholding_approval_no"): "P012",
    ("project", "withholding_approval_date"): "P012",
    ("project", "lead_institute"): "P009",
    ("sample", "irb_approval_no"): "H007",
    ("experiment", "title"): "X011",
    ("submission", "form_id"): "T027",
    ("submission", "package"): "T024",
}
"""Required values that rules of their own look after, where these are active."""
_FORMAT = {
    ("sample", "sample_name"): "S002",
    ("file", "file_name"): "F001",
    ("file", "md5"): "F005",
    ("experiment", "insert_size"): "X006",
    ("submission", "form_id"): "T027",
    ("submission", "form_version"): "T027",
    ("submission", "package"): "T024",
}
_FORMAT_OF_TYPE = {
    "enum": ("T017",),
    "date_or_range": ("S011",),
    "lat_lon": ("S018",),
    "taxid": ("T020",),
    "integer": ("T020",),
    "number": ("T019",),
    "quantity": ("T021",),
    "geo_loc": ("S015",),
    "envo": ("S029", "T019"),
}
"""The first code that is active."""
_RELATION = {
    ("submission", "bioproject"): ("P001", "P003"),
    ("submission", "release_date"): ("P005",),
    ("submission", "access_level"): ("P010", "P011"),
    ("project", "ntis_project_id"): ("P008",),
    ("project", "publication"): ("P007",),
    ("project", "owner_institute"): ("P014",),
    ("sample", "sample_name"): ("S003",),
    ("sample", "sample_title"): ("S004",),
    ("sample", "organism"): ("S006", "S007", "S008", "S009", "S010"),
    ("sample", "taxonomy_id"): ("S006",),
    ("sample", "collection_date"): ("S012", "S013", "S014"),
    ("sample", "geo_loc_name"): ("S016", "S017"),
    ("sample", "lat_lon"): ("S019", "S020"),
    ("sample", "strain"): ("S021", "S022"),
    ("sample", "isolate"): ("S022",),
    ("sample", "culture_collection"): ("S023", "S024"),
    ("sample", "sex"): ("S025",),
    ("sample", "specimen_voucher"): ("S026",),
    ("sample", "host"): ("S028",),
    ("sample", "derived_from"): ("S031", "S032"),
    ("experiment", "library_id"): ("X002",),
    ("experiment", "sample_name"): ("X001",),
    ("experiment", "instrument_model"): ("X003",),
    ("experiment", "library_layout"): ("X007",),
    ("run", "run_alias"): ("R012",),
    ("run", "library_id"): ("R001",),
    ("run", "file_type"): ("R003", "R008", "R010"),
    ("file", "file_name"): ("F002",),
    ("file", "md5"): ("F012",),
    ("file", "run_alias"): ("T029",),
    ("file", "read_role"): ("R007",),
}
"""Rules about an attribute and other cells, objects or tables."""


PREFIX = "DSQC-"


def empty_code(sheet: str, attribute: Attribute, *, of_module: bool = False) -> str:
    """The code of an empty cell where a value is mandatory."""
    if attribute.requirement is Requirement.ONE_OF_GROUP:
        return f"{PREFIX}T016"
    own = _EMPTY.get((sheet, attribute.name), "")
    usual = "X008" if of_module else "T015"
    return PREFIX + (own if own and _is_active(own) else usual)


def format_code(sheet: str, attribute: Attribute) -> str:
    """The code of a value that is none of the vocabulary, or does not have the form that is asked for."""
    return PREFIX + _format_code(sheet, attribute)


def _format_code(sheet: str, attribute: Attribute) -> str:
    own = _FORMAT.get((sheet, attribute.name))
    if own is not None:
        return own
    if attribute.type in _FORMAT_OF_TYPE:
        return next(code for code in _FORMAT_OF_TYPE[attribute.type] if _is_active(code))
    if attribute.pattern is not None and attribute.pattern.name == "ascii_text":
        return "T009"
    return "T019" if attribute.pattern is not None else "T017"


def codes_of(sheet: str, attribute: Attribute, *, of_module: bool = False) -> tuple[str, ...]:
    """Codes of the active rules that look at ``attribute`` in particular, each once, in the order of checking.

    Rules on every cell (white space, several values, people in the data) are left out.
    """
    found = dict.fromkeys(_codes(sheet, attribute, of_module))
    return tuple(PREFIX + code for code in found if _is_active(code))


def _codes(sheet: str, attribute: Attribute, of_module: bool) -> Iterator[str]:
    place = (sheet, attribute.name)
    if attribute.requirement not in (Requirement.RECOMMENDED, Requirement.OPTIONAL):
        yield empty_code(sheet, attribute, of_module=of_module).removeprefix(PREFIX)
    if attribute.pattern is not None or attribute.vocabulary is not None or attribute.type in _FORMAT_OF_TYPE:
        yield _format_code(sheet, attribute)
    if attribute.minimum is not None or attribute.maximum is not None:
        yield _FORMAT.get(place, "T022")
    if attribute.missing is Missing.REPORTING:
        yield "T013"
    yield from _RELATION.get(place, ())
    if attribute.refers_to and place not in _RELATION:
        yield "T029"


def _is_active(code: str) -> bool:
    return registered(PREFIX + code).state is RuleState.ACTIVE
