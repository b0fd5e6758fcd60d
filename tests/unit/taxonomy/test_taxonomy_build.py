"""Making snapshots: whole, selected, of every packing; damaged dumps are refused and leave nothing behind."""

import sqlite3
from collections.abc import Callable
from datetime import date
from importlib.resources import as_file, files
from pathlib import Path

import pytest

from dsqc.errors import UsageError
from dsqc.taxonomy import Taxonomy, build, open_taxonomy
from helpers import taxdumps

DAY = date(2026, 9, 1)


def built(tmp_path: Path, **options: object) -> Taxonomy:
    return build(taxdumps.directory(tmp_path / "dump"), tmp_path / "made.sqlite", day=DAY, **options)  # type: ignore[arg-type]


def content(path: Path) -> list[str]:
    with sqlite3.connect(path) as database:
        found = list(database.iterdump())
    database.close()
    return found


def test_a_snapshot_says_what_it_is(tmp_path: Path) -> None:
    about = built(tmp_path).about
    assert (about.taxa, about.names, about.merged, about.deleted) == (8, 11, 2, 1)
    assert about.version == f"2026-09-01+{about.sha256[:12]}"
    assert about.is_whole


def test_the_packing_does_not_matter(tmp_path: Path) -> None:
    made = [
        built(tmp_path),
        build(taxdumps.tar_gz(tmp_path / "taxdump.tar.gz"), tmp_path / "tar.sqlite"),
        build(taxdumps.zipped(tmp_path / "taxdmp.zip"), tmp_path / "zip.sqlite"),
    ]
    assert len({taxonomy.about for taxonomy in made}) == 1
    assert len({tuple(content(taxonomy.path)) for taxonomy in made}) == 1


def test_the_same_dump_gives_the_same_bytes(tmp_path: Path) -> None:
    first = built(tmp_path).path.read_bytes()
    assert built(tmp_path, force=True).path.read_bytes() == first


def test_only_keeps_what_stands_above_and_below(tmp_path: Path) -> None:
    taxonomy = built(tmp_path, only=[1423])
    assert [one for one in (1, 2, 131567, 1386, 1423, 224308, 2759, 50013) if taxonomy.taxon(one)] == [
        *(1, 2, 131567, 1386, 1423, 224308)
    ]
    assert taxonomy.current_id(12) == 1423
    assert taxonomy.current_id(13) == 13
    assert not taxonomy.about.is_whole


def test_only_takes_ids_of_the_dump(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no taxon 77"):
        built(tmp_path, only=[77])


def test_a_file_that_exists_is_kept(tmp_path: Path) -> None:
    (tmp_path / "made.sqlite").write_text("mine")
    with pytest.raises(UsageError, match="--force"):
        built(tmp_path)
    assert (tmp_path / "made.sqlite").read_text() == "mine"


def replaced(name: str, old: str, new: str) -> Callable[[taxdumps.Tables], None]:
    def edit(held: taxdumps.Tables) -> None:
        assert old in held[name]
        held[name] = held[name].replace(old, new, 1)

    return edit


DAMAGE: dict[str, tuple[Callable[[taxdumps.Tables], object], str]] = {
    "a table is missing": (lambda held: held.pop("merged.dmp"), "merged.dmp missing"),
    "a table is empty": (lambda held: held.update({"names.dmp": ""}), "names.dmp is empty"),
    "the last line is cut": (lambda held: held.update({"nodes.dmp": held["nodes.dmp"][:-9]}), "line 8 of nodes.dmp"),
    "an id is no number": (replaced("nodes.dmp", "1423\t", "x1423\t"), "line 5 of nodes.dmp is damaged: 'x1423'"),
    "columns are missing": (replaced("names.dmp", "root\t|\t\t|\t", ""), "columns"),
    "a name is empty": (replaced("names.dmp", "Bacteria\t", "\t"), "the name is empty"),
    "an id stands twice": (replaced("nodes.dmp", "50013\t", "1423\t"), "stands twice"),
    "a parent is missing": (replaced("nodes.dmp", "1423\t|\t1386", "1423\t|\t1387"), "without their parent: 1423"),
    "a taxon has no name": (replaced("names.dmp", "50013\t", "1386\t"), "exactly one scientific name: 1386, 50013"),
    "a name has no taxon": (
        lambda held: held.update({"nodes.dmp": held["nodes.dmp"].replace("50013\t", "50014\t")}),
        "50014",
    ),
    "a merged id leads nowhere": (replaced("merged.dmp", "1423", "1424"), "merged into but that are no nodes: 1424"),
    "a merged id is current": (replaced("merged.dmp", "12\t", "2\t"), "still nodes: 2"),
    "taxa stand in a ring": (replaced("nodes.dmp", "131567\t|\t1\t", "131567\t|\t2\t"), "no tree: only 1 of 8"),
}


@pytest.mark.parametrize("fault", DAMAGE)
def test_a_damaged_dump_is_refused(fault: str, tmp_path: Path) -> None:
    edit, message = DAMAGE[fault]
    held = taxdumps.tables()
    edit(held)
    taxdumps.directory(tmp_path / "dump", held)
    (tmp_path / "out").mkdir()
    with pytest.raises(UsageError, match=message):
        build(tmp_path / "dump", tmp_path / "out/made.sqlite", day=DAY)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_table_that_is_no_utf8_is_refused(tmp_path: Path) -> None:
    dump = taxdumps.directory(tmp_path / "dump")
    (dump / "names.dmp").write_bytes((dump / "names.dmp").read_bytes().replace("고초균".encode(), b"\xb0\xed"))
    with pytest.raises(UsageError, match=r"line 9 of names.dmp is damaged: it is no UTF-8"):
        build(dump, tmp_path / "made.sqlite")


@pytest.mark.parametrize("name", ["taxdump.tar.gz", "taxdmp.zip"])
@pytest.mark.parametrize("kept", [0, 10, 300, -20])
def test_a_cut_archive_is_refused(name: str, kept: int, tmp_path: Path) -> None:
    whole = (taxdumps.tar_gz if name.endswith("gz") else taxdumps.zipped)(tmp_path / name)
    whole.write_bytes(whole.read_bytes()[:kept])
    with pytest.raises(UsageError, match="damaged"):
        build(whole, tmp_path / "made.sqlite")
    assert [item.name for item in tmp_path.iterdir()] == [name]


def test_there_is_nothing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        build(tmp_path / "taxdump.tar.gz", tmp_path / "made.sqlite")


def test_an_interrupted_build_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dump = taxdumps.directory(tmp_path / "dump")
    (tmp_path / "out").mkdir()

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dsqc.taxonomy.making._check", interrupted)
    with pytest.raises(KeyboardInterrupt):
        build(dump, tmp_path / "out/made.sqlite")
    assert list((tmp_path / "out").iterdir()) == []


def test_the_shipped_snapshot_is_made_of_its_source(tmp_path: Path) -> None:
    shipped = open_taxonomy()
    with as_file(files("dsqc.schemas").joinpath("taxonomy", "small")) as source:
        made = build(source, tmp_path / "small.sqlite", partial=True, day=date.fromisoformat(shipped.about.date))
    assert made.about == shipped.about
    assert content(made.path) == content(shipped.path)
