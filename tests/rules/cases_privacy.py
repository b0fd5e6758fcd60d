"""Fixtures of the rules on people in the data."""

from dsqc.forms import compose
from helpers.forms import minimal_record
from helpers.submissions import Tables
from rules.edits import Cases, both, cell, chain, second


def person(tables: Tables) -> None:
    """A sample of a person, with personal information that the donor agreed to share, under control."""
    record = minimal_record(compose("public_health", "Human"))
    record["submission"][0] |= {"access_level": "controlled", "release_date": ""}
    record["experiment"][0] |= {"library_layout": "SINGLE", "library_strategy": "WGS", "insert_size": ""}
    record["sample"][0] |= {"organism": "Homo sapiens", "taxonomy_id": "9606", "contains_personal_information": "yes"}
    tables.update({name: [list(record[name][0]), list(record[name][0].values())] for name in record})


COHORT = both(person, chain, second("sample", isolate="P0002", subject_id="P0002"))

CASES: Cases = {
    "H001": (cell("sample", treatment="KR-001"), cell("sample", treatment="patient 900101-1234567")),
    "H002": (cell("sample", treatment="02-123-4567"), cell("sample", treatment="ask 010-1234-5678")),
    "H003": (cell("submission", contact_email="a@b.kr"), cell("sample", treatment="ask a@b.kr")),
    "H004": (cell("sample", sample_title="P0001 blood"), cell("sample", sample_title="Hong Gildong blood")),
    "H005": (
        both(person, cell("sample", age="90 or over")),
        both(person, cell("sample", age="93 year")),
    ),
    "H006": (person, both(person, cell("submission", access_level="open"))),
    "H007": (person, both(person, cell("sample", irb_approval_no=""))),
    "H009": (COHORT, both(COHORT, second("sample", age="71 year"))),
    "H010": (
        cell("sample", lat_lon="37.5 N 127.0 E", sensitive_location="yes"),
        cell("sample", lat_lon="37.56651 N 126.97812 E", sensitive_location="yes"),
    ),
    "H013": (cell("sample", treatment="aged 44 years"), cell("sample", treatment="DOB 1980-01-31")),
    "H014": (cell("sample", treatment="patient P0001"), cell("sample", treatment="patient no 1234567")),
}
