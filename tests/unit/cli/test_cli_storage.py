"""``dsqc storage`` as a command, over a station whose public tier has two places."""

import json
import os
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from dsqc.catalog.database import Catalog
from dsqc.catalog.fixity import fixity_events, known_copies, verify_fixity_chain
from dsqc.cli.main import main
from dsqc.stages.register import register
from dsqc.station import Station, load_station
from dsqc.storage import open_place, open_store
from helpers.catalogs import problems
from helpers.results import Judged
from helpers.sources import sha256
from helpers.stations import new_station


@pytest.fixture
def station(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Station:
    """Three objects, each in two places."""
    root = tmp_path / "station"
    new_station(root, {})
    name_second(root)
    made = load_station(root)
    monkeypatch.setenv("DSQC_STATION", str(root))
    register(*Judged().write(tmp_path), made)
    return made


def name_second(root: Path) -> None:
    with (root / "station.toml").open("a") as file:
        file.write('\n[copies.public]\nsecond = "store/second"\n')


def objects(station: Station, place: str) -> list[Path]:
    folder = "public" if place == "public" else "second"
    return sorted(path for path in (station.root / "store" / folder / "objects").rglob("*") if path.is_file())


def damage(path: Path) -> bytes:
    """Flip one bit; the bytes as they are now."""
    content = bytearray(path.read_bytes())
    content[0] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)
    return bytes(content)


def ask(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> Any:
    """The JSON that the command prints, of the published shape."""
    assert main(["storage", *arguments, "--json"]) == code
    record = json.loads(capsys.readouterr().out)
    name = f"reports/storage_{arguments[0]}.schema.json"
    shape = json.loads(files("dsqc.schemas").joinpath(name).read_text(encoding="utf-8"))
    jsonschema_rs.validator_for(shape, validate_formats=True).validate(record)
    return record


def events(station: Station) -> list[tuple[str, str]]:
    with Catalog.open(station) as catalog, catalog.reading() as session:
        found = fixity_events(session)
        assert verify_fixity_chain(found) == []
        return [(event.action, event.place) for event in found]


def verified(station: Station) -> dict[tuple[str, str], str]:
    with Catalog.open(station) as catalog, catalog.reading() as session:
        return {(copy.place, copy.sha256): copy.verified_at for copy in known_copies(session, ["public"])}


def test_a_registered_submission_has_its_objects_and_manifest_in_both_places(station: Station) -> None:
    first, second = (
        {path.relative_to(station.root / "store" / name): path.read_bytes()
         for path in (station.root / "store" / name).rglob("*") if path.is_file()}
        for name in ("public", "second")
    )  # fmt: skip
    assert first == second
    assert len(first) == 4
    assert {place for place, _sha256 in verified(station)} == {"public", "second"}


def test_verify_reads_every_copy_and_notes_when(station: Station, capsys: pytest.CaptureFixture[str]) -> None:
    before = verified(station)
    record = ask(capsys, "verify")
    assert (record["copies"], record["read_copies"], record["faults"]) == (6, 6, [])
    assert record["read_bytes"] == record["size_bytes"] == 2 * sum(p.stat().st_size for p in objects(station, "public"))
    assert all(at > before[copy] for copy, at in verified(station).items())
    assert events(station) == [("verify", "")]


def test_a_flipped_bit_is_found_and_mended_from_the_other_place(
    station: Station, capsys: pytest.CaptureFixture[str]
) -> None:
    victim, twin = objects(station, "public")[0], objects(station, "second")[0]
    good, bad = victim.read_bytes(), damage(victim)
    found = ask(capsys, "verify", code=3)["faults"]
    assert [(fault["place"], fault["state"], fault["repaired"]) for fault in found] == [("public", "digest", False)]
    assert len(found[0]["submissions"]) == 1
    assert victim.read_bytes() == bad
    assert main(["storage", "verify", "--lang", "en"]) == 3
    assert "With --repair, what another place holds whole is mended" in capsys.readouterr().out

    assert main(["storage", "verify", "--repair", "--lang", "en"]) == 0
    said = capsys.readouterr().out
    assert "1 not as they should be, 1 of them mended" in said
    assert "mended from second; the damaged bytes are in quarantine/" in said
    assert victim.read_bytes() == twin.read_bytes() == good
    kept = list((station.root / "store" / "public" / "quarantine").iterdir())
    assert [path.read_bytes() for path in kept] == [bad]
    assert [name for name, _place in events(station)] == ["damage", "verify"] * 2 + ["damage", "repair", "verify"]
    assert ask(capsys, "verify")["faults"] == []
    assert problems(station) == []


def test_a_repair_is_told_in_korean(station: Station, capsys: pytest.CaptureFixture[str]) -> None:
    damage(objects(station, "public")[0])
    assert main(["storage", "verify", "--repair", "--lang", "ko"]) == 0
    assert "복구됨 second에서; 손상된 바이트는 quarantine/" in capsys.readouterr().out


def test_where_no_copy_is_good_nothing_is_overwritten(station: Station, capsys: pytest.CaptureFixture[str]) -> None:
    victims = objects(station, "public")[0], objects(station, "second")[0]
    bad = [damage(victim) for victim in victims]
    found = ask(capsys, "verify", "--repair", code=3)["faults"]
    assert [fault["repaired"] for fault in found] == [False, False]
    assert all("no good copy" in fault["note"] for fault in found)
    assert [victim.read_bytes() for victim in victims] == bad


def test_the_good_copy_may_be_gone_since(station: Station, capsys: pytest.CaptureFixture[str]) -> None:
    """A run that reads only one copy does not trust the other one unread."""
    victim, twin = objects(station, "public")[0], objects(station, "second")[0]
    damage(victim)
    damage(twin)
    os.truncate(twin, 0)
    size = victim.stat().st_size
    found = ask(capsys, "verify", "--repair", "--budget", f"{size * 3}B", code=3)["faults"]
    assert {fault["repaired"] for fault in found} == {False}


def test_a_missing_copy_is_put_back(station: Station, capsys: pytest.CaptureFixture[str]) -> None:
    victim = objects(station, "second")[1]
    good = victim.read_bytes()
    victim.unlink()
    assert [fault["state"] for fault in ask(capsys, "verify", code=3)["faults"]] == ["missing"]
    assert [fault["repaired"] for fault in ask(capsys, "verify", "--repair")["faults"]] == [True]
    assert victim.read_bytes() == good


def test_a_place_that_is_named_later_gets_its_copies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    station = new_station(tmp_path / "station", {}).station
    monkeypatch.setenv("DSQC_STATION", str(station.root))
    register(*Judged().write(tmp_path), station)
    name_second(station.root)
    capsys.readouterr()
    found = ask(capsys, "verify", code=3)
    assert [(fault["place"], fault["state"]) for fault in found["faults"]] == [("second", "uncopied")] * 3
    assert {fault["repaired"] for fault in ask(capsys, "verify", "--repair")["faults"]} == {True}
    assert [path.read_bytes() for path in objects(station, "second")] == [
        path.read_bytes() for path in objects(station, "public")
    ]
    assert ask(capsys, "verify")["copies"] == 6


def test_a_budget_reads_first_what_was_proven_longest_ago(station: Station, capsys: pytest.CaptureFixture[str]) -> None:
    """Night after night, everything is read; until then the promise is said to be broken."""
    read = []
    for _night in range(6):
        before = verified(station)
        record = ask(capsys, "verify", "--everything-in", "2d", "--budget", "1B")
        assert record["stopped_by_budget"]
        assert not record["promise"]["kept"]
        changed = [copy for copy, at in verified(station).items() if at != before[copy]]
        assert len(changed) == 1
        read += changed
    assert len(set(read)) == 6
    assert main(["storage", "verify", "--everything-in", "2d", "--budget", "1B", "--lang", "en"]) == 0
    assert "The promise of 2 days is not kept" in capsys.readouterr().out


def test_a_sample_says_what_it_would_have_found(station: Station, capsys: pytest.CaptureFixture[str]) -> None:
    record = ask(capsys, "verify", "--sample", "--find", "3", "--with", "0.9")
    assert record["plan"]["find"] == 3
    # 1 - C(3,3)/C(6,3) = 0.95 with three of six; two give 0.8.
    assert record["read_copies"] == 3
    assert record["probability"] == pytest.approx(0.95)


def test_a_disk_that_is_not_mounted_is_no_loss(station: Station, capsys: pytest.CaptureFixture[str]) -> None:
    before = verified(station)
    (station.root / "store" / "second").rename(station.root / "elsewhere")
    (station.root / "store" / "second").mkdir()
    assert main(["storage", "verify", "--repair"]) == 1
    assert "mounted" in capsys.readouterr().err
    assert verified(station) == before
    assert events(station) == []
    assert objects(station, "second") == []


def test_without_the_catalog_the_manifests_say_what_there_should_be(
    station: Station, capsys: pytest.CaptureFixture[str]
) -> None:
    (station.root / "catalog.sqlite").unlink()
    assert main(["storage", "verify"]) == 1
    assert ask(capsys, "verify", "--without-catalog")["read_copies"] == 6
    damage(objects(station, "second")[2])
    found = ask(capsys, "verify", "--without-catalog", code=3)["faults"]
    assert [(fault["place"], fault["state"]) for fault in found] == [("second", "digest")]


def test_sweep_deletes_only_when_told_and_only_what_is_old(
    station: Station, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    victim = objects(station, "public")[0]
    damage(victim)
    ask(capsys, "verify", "--repair")
    orphans = []
    for place in ("public", "second"):
        (tmp_path / "file").write_bytes(b"orphan")
        stored = open_store(str(station.root / "store" / place)).put_file(tmp_path / "file", sha256=sha256(b"orphan"))
        orphans.append(station.root / "store" / place / stored.key)
    needed = [*objects(station, "public"), *objects(station, "second")]
    first, second, _held, closed, headers = ask(capsys, "sweep")["places"]
    assert [len(first[name]) for name in ("orphans", "unfinished", "quarantine", "deleted")] == [1, 0, 1, 0]
    assert [len(second[name]) for name in ("orphans", "unfinished", "quarantine", "deleted")] == [1, 0, 0, 0]
    assert closed["known_objects"] == headers["known_objects"] == 0
    assert headers["tier"] == "headers"

    assert [place["deleted"] for place in ask(capsys, "sweep", "--delete")["places"]] == [[]] * 5
    kept = next((station.root / "store" / "public" / "quarantine").iterdir())
    for path in (*orphans, kept):
        os.utime(path, (0, 0))
    assert main(["storage", "sweep", "--delete", "--lang", "ko"]) == 0
    assert "삭제 2개" in capsys.readouterr().out
    assert [path.exists() for path in (*orphans, kept)] == [False] * 3
    assert all(path.exists() for path in needed if path not in orphans)
    assert problems(station) == []


def test_an_object_that_only_the_catalog_knows_is_no_orphan(
    station: Station, capsys: pytest.CaptureFixture[str]
) -> None:
    """As after a crash between the transaction and the manifest."""
    for manifest in (station.root / "store").rglob("manifest.json"):
        manifest.unlink()
    assert all(place["orphans"] == [] for place in ask(capsys, "sweep")["places"])
    assert [len(place["orphans"]) for place in ask(capsys, "sweep", "--without-catalog")["places"]] == [3, 3, 0, 0, 0]


def test_probe_shows_what_a_directory_does(station: Station, capsys: pytest.CaptureFixture[str]) -> None:
    record = ask(capsys, "probe", "--tier", "public")
    assert [place["seen"] for place in record["places"]] == [{"kind": "directory", "hard_links": True}] * 2
    assert main(["storage", "probe", "--lang", "en"]) == 0
    assert "two writers cannot both win: yes" in capsys.readouterr().out
    assert [list(open_place(place).list_unfinished()) for place in station.places("public")] == [[], []]


@pytest.mark.parametrize(
    "arguments",
    [
        ["verify", "--find", "3"],
        ["verify", "--sample", "--with", "1.5"],
        ["verify", "--sample", "--all"],
        ["verify", "--budget", "many"],
        ["verify", "--everything-in", "0d"],
        ["verify", "--without-catalog", "--repair"],
        ["sweep", "--older-than", "-1"],
        ["verify", "--delete"],
    ],
)
def test_wrong_calls(station: Station, capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    try:
        code = main(["storage", *arguments])
    except SystemExit as exit_:
        code = exit_.code
    assert code == 2
    assert capsys.readouterr().out == ""


def test_without_a_station_the_option_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DSQC_STATION", raising=False)
    assert main(["storage", "verify"]) == 2
    assert "--station" in capsys.readouterr().err
