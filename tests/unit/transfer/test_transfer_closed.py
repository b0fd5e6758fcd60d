"""The transfer of closed submissions: encrypted from the first byte, whatever kills it."""

import json
import os
import random
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsqc.crypt4gh import SEGMENT, Keys, SealedPath, sealed_name, station_keys
from dsqc.errors import UsageError
from dsqc.stages.transfer import TransferResult, transfer
from dsqc.station import Station
from dsqc.transfer.inbox import Encrypted
from dsqc.transfer.sealed_sink import SealedSink
from helpers.closed import places_of
from helpers.sources import md5, sha256, visible, write_source
from helpers.stations import keys_in

READS = b"".join(
    b"@read%d\n%s\n+\n%s\n" % (n, random.Random(n).randbytes(50).hex().encode(), b"I" * 100) for n in range(900)
)
DATA = {"a_R1.fastq": READS, "a_R2.fastq": READS[::-1], "empty.fastq": b""}
PIECES = [READS[at : at + 40] for at in range(100, len(READS) - 40, 5000)] + [READS[::-1][7:47]]


def closed_source(path: Path, level: str = "closed", data: dict[str, bytes] | None = None) -> Path:
    """A submission of :data:`DATA` whose form says ``level``."""
    write_source(path, DATA if data is None else data)
    heading = "submission_alias\tform_id\tform_version\tpackage\taccess_level\n"
    (path / "submission.tsv").write_text(f"{heading}KR-1\tseed_crop\t1.0.0\tPlant\t{level}\n", encoding="utf-8")
    return path


def run(source: Path, place: Path, keys: Keys | None) -> TransferResult:
    return transfer(str(source), place / "inbox", place / "results", submission="S", keys=keys)


def opened(inbox: Path, name: str, keys: Keys) -> bytes:
    """What an encrypted file of an inbox holds."""
    with SealedPath(inbox, name, keys).open() as file:
        return file.read()


def test_files_stand_in_the_inbox_encrypted_and_forms_do_not(tmp_path: Path) -> None:
    keys = keys_in(tmp_path / "station")
    result = run(closed_source(tmp_path / "source"), tmp_path, keys)

    inbox = tmp_path / "inbox"
    assert set(visible(inbox)) == {"file.tsv", "submission.tsv", *(f"{name}.c4gh" for name in DATA)}
    assert {name: opened(inbox, name, keys) for name in DATA} == DATA
    assert places_of(PIECES, inbox, tmp_path / "results") == []
    schema = json.loads(files("dsqc.schemas").joinpath("reports/transfer.schema.json").read_text(encoding="utf-8"))
    jsonschema_rs.validate(schema, result.record)
    row = next(row for row in result.record["files"] if row["name"] == "a_R1.fastq")
    assert (row["size_bytes"], row["md5"], row["sha256"]) == (len(READS), md5(READS), sha256(READS))
    body = (inbox / "a_R1.fastq.c4gh").read_bytes()[-row["encrypted"]["size_bytes"] :]
    assert (row["encrypted"]["md5"], row["encrypted"]["sha256"]) == (md5(body), sha256(body))
    assert all("encrypted" not in row for row in result.record["files"] if row["kind"] == "form")


def test_a_second_run_copies_nothing_and_says_the_same(tmp_path: Path) -> None:
    keys, source = keys_in(tmp_path / "station"), closed_source(tmp_path / "source")
    first, before = run(source, tmp_path, keys), visible(tmp_path / "inbox")

    again = run(source, tmp_path, keys)

    assert again.record == first.record
    assert visible(tmp_path / "inbox") == before
    assert json.loads((tmp_path / "results/transfer.timing.json").read_text())["copied_bytes"] == 0


@pytest.mark.parametrize("has_station", [False, True])
def test_without_keys_no_byte_of_the_data_is_copied(tmp_path: Path, has_station: bool) -> None:
    keys = station_keys(Station(root=tmp_path / "bare")) if has_station else None
    with pytest.raises(UsageError, match="Nothing of it was copied") as refused:
        run(closed_source(tmp_path / "source"), tmp_path, keys)
    assert ("dsqc catalog init" if has_station else "--station") in refused.value.hint
    assert set(visible(tmp_path / "inbox")) == {"file.tsv", "submission.tsv"}
    assert places_of(PIECES, tmp_path / "inbox") == []


@pytest.mark.parametrize(
    ("level", "sealed"),
    [("비공개", True), ("CLOSED", True), ("clsoed", True), ("open", False), ("controlled", False), ("", False)],
)
def test_any_spelling_of_closed_is_closed(tmp_path: Path, level: str, sealed: bool) -> None:
    run(closed_source(tmp_path / "source", level), tmp_path, keys_in(tmp_path / "station"))
    assert ("a_R1.fastq.c4gh" in visible(tmp_path / "inbox")) is sealed
    assert ("a_R1.fastq" in visible(tmp_path / "inbox")) is not sealed


def test_a_word_that_nobody_understands_does_not_need_a_station(tmp_path: Path) -> None:
    run(closed_source(tmp_path / "source", "clsoed"), tmp_path, None)
    assert "a_R1.fastq" in visible(tmp_path / "inbox")


def test_what_becomes_closed_does_not_stay_in_the_clear(tmp_path: Path) -> None:
    keys = keys_in(tmp_path / "station")
    run(closed_source(tmp_path / "source", "open"), tmp_path, keys)
    part = tmp_path / "inbox/.dsqc/parts/unfinished.part"
    part.write_bytes(READS)

    run(closed_source(tmp_path / "source"), tmp_path, keys)

    assert places_of(PIECES, tmp_path / "inbox") == []
    assert opened(tmp_path / "inbox", "a_R2.fastq", keys) == DATA["a_R2.fastq"]
    run(closed_source(tmp_path / "source", "open"), tmp_path, keys)
    assert visible(tmp_path / "inbox").keys() == {"file.tsv", "submission.tsv", *DATA}


def test_the_longest_names_are_kept_too(tmp_path: Path) -> None:
    name = "가" * 82 + ".fq.gz"  # 252 bytes
    keys = keys_in(tmp_path / "station")
    run(closed_source(tmp_path / "source", data={name: READS}), tmp_path, keys)
    assert opened(tmp_path / "inbox", name, keys) == READS
    assert sealed_name(name) in visible(tmp_path / "inbox")


def test_a_kill_at_any_step_leaves_nothing_in_the_clear_and_the_next_run_ends_right(tmp_path: Path) -> None:
    source = closed_source(tmp_path / "source", data={"a.fastq": READS, "b.fastq": READS[:70_000]})
    keys = keys_in(tmp_path / "station")
    script = Path(__file__).parents[2] / "helpers" / "killed_transfer.py"
    command = [sys.executable, str(script), str(source), str(tmp_path / "out"), str(tmp_path / "station"), "7"]
    environment = {**os.environ, "PYTHONPATH": str(script.parents[1])}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    killed = int(done.stdout.split()[-1])
    assert killed >= 3
    assert places_of(PIECES, tmp_path / "out") == []
    for step in range(1, killed + 1):
        place = tmp_path / "out" / str(step)
        transfer(str(source), place, tmp_path / "again", submission="S", keys=keys)
        assert opened(place, "a.fastq", keys) == READS
        assert opened(place, "b.fastq", keys) == READS[:70_000]
    assert places_of(PIECES, tmp_path / "out") == []


def sink_of(path: Path, size: int, keys: Keys) -> tuple[SealedSink, list[Encrypted]]:
    told: list[Encrypted] = []
    return SealedSink(path, size, keys, lambda _path, found: told.append(found)), told


@settings(deadline=None, max_examples=25)
@given(data=st.data())
def test_parts_in_any_order_and_over_two_runs_are_the_content(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("sink")
    keys = keys_in(folder)
    size = data.draw(st.integers(0, 5 * SEGMENT))
    content = random.Random(size).randbytes(size)
    order = data.draw(st.permutations(range(0, size, SEGMENT)))
    first = data.draw(st.integers(0, len(order)))
    path = folder / "x.part"
    for number, offsets in enumerate((order[:first], order[first:])):
        sink, told = sink_of(path, size, keys)
        assert sink.is_fresh is (number == 0)
        for offset in offsets:
            sink.write_at(offset, content[offset : offset + SEGMENT])
        sink.sync()
        if number == 0:
            for offset in order[first:]:
                assert sink.read_at(offset, 10) == b""  # never written: nothing that could be taken for content
            sink.close()
    at, length = data.draw(st.integers(0, size)), data.draw(st.integers(0, 3 * SEGMENT))
    assert sink.read_at(at, length) == content[at : at + length]
    sink.prepare()
    sink.finish()
    sink.close()
    path.rename(folder / "x.c4gh")
    assert opened(folder, "x", keys) == content
    assert sha256((folder / "x.c4gh").read_bytes()[told[0].header_bytes :]) == told[0].sha256


@pytest.mark.parametrize("damage", ["torn header", "another key", "another size", "in the clear"])
def test_a_part_that_cannot_be_gone_on_with_is_begun_anew(tmp_path: Path, damage: str) -> None:
    keys, path, size = keys_in(tmp_path / "one"), tmp_path / "x.part", 2 * SEGMENT
    sink, _told = sink_of(path, size, keys)
    sink.write_at(0, bytes(SEGMENT))
    sink.close()
    if damage == "torn header":
        with path.open("rb+") as file:
            file.seek(60)
            file.write(bytes(30))
    elif damage == "another key":
        keys = keys_in(tmp_path / "two")
    elif damage == "in the clear":
        path.write_bytes(READS[:size])
    sink, _told = sink_of(path, size + (damage == "another size"), keys)
    assert sink.is_fresh
    assert sink.read_at(0, SEGMENT) == b""
    assert READS[:40] not in path.read_bytes()
    sink.close()
