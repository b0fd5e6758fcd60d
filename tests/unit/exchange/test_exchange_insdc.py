"""INSDC XML is valid against ENA's schemas for every form, and says what the record says."""

from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import tostring

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from sqlalchemy import select

from dsqc.catalog.database import Catalog
from dsqc.catalog.models import ExperimentRecord, ForeignAccessionRecord, SampleRecord
from dsqc.errors import UsageError
from dsqc.exchange.insdc import export_insdc
from dsqc.exchange.insdc_parts import Builder
from dsqc.exchange.records import PublicRecord
from dsqc.exchange.tables import insdc_tags, insdc_terms, rows
from dsqc.forms import compose, load_fields
from dsqc.forms.examples import example_record
from helpers.example_catalog import add_record
from helpers.stations import new_station

XSD = Path(__file__).parents[3] / "test-data/ena-xsd"
SCHEMAS = {
    "project": "ENA.project.xsd",
    "sample": "SRA.sample.xsd",
    "experiment": "SRA.experiment.xsd",
    "run": "SRA.run.xsd",
    "submission": "SRA.submission.xsd",
}
FIELD, PACKAGE = "seed_crop", "Plant_fungi"


@pytest.fixture(scope="module")
def schemas() -> dict[str, etree.XMLSchema]:
    return {kind: etree.XMLSchema(etree.parse(str(XSD / name))) for kind, name in SCHEMAS.items()}


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog.open(new_station(tmp_path / "station", {}).station) as opened:
        yield opened


def exported(catalog: Catalog, folder: Path, accessions: list[str], schemas: dict) -> dict[str, etree._Element]:
    """The files of an export by name; every one valid."""
    with catalog.reading() as session:
        counts = export_insdc(session, catalog.station, accessions, folder)
    assert set(counts) == {path.name for path in folder.iterdir()}
    found = {}
    for name in counts:
        tree = etree.parse(str(folder / name))
        schemas[name.split(".")[0]].assertValid(tree)
        found[name] = tree.getroot()
        assert len(found[name]) == counts[name]
    return found


def test_every_form_and_package_exports_valid_xml(catalog: Catalog, schemas: dict, tmp_path: Path) -> None:
    forms = [compose(field.id, package) for field in load_fields().values() for package in field.packages]
    with catalog.writing() as session:
        numbers = [add_record(session, form, example_record(form)).accession or "" for form in forms]

    found = exported(catalog, tmp_path / "xml", numbers, schemas)
    assert len(found["sample.xml"]) == len(found["project.xml"]) == len(forms)
    text = b"".join(path.read_bytes() for path in (tmp_path / "xml").iterdir()).decode()
    for name in ("gildong", "@example.org", "irb_approval_no", "subject_id"):
        assert name not in text.lower()


def test_every_library_module_exports_valid_xml(catalog: Catalog, schemas: dict, tmp_path: Path) -> None:
    form = compose(FIELD, PACKAGE)
    with catalog.writing() as session:
        numbers = [
            add_record(session, form, example_record(form, modules=[module.id])).accession or ""
            for module in form.modules
        ]

    exported(catalog, tmp_path / "xml", numbers, schemas)


def texts(element: etree._Element, path: str) -> list[str]:
    return [item.text for item in element.findall(path)]


def attributes(element: etree._Element) -> dict[str, tuple[str, str | None]]:
    return {
        item.findtext("TAG"): (item.findtext("VALUE"), item.findtext("UNITS"))
        for item in element
        if item.tag.endswith("_ATTRIBUTE")
    }


def test_what_an_export_says(catalog: Catalog, schemas: dict, tmp_path: Path) -> None:
    form = compose(FIELD, PACKAGE)
    record = example_record(form)
    record["sample"][0] |= {
        "geo_loc_name": "South Korea: Jeonju",
        "lat_lon": "35.8 N 127.1 W",
        "other_characteristics": "soil colour:brown; slope:3 degree",
        "collection_date": "missing: third party data",
        "altitude" if "altitude" in form.columns("sample") else "alt": "12 m",
    }
    record["experiment"][0] |= {"insert_size": "350", "insert_size_sd": "20.5", "library_layout": "PAIRED"}
    record["run"][0] |= {"run_date": "2026-08-01", "phred_offset": "33"}
    record["project"][0] |= {"title_en": "Rice", "publication": "12345678; 10.1038/s41586-020-2649-2; https://x.org/a"}
    with catalog.writing() as session:
        digits = (add_record(session, form, record).accession or "")[-5:]
        sample = f"KAS{digits}000"
        session.add(ForeignAccessionRecord(accession=sample, foreign_accession="SAMD00000007", archive="INSDC"))

    found = exported(catalog, tmp_path / "xml", [f"KAR{digits}000"], schemas)
    (project,), (made,) = found["project.xml"], found["sample.modify.xml"]
    (experiment,), (run,) = found["experiment.xml"], found["run.xml"]
    assert project.findtext("TITLE") == f"Rice (K-BDS project {project.get('alias')})"
    assert texts(project, "PROJECT_LINKS/PROJECT_LINK/XREF_LINK/DB") == ["PUBMED", "DOI"]
    assert (made.get("alias"), made.get("accession")) == (sample, "SAMD00000007")
    said = attributes(made.find("SAMPLE_ATTRIBUTES"))
    assert said["geographic location (country and/or sea)"] == ("South Korea", None)
    assert said["geographic location (region and locality)"] == ("Jeonju", None)
    assert said["geographic location (latitude)"] == ("35.8", "DD")
    assert said["geographic location (longitude)"] == ("-127.1", "DD")
    assert said["slope"] == ("3 degree", None)
    assert said["collection date"] == ("missing: third party data", None)
    assert experiment.find("DESIGN/SAMPLE_DESCRIPTOR").attrib == {"accession": "SAMD00000007"}
    assert experiment.find("STUDY_REF").get("refname") == project.get("alias")
    assert experiment.find("DESIGN/LIBRARY_DESCRIPTOR/LIBRARY_LAYOUT/PAIRED").attrib == {
        "NOMINAL_LENGTH": "350",
        "NOMINAL_SDEV": "20.5",
    }
    assert experiment.findtext("PLATFORM/ILLUMINA/INSTRUMENT_MODEL") == record["experiment"][0]["instrument_model"]
    assert run.get("run_date") == "2026-08-01T00:00:00"
    files = run.findall("DATA_BLOCK/FILES/FILE")
    assert [(item.get("filename"), item.get("checksum"), item.get("ascii_offset")) for item in files] == [
        (row["file_name"], row["md5"], "!") for row in record["file"]
    ]
    actions = [(item[0].tag, item[0].get("source")) for item in found["submission.xml"].iter("ACTION")]
    assert ("MODIFY", "sample.modify.xml") in actions
    assert ("ADD", "run.xml") in actions


@pytest.mark.parametrize("state", ["registered", "held", "closed", "withdrawn"])
def test_what_is_not_released_is_as_if_it_were_not_there(catalog: Catalog, state: str, tmp_path: Path) -> None:
    form = compose(FIELD, PACKAGE)
    with catalog.writing() as session:
        number = add_record(session, form, example_record(form), state).accession or ""
    messages = []
    for name in (number, "KRA99999999"):
        with pytest.raises(UsageError, match="no public record") as caught, catalog.reading() as session:
            export_insdc(session, catalog.station, [name], tmp_path / "xml")
        messages.append(str(caught.value).replace(name, ""))
    assert messages[0] == messages[1]
    assert not (tmp_path / "xml").exists()


@pytest.mark.parametrize("state", ["released", "held"])
def test_a_library_of_a_sample_of_another_submission(
    catalog: Catalog, schemas: dict, state: str, tmp_path: Path
) -> None:
    form = compose(FIELD, PACKAGE)
    with catalog.writing() as session:
        first = (add_record(session, form, example_record(form), state).accession or "")[-5:]
        second = (add_record(session, form, example_record(form)).accession or "")[-5:]
        sample = session.scalars(select(SampleRecord).where(SampleRecord.accession == f"KAS{first}000")).one()
        library = session.scalars(select(ExperimentRecord).where(ExperimentRecord.accession == f"KAE{second}000")).one()
        library.sample_id = sample.id

    if state == "released":
        found = exported(catalog, tmp_path / "xml", [f"KAE{second}000"], schemas)
        assert [item.get("alias") for item in found["sample.xml"]] == [f"KAS{first}000"]
        assert len(found["experiment.xml"]) == 1
        return
    with pytest.raises(UsageError, match="not released") as caught, catalog.reading() as session:
        export_insdc(session, catalog.station, [f"KAE{second}000"], tmp_path / "xml")
    assert f"KAS{first}" not in str(caught.value)


def test_what_insdc_has_no_word_for_is_refused(catalog: Catalog, tmp_path: Path) -> None:
    form = compose(FIELD, PACKAGE)
    record = example_record(form)
    record["experiment"][0] |= {"platform": "SALUS", "instrument_model": "Salus Pro"}
    record["file"][0]["format"] = "spatial"
    record["run"][0]["file_type"] = "spatial"
    with catalog.writing() as session:
        number = add_record(session, form, record).accession or ""

    with pytest.raises(UsageError, match=r"SALUS.*spatial") as caught, catalog.reading() as session:
        export_insdc(session, catalog.station, [number], tmp_path / "xml")
    assert caught.value.hint


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=300), value=st.text(max_size=40))
def test_any_text_gives_valid_xml(schemas: dict, text: str, value: str) -> None:
    said = {"title_en": text, "description_en": text, "mystery": value, "publication": "1"}
    form = {"research_field": FIELD, "package": PACKAGE, "form_version": "1.0.0"}
    record = PublicRecord("project", "KAP000001", text, attributes=said, name=value, submission=form)
    tree = etree.fromstring(tostring(Builder("KOBIC", {}).element(record)))
    schemas["project"].assertValid(tree)


def test_terms_are_those_of_the_schemas() -> None:
    """Every term of the table is one of ENA's, and every name of the other is an attribute of a form."""
    common = etree.parse(str(XSD / "SRA.common.xsd")).getroot()
    texts = {
        item.get("value") for name in SCHEMAS.values() for item in etree.parse(str(XSD / name)).iter("{*}enumeration")
    }
    texts |= {item.get("value") for item in common.iter("{*}enumeration")}
    assert {row["term"] for row in rows("insdc_terms")} <= texts
    assert "Illumina NovaSeq 6000" in insdc_terms("INSTRUMENT_MODEL", "ILLUMINA")
    known = {
        name
        for field in load_fields().values()
        for package in field.packages
        for name in compose(field.id, package).columns("sample")
    }
    assert set(insdc_tags()) <= known
