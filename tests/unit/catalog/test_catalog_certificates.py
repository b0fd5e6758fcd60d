"""Data certificates and reviewer links: what they say, what they do not, and what they do to the submission."""

import hashlib
import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from sqlalchemy import select

from dsqc.catalog.database import Catalog
from dsqc.catalog.models import EventRecord, ReviewerLinkRecord, SubmissionRecord
from dsqc.catalog.receipts.certificates import document_digest, is_certified
from dsqc.catalog.receipts.reviewer_links import create_link, links, review_of, review_view, revoke_link
from dsqc.catalog.registering import Actor
from dsqc.errors import UsageError
from dsqc.language import Language
from dsqc.signing import verify
from dsqc.stages.certificate import certificate
from dsqc.stages.register import register
from dsqc.stages.review import make_link
from dsqc.station import Station
from dsqc.station_key import make_station_signing_pair, station_verifying_keys
from helpers.catalogs import actions, problems
from helpers.results import Judged
from helpers.stations import new_station

DAY = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
CURATOR = Actor("kim", lambda: DAY)
NUMBER = "KRA00000001"
PEOPLE = {"submitter_name_en": "Gildong Hong", "submitter_name_ko": "홍길동", "contact_email": "hong@x.re.kr"}


def shaped(name: str, value: Any) -> Any:
    """``value``, which must be as the published schema says."""
    schema = files("dsqc.schemas").joinpath(f"reports/{name}.schema.json").read_text(encoding="utf-8")
    jsonschema_rs.validate(json.loads(schema), value)
    return value


def keep(station: Station, work: Path, judged: Judged) -> None:
    results, inbox = judged.write(work, station)
    assert register(results, inbox, station).registered


@pytest.fixture
def sqlite_station(tmp_path: Path) -> Station:
    """An empty station."""
    return new_station(tmp_path / "station", {}).station


@pytest.fixture
def stocked(sqlite_station: Station, tmp_path: Path) -> Station:
    """A station with a signing key and one open submission."""
    make_station_signing_pair(sqlite_station)
    keep(sqlite_station, tmp_path / "work", Judged(extra=PEOPLE))
    return sqlite_station


@pytest.fixture
def catalog(stocked: Station) -> Iterator[Catalog]:
    with Catalog.open(stocked) as opened:
        yield opened


def test_a_certificate_is_signed_says_what_is_registered_and_freezes_it(stocked: Station, tmp_path: Path) -> None:
    result = certificate("KAS00000001", tmp_path / "c.json", stocked, CURATOR)

    shaped("certificate_issue", result.to_dict())
    document = shaped("certificate", json.loads((tmp_path / "c.json").read_text("utf-8")))
    assert verify(document, station_verifying_keys(stocked))
    assert (document["number"], document["issued_at"]) == (f"{NUMBER}-C1", "2026-11-30")
    assert document["depositor"]["name_ko"] == "홍길동"
    assert "x.re.kr" not in json.dumps(document)
    digests = sorted(item["sha256"] for item in document["files"]["list"])
    assert document["files"]["root_sha256"] == hashlib.sha256("".join(f"{d}\n" for d in digests).encode()).hexdigest()
    with Catalog.open(stocked) as catalog, catalog.reading() as session:
        event = session.scalars(select(EventRecord).where(EventRecord.action == "certificate")).one()
        before = session.scalars(select(EventRecord).where(EventRecord.sequence == event.sequence - 1)).one()
        assert is_certified(session, event.submission_id)
        assert document["history"] == {"sequence": before.sequence, "digest": before.digest}
        assert event.details["document_sha256"] == document_digest(document) == result.digest
    assert problems(stocked) == []


def test_asked_again_it_is_the_same_certificate_byte_for_byte(stocked: Station, tmp_path: Path) -> None:
    for suffix in ("pdf", "html", "json"):
        certificate(NUMBER, tmp_path / f"one.{suffix}", stocked, CURATOR)
        later = Actor("lee", lambda: DAY + timedelta(days=400))
        certificate(NUMBER, tmp_path / f"two.{suffix}", stocked, later)
        assert (tmp_path / f"one.{suffix}").read_bytes() == (tmp_path / f"two.{suffix}").read_bytes()
    assert actions(stocked, "rice-2026").count("certificate") == 1


def test_a_record_that_says_something_else_gets_a_new_certificate(stocked: Station, tmp_path: Path) -> None:
    certificate(NUMBER, tmp_path / "c.json", stocked, CURATOR)
    with Catalog.open(stocked) as catalog, catalog.writing() as session:
        session.scalars(select(SubmissionRecord)).one().release_date = "2027-06-30"

    result = certificate(NUMBER, tmp_path / "c.json", stocked, CURATOR)

    assert result.document["number"] == f"{NUMBER}-C2"


@pytest.mark.parametrize("language", [None, Language.EN])
def test_the_pdf_holds_its_letters_and_the_signed_document(
    stocked: Station, tmp_path: Path, language: Language | None
) -> None:
    certificate(NUMBER, tmp_path / "c.pdf", stocked, CURATOR, language=language)

    fonts = subprocess.run(["pdffonts", tmp_path / "c.pdf"], capture_output=True, text=True, check=True).stdout
    text = subprocess.run(["pdftotext", tmp_path / "c.pdf", "-"], capture_output=True, text=True, check=True).stdout
    subprocess.run(["pdfdetach", "-saveall", "-o", tmp_path, tmp_path / "c.pdf"], check=True)
    assert "yes yes yes" in fonts
    assert ("데이터 등록 인증서" in text, "Data Certificate" in text) == (
        language is not Language.EN,
        language is not Language.KO,
    )
    assert NUMBER in text
    assert verify(json.loads((tmp_path / f"{NUMBER}-C1.json").read_text("utf-8")), station_verifying_keys(stocked))


def test_nothing_is_issued_where_it_cannot_be_printed(stocked: Station, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="ends in"):
        certificate(NUMBER, tmp_path / "c.docx", stocked, CURATOR)
    with pytest.raises(UsageError, match="font"):
        certificate(NUMBER, tmp_path / "c.pdf", stocked, CURATOR, font=tmp_path / "none.ttf")
    with pytest.raises(UsageError, match="not in the catalog"):
        certificate("KRA00000009", tmp_path / "c.pdf", stocked, CURATOR)

    assert "certificate" not in actions(stocked, "rice-2026")


def test_a_page_of_hostile_metadata_holds_no_markup_of_it(sqlite_station: Station, tmp_path: Path) -> None:
    keep(sqlite_station, tmp_path, Judged(title="<script>alert(1)</script>", samples=("leaf", "root")))

    certificate(NUMBER, tmp_path / "c.html", sqlite_station, CURATOR)
    make_link(NUMBER, 1, sqlite_station, CURATOR, html=tmp_path / "r.html")

    for name in ("c.html", "r.html"):
        page = (tmp_path / name).read_text("utf-8")
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


def test_a_link_shows_metadata_and_quality_and_counts(catalog: Catalog) -> None:
    made = catalog.write(lambda session: create_link(session, NUMBER, 90, CURATOR))

    views = [catalog.write(lambda session: review_view(session, made.token, DAY)) for _ in range(2)]

    view = shaped("review_view", views[1])
    assert view["samples"][0]["attributes"]["organism"] == "Oryza sativa"
    assert view["runs"][0]["metrics"]["mean_phred"] == 36.5
    assert view["findings"][0]["code"] == "DSQC-P008"
    told = json.dumps(view, ensure_ascii=False)
    assert not any(word in told for word in ("Hong", "홍길동", "re.kr", "objects/", "key"))
    with catalog.reading() as session:
        kept = session.scalars(select(ReviewerLinkRecord)).one()
        events = json.dumps([event.details for event in session.scalars(select(EventRecord))])
        shown = shaped("reviewer_links", {"schema_version": "1.0", "links": links(session, DAY)})["links"]
    assert (kept.opened_count, shown[0]["state"]) == (2, "open")
    assert made.token not in json.dumps([kept.token_sha256, events])


def test_a_link_ends_with_its_time_by_revocation_and_with_the_record(catalog: Catalog) -> None:
    made = catalog.write(lambda session: create_link(session, NUMBER, 30, CURATOR))

    def opens(token: str, at: datetime) -> bool:
        return catalog.write(lambda session: review_view(session, token, at)) is not None

    assert opens(made.token, DAY + timedelta(days=30, seconds=-1))
    assert not opens(made.token, DAY + timedelta(days=30))
    assert not opens(made.token[:-1], DAY)
    assert not opens("", DAY)
    catalog.write(lambda session: revoke_link(session, made.id, CURATOR))
    assert not opens(made.token, DAY)
    other = catalog.write(lambda session: create_link(session, NUMBER, 1, CURATOR))
    with catalog.writing() as session:
        session.scalars(select(SubmissionRecord)).one().state = "withdrawn"
    assert not opens(other.token, DAY)
    for days in (0, 367):
        with pytest.raises(UsageError, match="days"):
            catalog.write(lambda session, days=days: create_link(session, NUMBER, days, CURATOR))


def test_of_closed_data_no_file_is_named(sqlite_station: Station, tmp_path: Path) -> None:
    keep(sqlite_station, tmp_path, Judged(access="closed"))

    document = certificate(NUMBER, tmp_path / "c.json", sqlite_station, CURATOR).document
    certificate(NUMBER, tmp_path / "c.html", sqlite_station, CURATOR)
    with Catalog.open(sqlite_station) as catalog, catalog.reading() as session:
        view = shaped("review_view", review_of(session, session.scalars(select(SubmissionRecord)).one()))

    assert {item["name"] for item in document["files"]["list"]} == {None}
    assert set(view["runs"][0]["files"][0]) == {"format", "size_bytes", "read_count", "base_count"}
    for told in (json.dumps(document), json.dumps(view), (tmp_path / "c.html").read_text("utf-8")):
        assert "leaf_R1.fastq" not in told


def test_of_a_security_project_there_are_only_titles(sqlite_station: Station, tmp_path: Path) -> None:
    secret = {"security_class": "보안과제 (security)", "security_reason": "defence"}
    keep(sqlite_station, tmp_path, Judged(access="closed", project=secret, extra=PEOPLE))

    document = shaped("certificate", certificate(NUMBER, tmp_path / "c.json", sqlite_station, CURATOR).document)
    make_link(NUMBER, 1, sqlite_station, CURATOR, html=tmp_path / "r.html")
    with Catalog.open(sqlite_station) as catalog, catalog.reading() as session:
        view = shaped("review_view", review_of(session, session.scalars(select(SubmissionRecord)).one()))

    assert (document["files"]["list"], document["accessions"]["samples"]) == ([], [])
    assert set(view["submission"]) == {"accession", "title_en", "title_ko"}
    for told in (json.dumps(document, ensure_ascii=False), json.dumps(view), (tmp_path / "r.html").read_text("utf-8")):
        assert not any(word in told for word in ("Oryza", "Jeonju", "홍길동", "defence", "seed_crop", "KAS0"))


def test_a_station_without_a_key_issues_one_that_says_so_and_a_signed_one_later(
    sqlite_station: Station, tmp_path: Path
) -> None:
    keep(sqlite_station, tmp_path, Judged())
    first = certificate(NUMBER, tmp_path / "c.html", sqlite_station, CURATOR)
    assert "signature" not in first.document
    assert "서명 없음" in (tmp_path / "c.html").read_text("utf-8")

    make_station_signing_pair(sqlite_station)

    assert certificate(NUMBER, tmp_path / "c.html", sqlite_station, CURATOR).document["number"] == f"{NUMBER}-C2"


@pytest.mark.postgres
def test_both_databases_do_the_same(station: Station, tmp_path: Path) -> None:
    keep(station, tmp_path / "work", Judged())
    for name in ("one", "two"):
        certificate(NUMBER, tmp_path / f"{name}.json", station, CURATOR)
    with Catalog.open(station) as catalog:
        made = catalog.write(lambda session: create_link(session, NUMBER, 1, CURATOR))
        for _ in range(2):
            assert catalog.write(lambda session: review_view(session, made.token, DAY))
        with catalog.reading() as session:
            assert links(session, DAY, NUMBER)[0]["opened_count"] == 2
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
    assert actions(station, "rice-2026").count("certificate") == 1
    assert problems(station) == []
