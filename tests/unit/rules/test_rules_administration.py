"""Projects and their administration: what the fixtures of the rules do not show."""

from datetime import date

import pytest

from dsqc.findings import Suggestion
from dsqc.forms import compose, vocabulary
from dsqc.forms.vocabulary import read_table
from dsqc.model import Cell, Row, Sheet, Submission
from dsqc.rules import Context, check
from dsqc.rules.administration import _fold_institute
from dsqc.rules.project import meant_ntis, meant_publication, several_data_types
from helpers.submissions import FIELD, PACKAGE

FORM = compose(FIELD, PACKAGE)


def codes(wanted: str, **sheets: dict[str, str]) -> list[tuple[str, str, Suggestion | None]]:
    held = {}
    for name, values in sheets.items():
        row = Row(name, 2, {key: Cell(text, text, 2, "A") for key, text in values.items()})
        held[name] = Sheet(name, f"{name}.tsv", (), (row,))
    found = check(Submission(held), FORM, Context(date(2026, 9, 1)))
    return [(item.location.attribute, item.value, item.suggestion) for item in found if item.code == f"DSQC-{wanted}"]


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("PMID27148491", "27148491"),
        ("PubMed ID: 27148491", "27148491"),
        ("https://pubmed.ncbi.nlm.nih.gov/27148491/", "27148491"),
        ("DOI: 10.3389/fcimb.2016.00042", "10.3389/fcimb.2016.00042"),
        ("https://doi.org/10.3389/fcimb.2016.00042", "10.3389/fcimb.2016.00042"),
        ("doi:10.1038/s41586-020-2649-2; PMID 1", "10.1038/s41586-020-2649-2; 1"),
        ("Kim et al. 2021", None),
        ("PMID27148491; in press", None),
    ],
)
def test_publications_are_suggested_bare(value: str, meant: str | None) -> None:
    assert meant_publication(value) == (Suggestion(meant, 1.0) if meant else None)


@pytest.mark.parametrize(
    ("value", "meant"), [("1711-058741", "1711058741"), ("NTIS: 1711058741", "1711058741"), ("PJ0123", None)]
)
def test_ntis_numbers(value: str, meant: str | None) -> None:
    assert meant_ntis(value) == (Suggestion(meant, 1.0) if meant else None)


def test_one_data_type_is_never_taken_for_several() -> None:
    assert [term for term in vocabulary("kbds_bioproject_data_type") if several_data_types(term)] == []
    assert several_data_types("Genomics; Metabolomics")


def test_several_lead_institutes() -> None:
    ((name, value, meant),) = codes("P009", project={"lead_institute": "국립농업과학원; 서울대학교"})
    assert (name, value, meant) == ("lead_institute", "국립농업과학원; 서울대학교", Suggestion("국립농업과학원", 0.5))


def test_who_may_ask_for_a_withholding_is_data() -> None:
    reasons, requesters = vocabulary("withholding_reason"), vocabulary("withholding_requester")
    for row in read_table("withholding_approval"):
        assert row["term"] in reasons
        assert row["requester"] in requesters
    company = "참여기업의 대표 (representative of a participating company)"
    project = {"withholding_reason": "ip_acquisition", "withholding_requester": company}
    found = {name: meant for name, _value, meant in codes("P012", project=project)}
    assert found.pop("withholding_requester") == Suggestion("주관연구기관의 장 (head of the lead institute)", 0.8)
    assert set(found) == {"withholding_approver", "withholding_approval_no", "withholding_approval_date"}


def test_an_approval_is_not_in_the_future() -> None:
    project = {"withholding_reason": "pre_publication", "withholding_approval_date": "2026-09-02"}
    assert [name for name, _value, _meant in codes("P012", project=project)] == ["withholding_approval_date"]
    assert codes("P012", project=project | {"withholding_approval_date": "2026-09-01"}) == []


@pytest.mark.parametrize(
    ("owner", "form", "meant"),
    [
        ("국립 농업과학원", "", None),
        ("가나다종묘", "", None),
        ("국가", "", None),
        ("아무개", "국가 소유 (state)", None),
        ("국립농업과학", "", "국립농업과학원"),
    ],
)
def test_owners(owner: str, form: str, meant: str | None) -> None:
    project = {"lead_institute": "국립농업과학원", "participating_companies": "(주)가나다종묘; 라마바"}
    found = codes("P014", project=project | {"owner_institute": owner, "ownership_type": form})
    assert [item[2] for item in found] == ([Suggestion(meant, 0.7)] if meant else [])


def test_an_institute_is_the_same_without_its_legal_form() -> None:
    assert len({_fold_institute(name) for name in ("㈜가나다종묘", "(주) 가나다종묘", "주식회사 가나다 종묘")}) == 1


@pytest.mark.parametrize(
    ("level", "tier", "wanted"),
    [("open", "closed", "public"), ("controlled", "public", ""), ("closed", "", ""), ("closed", "public", "closed")],
)
def test_tiers_follow_the_access_level(level: str, tier: str, wanted: str) -> None:
    found = codes("P015", submission={"access_level": level, "storage_tier": tier})
    assert [item[2] for item in found] == ([Suggestion(wanted, 0.7)] if wanted else [])


def test_deposit_is_asked_of_material_only() -> None:
    project = {"ministry": "RDA"}
    sample = {"sample_name": "S1", "organism": "Oryza sativa", "biomaterial_provider": "Genebank"}
    assert [name for name, _value, _meant in codes("P017", project=project, sample=sample)] == ["material_bank_id"]
    for other in (
        {"organism": "soil metagenome"},
        {"organism": "Homo sapiens"},
        {"biomaterial_provider": "missing"},
        {"material_bank_id": "IT:1"},
    ):
        assert codes("P017", project=project, sample=sample | other) == []
    assert codes("P017", project={"ministry": "MSIT"}, sample=sample) == []
