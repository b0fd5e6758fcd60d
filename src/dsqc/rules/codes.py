"""Which rules look at an attribute: for the notes of templates, and for whoever asks before there is a finding."""

from collections.abc import Iterator

from dsqc.forms import Attribute, Missing, Requirement
from dsqc.registry import RuleState
from dsqc.registry import rule as registered

_EMPTY = {
    ("sample", "sample_name"): "DSQC-S001",
    ("experiment", "insert_size"): "DSQC-X005",
    ("project", "withholding_reason"): "DSQC-P011",
    ("project", "withholding_review_date"): "DSQC-P013",
    ("project", "withholding_requester"): "DSQC-P012",
    ("project", "withholding_approver"): "DSQC-P012",
    ("project", "withholding_approval_no"): "DSQC-P012",
    ("project", "withholding_approval_date"): "DSQC-P012",
    ("project", "lead_institute"): "DSQC-P009",
    ("sample", "irb_approval_no"): "DSQC-H007",
    ("experiment", "title"): "DSQC-X011",
    ("submission", "form_id"): "DSQC-T027",
    ("submission", "package"): "DSQC-T024",
}
"""Required values that rules of their own look after, where these are active."""
_FORMAT = {
    ("sample", "sample_name"): "DSQC-S002",
    ("file", "file_name"): "DSQC-F001",
    ("file", "md5"): "DSQC-F005",
    ("experiment", "insert_size"): "DSQC-X006",
    ("submission", "form_id"): "DSQC-T027",
    ("submission", "form_version"): "DSQC-T027",
    ("submission", "package"): "DSQC-T024",
}
_FORMAT_OF_TYPE = {
    "enum": ("DSQC-T017",),
    "date_or_range": ("DSQC-S011",),
    "lat_lon": ("DSQC-S018",),
    "taxid": ("DSQC-T020",),
    "integer": ("DSQC-T020",),
    "number": ("DSQC-T019",),
    "quantity": ("DSQC-T021",),
    "geo_loc": ("DSQC-S015",),
    "envo": ("DSQC-S029", "DSQC-T019"),
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
"""Rules about an attribute and other cells, objects or tables; codes without their prefix."""


def empty_code(sheet: str, attribute: Attribute, *, of_module: bool = False) -> str:
    """The code of an empty cell where a value is mandatory."""
    if attribute.requirement is Requirement.ONE_OF_GROUP:
        return "DSQC-T016"
    own = _EMPTY.get((sheet, attribute.name))
    if own is not None and _is_active(own):
        return own
    return "DSQC-X008" if of_module else "DSQC-T015"


def format_code(sheet: str, attribute: Attribute) -> str:
    """The code of a value that is none of the vocabulary, or does not have the form that is asked for."""
    own = _FORMAT.get((sheet, attribute.name))
    if own is not None:
        return own
    if attribute.type in _FORMAT_OF_TYPE:
        return next(code for code in _FORMAT_OF_TYPE[attribute.type] if _is_active(code))
    if attribute.pattern is not None and attribute.pattern.name == "ascii_text":
        return "DSQC-T009"
    return "DSQC-T019" if attribute.pattern is not None else "DSQC-T017"


def codes_of(sheet: str, attribute: Attribute, *, of_module: bool = False) -> tuple[str, ...]:
    """Codes of the active rules that look at ``attribute`` in particular, each once, in the order of checking.

    Rules on every cell (white space, several values, people in the data) are left out.
    """
    return tuple(code for code in dict.fromkeys(_codes(sheet, attribute, of_module)) if _is_active(code))


def _codes(sheet: str, attribute: Attribute, of_module: bool) -> Iterator[str]:
    if attribute.requirement not in (Requirement.RECOMMENDED, Requirement.OPTIONAL):
        yield empty_code(sheet, attribute, of_module=of_module)
    if attribute.pattern is not None or attribute.vocabulary is not None or attribute.type in _FORMAT_OF_TYPE:
        yield format_code(sheet, attribute)
    if attribute.minimum is not None or attribute.maximum is not None:
        yield "DSQC-X006" if (sheet, attribute.name) == ("experiment", "insert_size") else "DSQC-T022"
    if attribute.missing is Missing.REPORTING:
        yield "DSQC-T013"
    for code in _RELATION.get((sheet, attribute.name), ()):
        yield f"DSQC-{code}"
    if attribute.refers_to and (sheet, attribute.name) not in _RELATION:
        yield "DSQC-T029"


def _is_active(code: str) -> bool:
    return registered(code).state is RuleState.ACTIVE
