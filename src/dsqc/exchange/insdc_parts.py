"""Elements of INSDC XML made of public records. What ENA's schemas cannot say of a record is collected as a problem."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, SubElement

from dsqc.accessions import AccessionType, accession_type
from dsqc.exchange.records import SAME_AS, PublicRecord
from dsqc.exchange.resolving import archive_of
from dsqc.exchange.tables import insdc_tags, insdc_terms
from dsqc.forms import compose, is_missing_term
from dsqc.forms.attribute import Attribute

INSDC = "INSDC"
HOLDER = "K-BDS"
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_QUANTITY = re.compile(r"(-?\d+(?:\.\d+)?(?:\s?-\s?-?\d+(?:\.\d+)?)?) (\S.*)", re.ASCII)
_LAT_LON = re.compile(r"(\d+(?:\.\d+)?) ([NS]) (\d+(?:\.\d+)?) ([EW])", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_PUBMED = re.compile(r"\d{1,8}", re.ASCII)
TITLE, DESCRIPTION = (20, 250), (20, 4000)
"""Least and most characters of these elements of a project."""
OTHER = {"LIBRARY_STRATEGY": "OTHER", "LIBRARY_SOURCE": "OTHER", "LIBRARY_SELECTION": "other"}
NATIVE_FILES = {
    ("fast5", "OXFORD_NANOPORE"): "OxfordNanopore_native",
    ("hdf5", "PACBIO_SMRT"): "PacBio_HDF5",
}
READ_TYPES = {
    "R1": "paired",
    "R2": "paired",
    "I1": "sample_barcode",
    "I2": "sample_barcode",
    "cell_barcode": "cell_barcode",
    "umi_barcode": "umi_barcode",
    "sample_barcode": "sample_barcode",
    "feature_barcode": "feature_barcode",
    "spatial_barcode": "spatial_barcode",
    "single": "single",
}
OFFSETS = {"33": "!", "64": "@"}


@dataclass(slots=True)
class Builder:
    """Makes the elements of one export.

    Attributes:
        centre: code of this station.
        known: the exported records by number.
        problems: what INSDC's schemas have no word for.
    """

    centre: str
    known: Mapping[str, PublicRecord]
    problems: list[str] = field(default_factory=list)

    def element(self, record: PublicRecord) -> Element:
        """The element of a record, of the kind that it is."""
        made = self._object(record)
        {"project": self._project, "sample": self._sample, "experiment": self._experiment, "run": self._run}[
            record.kind
        ](made, record)
        return made

    def _object(self, record: PublicRecord) -> Element:
        made = Element(record.kind.upper(), alias=record.accession, center_name=self.centre)
        numbers = insdc_numbers(record)
        if numbers:
            made.set("accession", numbers[0])
        names = SubElement(made, "IDENTIFIERS")
        for number in numbers[1:]:
            _text(names, "SECONDARY_ID", number)
        for other in (item for kind, item in record.relations if kind == SAME_AS and item not in numbers):
            _text(names, "EXTERNAL_ID", other, namespace=archive_of(other)[0] or "other")
        _text(names, "EXTERNAL_ID", record.accession, namespace=HOLDER)
        if record.name and record.name != record.accession:
            _text(names, "SUBMITTER_ID", record.name, namespace=self.centre)
        return made

    def _project(self, made: Element, record: PublicRecord) -> None:
        said = dict(record.attributes)
        title = said.pop("title_en", "") or record.title
        _text(made, "TITLE", fitting(title, record.accession, *TITLE))
        _text(made, "DESCRIPTION", fitting(said.pop("description_en", "") or title, record.accession, *DESCRIPTION))
        if said.pop("project_type", "").casefold().startswith("umbrella"):
            SubElement(made, "UMBRELLA_PROJECT")
        else:
            SubElement(SubElement(made, "SUBMISSION_PROJECT"), "SEQUENCING_PROJECT")
        umbrella = said.pop("umbrella_accession", "")
        if umbrella:
            related = SubElement(SubElement(made, "RELATED_PROJECTS"), "RELATED_PROJECT")
            SubElement(related, "PARENT_PROJECT", accession=clean(umbrella))
        _links(made, "PROJECT", said.pop("publication", ""))
        said.pop("project_alias", "")
        self._attributes(made, record, said)

    def _sample(self, made: Element, record: PublicRecord) -> None:
        said = dict(record.attributes)
        _text(made, "TITLE", record.title)
        name = SubElement(made, "SAMPLE_NAME")
        if record.taxonomy_id is None:
            self.problems.append(f"{record.accession} has no taxonomy id")
        _text(name, "TAXON_ID", str(record.taxonomy_id))
        if said.get("organism"):
            _text(name, "SCIENTIFIC_NAME", said["organism"])
        if said.get("description"):
            _text(made, "DESCRIPTION", said["description"])
        for used in ("sample_name", "sample_title", "organism", "taxonomy_id", "description"):
            said.pop(used, "")
        more = list(_places(said))
        for pair in _pairs(said.pop("other_characteristics", "")):
            more.append((*pair, ""))
        more.append(("K-BDS package", record.submission.get("package", ""), ""))
        self._attributes(made, record, said, more)

    def _experiment(self, made: Element, record: PublicRecord) -> None:
        said = dict(record.attributes)
        get = said.get
        _text(made, "TITLE", record.title or record.accession)
        self._reference(made, "STUDY_REF", record.related("project"))
        design = SubElement(made, "DESIGN")
        _text(design, "DESIGN_DESCRIPTION", get("title", "") or record.title or record.accession)
        self._reference(design, "SAMPLE_DESCRIPTOR", record.related("sample"))
        library = SubElement(design, "LIBRARY_DESCRIPTOR")
        _text(library, "LIBRARY_NAME", record.name)
        more: list[tuple[str, str, str]] = []
        for element, other in OTHER.items():
            term = get(element.lower(), "")
            known = term in insdc_terms(element)
            _text(library, element, term if known else other)
            if not known and term:
                more.append((element.lower().replace("_", " "), term, ""))
        _layout(SubElement(library, "LIBRARY_LAYOUT"), said)
        if get("library_construction_protocol"):
            _text(library, "LIBRARY_CONSTRUCTION_PROTOCOL", said["library_construction_protocol"])
        more += self._platform(made, record, get("platform", ""), get("instrument_model", ""))
        used = ("library_id", "sample_name", "title", "library_layout", "platform", "instrument_model")
        for name in (*used, *(item.lower() for item in OTHER), "insert_size", "insert_size_sd"):
            said.pop(name, "")
        said.pop("library_construction_protocol", "")
        self._attributes(made, record, said, more)

    def _platform(
        self, made: Element, record: PublicRecord, platform: str, model: str
    ) -> Iterable[tuple[str, str, str]]:
        models = insdc_terms("INSTRUMENT_MODEL", platform)
        if not models or (model not in models and "unspecified" not in models):
            self.problems.append(f"{record.accession} was read with {platform or 'no platform'}, {model or 'no model'}")
            return []
        named = SubElement(SubElement(made, "PLATFORM"), platform)
        _text(named, "INSTRUMENT_MODEL", model if model in models else "unspecified")
        return [] if model in models or not model else [("instrument model", model, "")]

    def _run(self, made: Element, record: PublicRecord) -> None:
        said = dict(record.attributes)
        day, centre = said.pop("run_date", ""), said.pop("run_center", "")
        if _DATE.fullmatch(day):
            made.set("run_date", f"{day}T00:00:00")
        if centre:
            made.set("run_center", clean(centre))
        _text(made, "TITLE", record.title or record.accession)
        number = record.related("experiment")
        self._reference(made, "EXPERIMENT_REF", number)
        offset = OFFSETS.get(said.pop("phred_offset", ""), "")
        kind = said.pop("file_type", "")
        experiment = self.known.get(number)
        platform = experiment.attributes.get("platform", "") if experiment else ""
        listed = SubElement(SubElement(made, "DATA_BLOCK"), "FILES")
        for file in record.files:
            filetype = _filetype(file["format"] or kind, kind, platform)
            if not filetype:
                self.problems.append(f"{record.accession} has a file of the kind {file['format'] or kind or '?'}")
                continue
            item = SubElement(listed, "FILE", filename=clean(file["name"]), filetype=filetype)
            if offset and filetype == "fastq":
                item.attrib.update(quality_scoring_system="phred", quality_encoding="ascii", ascii_offset=offset)
            item.attrib.update(checksum_method="MD5", checksum=file["md5"])
            # ENA asks for it where a run has more files than a pair of mates.
            if len(record.files) > len(("R1", "R2")) and file["read_role"] in READ_TYPES:
                _text(item, "READ_TYPE", READ_TYPES[file["read_role"]])
        for used in ("run_alias", "library_id"):
            said.pop(used, "")
        self._attributes(made, record, said)

    def _reference(self, parent: Element, name: str, number: str) -> None:
        """To a record of this export by its alias, to one that INSDC has by its number there."""
        record = self.known.get(number)
        numbers = insdc_numbers(record) if record else [number] if archive_of(number)[0] == INSDC else []
        if numbers:
            SubElement(parent, name, accession=numbers[0])
            return
        if record is None:
            self.problems.append(f"{parent.get('alias') or parent.tag} refers to a record that is not released")
        SubElement(parent, name, refname=number, refcenter=self.centre)

    def _attributes(
        self, made: Element, record: PublicRecord, said: Mapping[str, str], more: Iterable[tuple[str, str, str]] = ()
    ) -> None:
        columns = _columns(record)
        tags = insdc_tags() if record.kind == "sample" else {}
        found = [(tags.get(name, name), *_split_units(columns.get(name), value)) for name, value in said.items()]
        listed = [*found, *more]
        if not listed:
            return
        parent = SubElement(made, f"{record.kind.upper()}_ATTRIBUTES")
        for tag, value, units in sorted(listed):
            item = SubElement(parent, f"{record.kind.upper()}_ATTRIBUTE")
            _text(item, "TAG", tag)
            _text(item, "VALUE", value)
            if units:
                _text(item, "UNITS", units)


def insdc_numbers(record: PublicRecord) -> list[str]:
    """Numbers that INSDC gave the record: its own where it is theirs, and those that it is linked to."""
    others = [target for kind, target in record.relations if kind == SAME_AS]
    kinds = {AccessionType(record.kind)}
    every = [*([] if record.minted else [record.accession]), *others]
    return [item for item in every if archive_of(item)[0] == INSDC and accession_type(item) in kinds]


def clean(text: str) -> str:
    """``text`` without what XML cannot hold."""
    return _ILLEGAL.sub("", text)


def fitting(text: str, number: str, least: int, most: int) -> str:
    """``text`` as long as an element asks: lengthened by the record's number, or cut."""
    found = " ".join(clean(text).split())
    if len(found) < least:
        found = f"{found} ({HOLDER} project {number})".strip()
    return found if len(found) <= most else found[: most - 1] + "…"


def _text(parent: Element, name: str, text: str, **attributes: str) -> Element:
    made = SubElement(parent, name, attributes)
    made.text = clean(text)
    return made


def _links(made: Element, kind: str, publications: str) -> None:
    listed = [item.strip() for item in publications.split(";") if item.strip()]
    if not listed:
        return
    parent = SubElement(made, f"{kind}_LINKS")
    for item in listed:
        link = SubElement(parent, f"{kind}_LINK")
        if item.startswith(("http://", "https://")):
            named = SubElement(link, "URL_LINK")
            _text(named, "LABEL", "publication")
            _text(named, "URL", item)
        else:
            named = SubElement(link, "XREF_LINK")
            _text(named, "DB", "PUBMED" if _PUBMED.fullmatch(item) else "DOI")
            _text(named, "ID", item)


def _layout(parent: Element, said: Mapping[str, str]) -> None:
    if said.get("library_layout") != "PAIRED":
        SubElement(parent, "SINGLE")
        return
    paired = SubElement(parent, "PAIRED")
    length, deviation = said.get("insert_size", ""), said.get("insert_size_sd", "")
    if length.isascii() and length.isdigit():
        paired.set("NOMINAL_LENGTH", length)
    if re.fullmatch(r"\d+(\.\d+)?", deviation, re.ASCII):
        paired.set("NOMINAL_SDEV", deviation)


def _filetype(measured: str, declared: str, platform: str) -> str:
    known = insdc_terms("filetype")
    for kind in (measured, declared):
        found = NATIVE_FILES.get((kind, platform), kind)
        if found in known:
            return found
    return ""


def _places(said: dict[str, str]) -> Iterable[tuple[str, str, str]]:
    """Country and region, latitude and longitude, apart as ENA has them; takes them out of ``said``."""
    place = said.pop("geo_loc_name", "")
    if place:
        country, colon, region = place.partition(":")
        yield ("geographic location (country and/or sea)", country.strip(), "")
        if colon and region.strip():
            yield ("geographic location (region and locality)", region.strip(), "")
    position = said.pop("lat_lon", "")
    match = _LAT_LON.fullmatch(position)
    if match:
        latitude, north, longitude, east = match.groups()
        yield ("geographic location (latitude)", f"{'-' if north == 'S' else ''}{latitude}", "DD")
        yield ("geographic location (longitude)", f"{'-' if east == 'W' else ''}{longitude}", "DD")
    elif position:
        yield ("geographic location (latitude)", position, "")
        yield ("geographic location (longitude)", position, "")


def _pairs(text: str) -> Iterable[tuple[str, str]]:
    """``name:value; name:value``."""
    for part in text.split(";"):
        name, colon, value = part.partition(":")
        if colon and name.strip():
            yield name.strip(), value.strip()


def _columns(record: PublicRecord) -> Mapping[str, Attribute]:
    said = record.submission
    if not record.attributes:
        return {}  # no form tells of it
    return compose(said["research_field"], said["package"], said["form_version"]).columns(record.kind)


def _split_units(attribute: Attribute | None, value: str) -> tuple[str, str]:
    """Number and unit of a quantity apart; a missing-value term stays as it is."""
    if attribute is None or attribute.type != "quantity" or is_missing_term(value):
        return value, ""
    match = _QUANTITY.fullmatch(value)
    return (match[1], match[2]) if match else (value, "")
