"""Objects of a station in fewer bytes: further copies, proven; interrupted anywhere; the original goes when told."""

import json
from collections.abc import Callable
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from dsqc.archive import Options
from dsqc.archive.options import Encoding
from dsqc.artefact import read_json
from dsqc.cli.main import main
from dsqc.errors import StorageFault, SystemFault, UsageError
from dsqc.stages import archive_store
from dsqc.stages.archive_store import archive_objects, restore_object
from dsqc.stages.fixity import Plan, verify_storage
from dsqc.stages.register import register
from dsqc.stages.sweep import sweep_storage
from dsqc.station import Station
from dsqc.storage import open_place
from helpers.catalogs import dump, problems
from helpers.reads import fastq, make_reads
from helpers.results import Judged
from helpers.stations import new_station

NOW = timedelta(0)
TEXT = fastq(make_reads(300, shortest=40))
OPTIONS = Options(encoding=Encoding.BGZF)
"""The quicker of the encodings: what happens to objects is the same."""


@pytest.fixture
def judged() -> Judged:
    return Judged(data=b"A\n+\nI\n" + TEXT)


@pytest.fixture
def registered(judged: Judged, tmp_path: Path) -> Station:
    """A station with two submissions of three files each, one of them closed."""
    return with_two(new_station(tmp_path / "station", {}).station, judged, tmp_path)


def with_two(station: Station, judged: Judged, tmp_path: Path) -> Station:
    """The station with an open and a closed submission registered."""
    register(*judged.write(tmp_path / "one"), station)
    closed = Judged(data=judged.data, name="closed-1", email="lee@other.ac.kr", prefix="c_", access="closed")
    register(*closed.write(tmp_path / "two", station), station)
    return station


def objects(station: Station, tier: str = "public") -> set[Path]:
    return {path for path in Path(station.tier_url(tier), "objects").rglob("*") if path.is_file()}


def digest_of(station: Station) -> str:
    return str(dump(station)["object"][0]["sha256"])


def test_open_objects_are_archived_beside_the_originals(station: Station, judged: Judged, tmp_path: Path) -> None:
    registered = with_two(station, judged, tmp_path)
    before, closed = objects(registered), objects(registered, "closed")
    result = archive_objects(registered, Options(), work=tmp_path / "work")
    value = result.to_dict()
    assert value["total"]["archived"] == 3
    assert value["total"]["bytes_after"] < value["total"]["bytes_before"]
    assert value["reasons"] == {"encrypted": 3}
    assert [row["format"] for row in value["kinds"]] == [None, "fastq"]
    assert len(objects(registered) - before) == 3
    assert before < objects(registered)
    assert objects(registered, "closed") == closed
    assert not list((tmp_path / "work").iterdir())
    rows = [row for row in dump(registered)["object_copy"] if row["encoding"] not in ("", "crypt4gh")]
    assert [(row["place"], row["encoding"], row["state"]) for row in rows] == [("public", "cram", "present")] * 3
    assert problems(registered) == []
    store = open_place(registered.places("public")[0])
    assert list(store.verify(store.known_objects().values())) == []
    assert store.sweep(store.known_objects()) == []
    name = judged.file_names()[0]
    restored = restore_object(registered, digest_of(registered), tmp_path / "back")
    assert restored.exact
    assert restored.path.read_bytes() in [judged.bytes_of(item) for item in judged.file_names()]
    assert name in {row["name"] for row in value["files"]}


def test_what_is_archived_is_not_done_again(registered: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    first = archive_objects(registered, OPTIONS).to_dict()
    monkeypatch.setattr(archive_store, "encode_file", None)
    second = archive_objects(registered, OPTIONS).to_dict()
    assert [row["there_before"] for row in second["files"][:3]] == [True] * 3
    assert second["total"] == first["total"]


def test_what_stays_is_not_tried_again_without_need(registered: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    costly = Options(encoding=Encoding.BGZF, least_saving=0.9)
    first = archive_objects(registered, costly).to_dict()
    assert first["reasons"] == {"no_gain": 3, "encrypted": 3}
    tried: list[str] = []
    right = archive_store.encode_file

    def noted(*arguments: Any, **named: Any) -> Any:
        tried.append(named["name"])
        return right(*arguments, **named)

    monkeypatch.setattr(archive_store, "encode_file", noted)
    assert archive_objects(registered, costly).to_dict() == first
    assert tried == []
    assert archive_objects(registered, costly, again=True).to_dict() == first
    assert len(tried) == 3
    assert archive_objects(registered, OPTIONS).to_dict()["total"]["archived"] == 3
    store = open_place(registered.places("public")[0])
    assert store.sweep(store.known_objects()) == []


@pytest.mark.parametrize("step", ["put_file", "put_recipe", "add_archived"])
def test_killed_anywhere_the_same_command_goes_on(
    registered: Station, monkeypatch: pytest.MonkeyPatch, step: str, judged: Judged
) -> None:
    holder: Any = archive_store if step == "add_archived" else type(open_place(registered.places("public")[0]))
    right: Callable[..., Any] = getattr(holder, step)

    def dies(*arguments: Any, **named: Any) -> Any:
        right(*arguments, **named)
        raise SystemFault("killed")

    with monkeypatch.context() as patch:
        patch.setattr(holder, step, dies)
        with pytest.raises(SystemFault):
            archive_objects(registered, OPTIONS)
    assert problems(registered) == []
    assert archive_objects(registered, OPTIONS).to_dict()["total"]["archived"] == 3
    assert problems(registered) == []
    store = open_place(registered.places("public")[0])
    assert list(store.verify(store.known_objects().values())) == []


def test_a_damaged_original_is_not_archived(registered: Station) -> None:
    path = min(objects(registered))
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[50] ^= 1
    path.write_bytes(data)
    with pytest.raises(StorageFault, match="damaged"):
        archive_objects(registered, OPTIONS)


def test_a_flipped_bit_in_the_archive_is_found(registered: Station, tmp_path: Path) -> None:
    before = objects(registered)
    archive_objects(registered, OPTIONS)
    for path in objects(registered) - before:
        path.chmod(0o644)
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    store = open_place(registered.places("public")[0])
    assert [item.state for item in store.verify(store.known_objects().values())] == ["digest"] * 3
    with pytest.raises(StorageFault, match="damaged"):
        restore_object(registered, digest_of(registered), tmp_path / "back")
    assert not (tmp_path / "back").exists()
    # And nothing that it stands for is dropped.
    with pytest.raises(StorageFault, match="damaged"):
        archive_objects(registered, OPTIONS, drop=True, sure=True, grace=NOW)
    assert before <= objects(registered)


def two_places(tmp_path: Path) -> Station:
    settings = {"copies": {"public": {"second": "store/second"}}}
    return new_station(tmp_path / "station", {}).station.model_copy(update={"copies": Station(**settings).copies})


def test_originals_are_dropped_when_two_copies_are_left(judged: Judged, tmp_path: Path) -> None:
    station = two_places(tmp_path)
    results, inbox = judged.write(tmp_path / "one")
    receipt = register(results, inbox, station).receipt
    second = Path(station.places("public")[1].url)
    young = archive_objects(station, OPTIONS, drop=True)
    assert young.dropped == frozenset()  # a day has not passed since they were written
    done = archive_objects(station, OPTIONS, drop=True, grace=NOW)
    assert done.dropped == set(judged.file_names())
    assert len(objects(station)) == 3
    assert len([path for path in (second / "objects").rglob("*") if path.is_file()]) == 3
    assert {row["encoding"] for row in dump(station)["object_copy"]} == {"bgzf"}
    assert problems(station) == []
    for place in station.places("public"):
        store = open_place(place)
        assert list(store.verify(store.known_objects().values())) == []
    restored = restore_object(station, receipt["objects"][0]["sha256"], tmp_path / "back")
    assert restored.path.read_bytes() == judged.bytes_of(receipt["objects"][0]["name"])
    # Handed in again, it is what is registered already.
    assert register(results, inbox, station).receipt == receipt
    assert problems(station) == []


def test_a_flipped_bit_is_found_by_verify_and_mended_from_the_other_place(judged: Judged, tmp_path: Path) -> None:
    station = two_places(tmp_path)
    register(*judged.write(tmp_path / "one"), station)
    archive_objects(station, OPTIONS, drop=True, grace=NOW)
    assert verify_storage(station, Plan()).whole
    spoilt = min(objects(station))
    spoilt.chmod(0o644)
    data = bytearray(spoilt.read_bytes())
    data[len(data) // 2] ^= 1
    spoilt.write_bytes(data)
    found = verify_storage(station, Plan(), repair=True)
    assert [(fault.copy.place, fault.state, fault.repaired) for fault in found.faults] == [("public", "digest", True)]
    assert verify_storage(station, Plan()).whole
    for number, item in enumerate(dump(station)["object"]):
        assert restore_object(station, item["sha256"], tmp_path / f"back{number}").exact
    assert sum(len(place.orphans) for place in sweep_storage(station)) == 0


def test_the_last_copy_is_dropped_only_when_sure(registered: Station) -> None:
    with pytest.raises(UsageError, match="one copy"):
        archive_objects(registered, OPTIONS, drop=True)
    assert len(archive_objects(registered, OPTIONS, drop=True, sure=True, grace=NOW).dropped) == 3


def test_a_drop_that_was_killed_goes_on(registered: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    archive_objects(registered, OPTIONS)
    store = type(open_place(registered.places("public")[0]))
    with monkeypatch.context() as patch:
        patch.setattr(store, "delete_orphans", lambda *_rest: (_ for _ in ()).throw(SystemFault("killed")))
        with pytest.raises(SystemFault):
            archive_objects(registered, OPTIONS, drop=True, sure=True, grace=NOW)
    assert problems(registered) == []
    assert len(archive_objects(registered, OPTIONS, drop=True, sure=True, grace=NOW).dropped) == 3
    assert len(objects(registered)) == 3


# The commands.


def run(*arguments: str | Path) -> int:
    return main([str(item) for item in ("storage", *arguments, "--lang", "en", "-q")])


def schema(name: str) -> Any:
    return json.loads(files("dsqc.schemas").joinpath(f"reports/{name}.schema.json").read_text(encoding="utf-8"))


def test_the_commands_on_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = tmp_path / "r.fastq", tmp_path / "out"
    source.write_bytes(TEXT)
    (tmp_path / "s.c4gh").write_bytes(b"crypt4gh" + bytes(99))
    assert run("archive", source, tmp_path / "s.c4gh", "-o", out) == 0
    shown = capsys.readouterr().out
    assert "CRAM: the file, byte for byte" in shown
    assert "sealed, left alone" in shown
    assert run("archive", source, tmp_path / "s.c4gh", "-o", out, "--json") == 0
    value = json.loads(capsys.readouterr().out)
    assert list(jsonschema_rs.validator_for(schema("storage_archive")).iter_errors(value)) == []
    assert [row["there_before"] for row in value["files"]] == [True, False]
    recipe = out / "r.fastq.recipe.json"
    assert list(jsonschema_rs.validator_for(schema("archive_recipe")).iter_errors(read_json(recipe))) == []
    assert run("restore", recipe, "-o", tmp_path / "back.fastq", "--json") == 0
    value = json.loads(capsys.readouterr().out)
    assert list(jsonschema_rs.validator_for(schema("storage_restore")).iter_errors(value)) == []
    assert value["gives_back"] == "file"
    assert (tmp_path / "back.fastq").read_bytes() == TEXT
    assert run("restore", recipe, "-o", tmp_path / "back.fastq") == 2
    assert "exists" in capsys.readouterr().err


def test_the_commands_on_a_station(registered: Station, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("archive", "--station", registered.root, "--json", "--encoding", "bgzf") == 0
    value = json.loads(capsys.readouterr().out)
    assert list(jsonschema_rs.validator_for(schema("storage_archive")).iter_errors(value)) == []
    digest = digest_of(registered)
    assert run("restore", digest, "--station", registered.root, "-o", tmp_path / "back") == 0
    assert "byte for byte" in capsys.readouterr().out
    assert run("restore", "0" * 64, "--station", registered.root, "-o", tmp_path / "other") == 2
    assert run("archive", "--station", registered.root, "--drop-original") == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["archive", "missing.fastq", "-o", "out"],
        ["archive", "r.fastq"],
        ["archive", "-", "-o", "out"],
        ["archive", "-o", "out"],
        ["archive", "r.fastq", "-o", "out", "--drop-original"],
        ["archive", "r.fastq", "-o", "out", "--reference", "missing.fa"],
        ["restore", "missing.recipe.json", "-o", "back"],
    ],
)
def test_wrong_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    monkeypatch.chdir(tmp_path)
    Path("r.fastq").write_bytes(TEXT)
    assert run(*arguments) == 2
    assert not Path("out").exists()


def test_a_damaged_file_ends_with_3(tmp_path: Path) -> None:
    (tmp_path / "r.fastq.gz").write_bytes(b"\x1f\x8b\x08\x00" + bytes(40))
    assert run("archive", tmp_path / "r.fastq.gz", "-o", tmp_path / "out") == 3


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "r.fastq").write_bytes(TEXT)
    (tmp_path / "out").write_bytes(b"a file where a directory should be")
    assert run("archive", tmp_path / "r.fastq", "-o", tmp_path / "out") == 1
