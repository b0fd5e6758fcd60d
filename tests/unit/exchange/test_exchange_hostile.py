"""Packages that are not what a centre made: refused with what to do, and nothing is left of them anywhere."""

import json
import os
import shutil
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import func, select

from dsqc.catalog.database import Catalog
from dsqc.catalog.models import ForeignRecord, ForeignRelationRecord, ReceivedPackageRecord
from dsqc.exchange import format as parts
from dsqc.exchange.format import Heading, content_digest
from dsqc.exchange.records import canonical, digest
from dsqc.exchange.versions import Version
from dsqc.exchange.writing import finish_bag
from dsqc.signing import load_signing_key, new_signing_key
from helpers.exchanging import Centre, codes
from helpers.results import Judged

TABLES = (ForeignRecord, ForeignRelationRecord, ReceivedPackageRecord)
EMPTY = {table.__name__: 0 for table in TABLES}
PAST = "2026-01-02T03:04:05.678901Z"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Centre, Centre, Path]:
    """Two centres, and the package of one for the other, good as it is. Nothing here may change the receiver."""
    root = tmp_path_factory.mktemp("hostile")
    kobic = Centre(root, "KOBIC", {"NABIC": "records"})
    kobic.register(Judged(), root)
    kobic.export("NABIC", root / "good")
    kobic.export("NABIC", root / "good.zip")
    return kobic, Centre(root, "NABIC", {"KOBIC": "records"}), root


def refused(world: tuple[Centre, Centre, Path], package: Path, code: str) -> None:
    """Refused with ``code``; the catalog, the station and the neighbourhood are as they were."""
    nabic = world[1]
    before = EMPTY, sorted(nabic.root.rglob("*")), sorted(package.parent.iterdir())

    result = nabic.take(package)

    assert codes(result) == {code}
    assert result.heading is None
    with Catalog.open(nabic.station) as catalog, catalog.reading() as session:
        rows = {table.__name__: session.scalar(select(func.count()).select_from(table)) for table in TABLES}
    assert (rows, sorted(nabic.root.rglob("*")), sorted(package.parent.iterdir())) == before
    (item,) = result.findings
    assert item.location.path.startswith(package.name)


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def in_table(bag: Path) -> None:
    flip(bag / parts.TABLE)


def in_crate(bag: Path) -> None:
    flip(bag / parts.CRATE)


def in_bag_info(bag: Path) -> None:
    flip(bag / parts.BAG_INFO)


def in_manifest(bag: Path) -> None:
    flip(bag / parts.MANIFEST)


def extra(bag: Path) -> None:
    (bag / "data/more.txt").write_text("more")


def missing(bag: Path) -> None:
    (bag / parts.CRATE).unlink()


def link(bag: Path) -> None:
    target = bag.parent / "elsewhere"
    (bag / parts.TABLE).rename(target)
    (bag / parts.TABLE).symlink_to(target)


def data_is_a_link(bag: Path) -> None:
    (bag / "data").rename(bag.parent / "elsewhere")
    (bag / "data").symlink_to(bag.parent / "elsewhere")


def pipe(bag: Path) -> None:
    (bag / parts.PACKAGE).unlink()
    os.mkfifo(bag / parts.PACKAGE)


def folder(bag: Path) -> None:
    (bag / parts.PACKAGE).unlink()
    (bag / parts.PACKAGE).mkdir()


def large_text(bag: Path) -> None:
    (bag / parts.BAG_INFO).write_bytes(b" " * (2 << 20))


def deep(bag: Path) -> None:
    (bag / parts.SIGNATURE).write_text("[" * 100_000)


def unsigned(bag: Path) -> None:
    said = json.loads((bag / parts.SIGNATURE).read_text())
    del said["signature"]
    (bag / parts.SIGNATURE).write_text(json.dumps(said))


def of_nobody(bag: Path) -> None:
    said = json.loads((bag / parts.SIGNATURE).read_text())
    (bag / parts.SIGNATURE).write_text(json.dumps({**said, "from": "MAGIC"}))


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        *((change, "DSQC-E002") for change in (in_table, in_crate, in_bag_info, in_manifest, unsigned)),
        *((change, "DSQC-E001") for change in (extra, missing, link, data_is_a_link, pipe, folder, large_text, deep)),
        (of_nobody, "DSQC-E003"),
    ],
)
def test_a_changed_directory(
    world: tuple[Centre, Centre, Path], damage: Callable[[Path], None], code: str, tmp_path: Path
) -> None:
    bag = shutil.copytree(world[2] / "good", tmp_path / "bag")
    damage(bag)

    refused(world, bag, code)


def repacked(world: tuple[Centre, Centre, Path], target: Path, change: Callable[[zipfile.ZipFile], None]) -> Path:
    """The good package as a zip, with something more in it."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(parts.FILES):
            archive.writestr(name, (world[2] / "good" / name).read_bytes())
        change(archive)
    return target


def nothing(_archive: zipfile.ZipFile) -> None:
    """As it is."""


def climbing(archive: zipfile.ZipFile) -> None:
    archive.writestr("../../station.toml", "centre = 'EVIL'")


def absolute(archive: zipfile.ZipFile) -> None:
    archive.writestr("/tmp/dsqc-evil", "evil")


def linked(archive: zipfile.ZipFile) -> None:
    entry = zipfile.ZipInfo("data/link")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive.writestr(entry, "/etc/passwd")


def twice(archive: zipfile.ZipFile) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr(parts.PACKAGE, "{}")


@pytest.mark.parametrize("change", [climbing, absolute, linked, twice])
def test_a_changed_zip(
    world: tuple[Centre, Centre, Path], change: Callable[[zipfile.ZipFile], None], tmp_path: Path
) -> None:
    refused(world, repacked(world, tmp_path / "p.zip", change), "DSQC-E001")


def test_a_zip_with_a_link_in_the_place_of_a_file(world: tuple[Centre, Centre, Path], tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as archive:
        for name in sorted(parts.FILES):
            entry = zipfile.ZipInfo(name)
            entry.external_attr = ((stat.S_IFLNK if name == parts.TABLE else stat.S_IFREG) | 0o644) << 16
            archive.writestr(entry, (world[2] / "good" / name).read_bytes())

    refused(world, tmp_path / "p.zip", "DSQC-E001")


def test_a_bomb_is_not_unpacked(world: tuple[Centre, Centre, Path], tmp_path: Path) -> None:
    nabic = world[1]
    text = (nabic.root / "station.toml").read_text(encoding="utf-8")
    (nabic.root / "station.toml").write_text(
        text.replace("[exchange]\n", '[exchange]\nlargest_package = "1M"\n'), encoding="utf-8"
    )
    try:
        with zipfile.ZipFile(tmp_path / "p.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for name in sorted(parts.FILES):
                data = bytes(64 << 20) if name == parts.TABLE else (world[2] / "good" / name).read_bytes()
                archive.writestr(name, data)
        assert (tmp_path / "p.zip").stat().st_size < 1 << 20
        refused(world, tmp_path / "p.zip", "DSQC-E001")
    finally:
        (nabic.root / "station.toml").write_text(text, encoding="utf-8")


@pytest.mark.parametrize("data", [b"", b"PK\x05\x06", b"no zip at all" * 1000])
def test_what_is_no_package_at_all(world: tuple[Centre, Centre, Path], data: bytes, tmp_path: Path) -> None:
    (tmp_path / "p.zip").write_bytes(data)

    refused(world, tmp_path / "p.zip", "DSQC-E001")


def test_a_torn_zip(world: tuple[Centre, Centre, Path], tmp_path: Path) -> None:
    whole = repacked(world, tmp_path / "whole.zip", nothing).read_bytes()
    (tmp_path / "p.zip").write_bytes(whole[:300] + whole[400:])

    refused(world, tmp_path / "p.zip", "DSQC-E001")


def forged(world: tuple[Centre, Centre, Path], bag: Path, rows: list[dict], **heading: object) -> Path:
    """A package that its centre signed although dsqc would not have made it so."""
    versions = [Version(*(row[name] for name in ("accession", "kind", "version", "state", "sha256"))) for row in rows]
    said = {
        "sender": "KOBIC",
        "receiver": "NABIC",
        "sequence": 9,
        "follows": 0,
        "scope": "records",
        "created": PAST,
        "record_count": len(rows),
        "content_sha256": content_digest(versions),
    }
    (bag / "data").mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows, schema=parts.TABLE_SCHEMA), bag / parts.TABLE)
    key = load_signing_key(world[0].root / "keys/exchange.pem")
    finish_bag(bag, Heading(**{**said, **heading}), key)  # type: ignore[arg-type]
    return bag


def row(**change: object) -> dict:
    """A good row, changed."""
    document = {"accession": "XP1", "kind": "project", "title": "Title", "relations": []}
    document |= {name: value for name, value in change.items() if name in ("title", "more")}
    made = {"accession": "XP1", "kind": "project", "version": 1, "state": "public", "sha256": digest(document)}
    rest = {name: value for name, value in change.items() if name not in ("title", "more")}
    return {**made, "document": canonical(document), **rest}


@pytest.mark.parametrize(
    ("rows", "heading", "code"),
    [
        ([row()], {"receiver": "CODA"}, "DSQC-E003"),
        ([row()], {"sequence": 0}, "DSQC-E004"),
        ([row()], {"scope": "everything"}, "DSQC-E004"),
        ([row()], {"record_count": 2}, "DSQC-E005"),
        ([row()], {"content_sha256": "0" * 64}, "DSQC-E005"),
        ([row(), row()], {}, "DSQC-E005"),
        ([row(version=0)], {}, "DSQC-E005"),
        ([row(state="odd")], {}, "DSQC-E005"),
        ([row(kind="sample")], {}, "DSQC-E005"),
        ([row(accession="XP2")], {}, "DSQC-E005"),
        ([row(sha256="0" * 64)], {}, "DSQC-E005"),
        ([row(document="{")], {}, "DSQC-E005"),
        ([row(document="[" * 100_000)], {}, "DSQC-E005"),
        ([row(title="nul \0")], {}, "DSQC-E005"),
        ([row(more=1)], {}, "DSQC-E005"),
        ([row(state="hidden")], {}, "DSQC-E005"),
    ],
)
def test_what_a_centre_signed_is_looked_at_all_the_same(
    world: tuple[Centre, Centre, Path], rows: list[dict], heading: dict, code: str, tmp_path: Path
) -> None:
    refused(world, forged(world, tmp_path / "bag", rows, **heading), code)


def test_another_key_of_the_same_centre(world: tuple[Centre, Centre, Path], tmp_path: Path) -> None:
    bag = forged(world, tmp_path / "bag", [row()])
    said = json.loads((bag / parts.SIGNATURE).read_text())
    (bag / parts.SIGNATURE).write_text(json.dumps(new_signing_key().sign(said)))

    refused(world, bag, "DSQC-E002")


def test_a_table_with_other_columns(world: tuple[Centre, Centre, Path], tmp_path: Path) -> None:
    bag = forged(world, tmp_path / "bag", [row()])
    heading = Heading.from_dict(json.loads((bag / parts.PACKAGE).read_text()))
    for content in (b"no parquet", None):
        if content is None:
            pq.write_table(pa.table({"accession": ["XP1"]}), bag / parts.TABLE)
        else:
            (bag / parts.TABLE).write_bytes(content)
        finish_bag(bag, heading, load_signing_key(world[0].root / "keys/exchange.pem"))
        refused(world, bag, "DSQC-E005")
