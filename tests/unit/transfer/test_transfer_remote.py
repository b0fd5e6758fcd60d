"""Sources behind a network: bytes damaged on the way are told from a wrong checksum in the sheet."""

from collections.abc import Iterator
from itertools import chain, repeat
from threading import Event

import pytest
import stamina

from dsqc.errors import TransientFault
from dsqc.station import TransferOptions
from dsqc.transfer import Inbox, Progress, open_source, transfer_submission
from dsqc.transfer.s3source import stated_md5
from dsqc.transfer.sinks import SEGMENT_BYTES
from dsqc.transfer.sources import DirectorySource, Entry, SourceChanged
from helpers.sources import md5, visible, write_source

DATA = {"a.fastq": b"@r\nACGT\n+\nIIII\n"}


@pytest.fixture(autouse=True)
def _no_waiting():
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


class Line(DirectorySource):
    """A directory behind a bad line: the given readings of a file arrive with a flipped bit, or not at all."""

    is_remote = True

    def __init__(self, path, *, damaged: set[int] = frozenset(), lost: set[int] = frozenset()) -> None:
        super().__init__(path)
        self.damaged, self.lost = damaged, lost
        self.readings = 0
        self.is_cut = False

    def entries(self) -> list[Entry]:
        if self.is_cut:
            raise TransientFault("The line is cut.")
        return super().entries()

    def blocks(self, entry: Entry, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        if entry.name not in DATA:
            yield from super().blocks(entry, offset, length)
            return
        self.readings += 1
        if self.readings in self.lost:
            yield from super().blocks(entry, offset, 1)
            raise TransientFault("The connection broke.")
        for block in super().blocks(entry, offset, length):
            yield bytes([block[0] ^ 1]) + block[1:] if self.readings in self.damaged else block


def bring(line, tmp_path):
    with Inbox(tmp_path / "inbox").locked() as inbox:
        return transfer_submission(line, inbox)


def codes(record) -> list[str]:
    return [item.code for item in record.log]


def test_a_checksum_that_agrees_needs_one_reading(tmp_path):
    line = Line(write_source(tmp_path / "source", DATA))
    assert codes(bring(line, tmp_path)) == []
    assert line.readings == 1


@pytest.mark.parametrize("damaged", [1, 2])
def test_damage_on_the_way_is_noticed_and_the_file_travels_again(tmp_path, damaged):
    rows = [{"file_name": "a.fastq"}]
    line = Line(write_source(tmp_path / "source", DATA, rows), damaged={damaged})
    record = bring(line, tmp_path)
    assert visible(tmp_path / "inbox")["a.fastq"] == DATA["a.fastq"]
    assert codes(record) == []
    assert line.readings == 4


def test_a_wrong_checksum_in_the_sheet_is_the_sheets_fault(tmp_path):
    line = Line(write_source(tmp_path / "source", DATA, [{"file_name": "a.fastq", "md5": "0" * 32}]))
    assert codes(bring(line, tmp_path)) == ["DSQC-F006"]
    assert line.readings == 2
    assert visible(tmp_path / "inbox")["a.fastq"] == DATA["a.fastq"]


def test_a_line_that_always_damages_brings_nothing(tmp_path):
    line = Line(write_source(tmp_path / "source", DATA), damaged=set(range(1, 100, 2)))
    assert codes(bring(line, tmp_path)) == ["DSQC-F019"]
    assert "a.fastq" not in visible(tmp_path / "inbox")


def test_a_broken_connection_is_tried_again(tmp_path):
    record = bring(Line(write_source(tmp_path / "source", DATA), lost={1, 2}), tmp_path)
    assert codes(record) == []
    assert {item.name: item.attempts for item in record.timings}["a.fastq"] == 3


def test_a_cut_line_stops_the_transfer_and_keeps_what_came(tmp_path):
    line = Line(write_source(tmp_path / "source", DATA), lost=set(range(100)))
    blocks = line.blocks

    def cut(entry: Entry, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        line.is_cut = entry.name in DATA
        return blocks(entry, offset, length)

    line.blocks = cut
    with pytest.raises(TransientFault, match="cut"):
        bring(line, tmp_path)
    assert set(visible(tmp_path / "inbox")) == {"file.tsv", "submission.tsv"}
    journal = (tmp_path / "inbox" / ".dsqc" / "journal.jsonl").read_text()
    assert "file.tsv" in journal
    # The line is repaired: the forms stand, the file comes.
    record = bring(open_source(str(tmp_path / "source")), tmp_path)
    assert {item.name: item.copied_bytes for item in record.timings} == {
        "file.tsv": 0,
        "submission.tsv": 0,
        "a.fastq": len(DATA["a.fastq"]),
    }


def test_one_lost_file_of_a_good_source_is_a_finding(tmp_path):
    record = bring(Line(write_source(tmp_path / "source", DATA), lost={1, 2, 3}), tmp_path)
    assert codes(record) == ["DSQC-F019"]


def test_a_server_without_ranges_begins_that_file_again(tmp_path):
    data = {"a.fastq": bytes(300_000), "b.fastq": b"x" * 200_000}
    source = write_source(tmp_path / "source", data)
    asked = []

    class Web(DirectorySource):
        ranges = False

        def blocks(self, entry: Entry, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
            asked.append((entry.name, offset, length))
            blocks = super().blocks(entry, offset, length)
            if asked.count((entry.name, offset, length)) == 1 and entry.name == "a.fastq":
                yield from super().blocks(entry, 0, 150_000)
                raise TransientFault("The connection broke.")
            yield from blocks

    record = bring(Web(source), tmp_path)
    assert codes(record) == []
    assert visible(tmp_path / "inbox").items() >= data.items()
    assert sorted(item for item in asked if item[0] in data) == [
        ("a.fastq", 0, 300_000),
        ("a.fastq", 0, 300_000),
        ("b.fastq", 0, 200_000),
    ]


def test_a_file_that_changes_while_its_parts_travel_comes_as_it_is_then(tmp_path, monkeypatch):
    monkeypatch.setattr("dsqc.transfer.parts.PART_BYTES", SEGMENT_BYTES)
    old, new = b"o" * (20 * SEGMENT_BYTES), b"n" * (21 * SEGMENT_BYTES + 5)
    path = write_source(tmp_path / "source", {"a.fastq": old}, [{"file_name": "a.fastq"}])
    readings = []

    class Versioned(DirectorySource):
        """Says at once, as an object store does, that a version is gone."""

        def blocks(self, entry: Entry, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
            if entry.name == "a.fastq":
                readings.append(offset)
                if len(readings) == 7:
                    (path / "a.fastq").write_bytes(new)
                if self.stat(entry.name).version != entry.version:
                    raise SourceChanged("The object changed while it was read.")
            yield from super().blocks(entry, offset, length)

    record = bring(Versioned(path), tmp_path)
    assert codes(record) == []
    assert visible(tmp_path / "inbox")["a.fastq"] == new


def test_a_source_that_hangs_is_given_up_and_the_part_is_had_by_another_thread(tmp_path, monkeypatch):
    monkeypatch.setattr("dsqc.transfer.engine.GRACE_S", 0.0)
    released = Event()

    class Hanging(DirectorySource):
        """The first reading never comes back, as on a dead network file system."""

        hung = 0

        def blocks(self, entry: Entry, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
            if entry.name in DATA and self.hung < 1:
                self.hung += 1
                released.wait(60)
            yield from super().blocks(entry, offset, length)

    told = []

    class Told(Progress):
        def stalled(self, name: str, reason: str) -> None:
            told.append((name, reason))

    source = Hanging(write_source(tmp_path / "source", DATA))
    try:
        with Inbox(tmp_path / "inbox").locked() as inbox:
            record = transfer_submission(source, inbox, Told(), TransferOptions(stall_timeout_s=0.2))
    finally:
        released.set()
    assert codes(record) == []
    assert told == [("a.fastq", "the source hangs")]
    assert visible(tmp_path / "inbox")["a.fastq"] == DATA["a.fastq"]


def test_no_more_bytes_travel_than_the_pace_allows(tmp_path, monkeypatch):
    taken = []
    monkeypatch.setattr("dsqc.pacing.Pacer.take", lambda _self, size_bytes: taken.append(size_bytes))
    line = Line(write_source(tmp_path / "source", DATA, [{"file_name": "a.fastq"}]))
    record = bring(line, tmp_path)
    # The second reading is no exception.
    forms = sum(item.fetched_bytes for item in record.timings[:2])
    assert sum(taken) == forms + 2 * len(DATA["a.fastq"])


def test_a_window_that_closes_in_the_middle_of_a_part_costs_nothing(tmp_path, monkeypatch):
    content = bytes(range(256)) * 40_000
    asked, told = [], []

    class Slow(DirectorySource):
        def blocks(self, entry: Entry, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
            if entry.name == "a.fastq":
                asked.append((offset, length))
            yield from super().blocks(entry, offset, length)

    class Told(Progress):
        def waiting(self, seconds, windows) -> None:
            told.append([str(window) for window in windows])

    clock = chain([True] * 7, [False] * 3, repeat(True))
    monkeypatch.setattr("dsqc.pacing.Window.holds", lambda _self, _now: next(clock))
    monkeypatch.setattr("dsqc.pacing.Window.seconds_until", lambda _self, _now: 0.0)
    source = Slow(write_source(tmp_path / "source", {"a.fastq": content}))
    with Inbox(tmp_path / "inbox").locked() as inbox:
        record = transfer_submission(source, inbox, Told(), TransferOptions(windows=("22:00-06:00",), parallel=1))
    assert codes(record) == []
    assert visible(tmp_path / "inbox")["a.fastq"] == content
    assert told == [["22:00-06:00"]]
    (first, whole), (second, rest) = asked
    assert (first, whole) == (0, len(content))
    assert second + rest == len(content)
    assert second > 0
    assert record.timings[-1].fetched_bytes == len(content)


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"md5chksum": "no base64!"},
        {"md5chksum": "c2hvcnQ="},
        {"s3cmd-attrs": "atime:1/mode:33188"},
        {"s3cmd-attrs": "md5:0123/mode:33188"},
        {"s3cmd-attrs": f"xmd5:{md5(b'')}"},
    ],
)
def test_metadata_that_states_no_md5(metadata):
    assert stated_md5(metadata) == ""
