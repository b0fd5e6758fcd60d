"""Events of a batch: what is written is read, once, whatever dies."""

from pathlib import Path

import pytest

from dsqc.batch.events import Event, EventKind, EventReader, EventWriter
from dsqc.errors import StorageFault


def test_reads_what_was_written_and_later_only_what_came_since(tmp_path: Path) -> None:
    reader = EventReader(tmp_path)
    assert reader.new() == []
    with EventWriter(tmp_path, "s0001", 1) as first, EventWriter(tmp_path, "s0002", 3) as second:
        first.write(EventKind.STARTED, stage="qc", submission="벼", run="R1", bytes=12)
        second.write(EventKind.GIVEN_UP, stage="qc", submission="kidney", run="R9", exit_code=-9, message="killed")
        told = reader.new()
        assert [(item.kind, item.shard, item.attempt, item.submission) for item in told] == [
            (EventKind.STARTED, "s0001", 1, "벼"),
            (EventKind.GIVEN_UP, "s0002", 3, "kidney"),
        ]
        assert told[1].exit_code == -9
        assert reader.new() == []
        first.write(EventKind.DONE, stage="qc", submission="벼", run="R1", seconds=1.5)
    assert [(item.kind, item.seconds) for item in reader.new()] == [(EventKind.DONE, 1.5)]


def test_a_torn_line_is_read_when_it_is_whole(tmp_path: Path) -> None:
    with EventWriter(tmp_path, "s0001", 1) as writer:
        writer.write(EventKind.SHARD_STARTED)
    line = Event(2.0, EventKind.DONE, stage="qc").to_json().encode()
    reader = EventReader(tmp_path)
    with writer.path.open("ab") as file:
        file.write(line[:20])
    assert [item.kind for item in reader.new()] == [EventKind.SHARD_STARTED]
    with writer.path.open("ab") as file:
        file.write(line[20:] + b"\n")
    assert [item.stage for item in reader.new()] == ["qc"]


def test_lines_that_are_no_event_are_passed_over(tmp_path: Path) -> None:
    with EventWriter(tmp_path, "s0001", 1) as writer:
        writer.write(EventKind.STARTED, stage="qc")
    with writer.path.open("ab") as file:
        file.write(b'\0\0\0\n[]\n{"time": 1, "kind": "of tomorrow"}\n{"time": 3, "kind": "done", "colour": "red"}\n')
    assert [item.kind for item in EventReader(tmp_path).new()] == [EventKind.DONE, EventKind.STARTED]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "events").write_text("no directory")
    with pytest.raises(StorageFault, match="events"):
        EventWriter(tmp_path, "s0001", 1)
