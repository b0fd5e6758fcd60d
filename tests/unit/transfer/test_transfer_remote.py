"""Sources behind a network: bytes damaged on the way are told from a wrong checksum in the sheet."""

from collections.abc import Iterator

import pytest
import stamina

from dsqc.errors import TransientFault
from dsqc.transfer import Inbox, open_source, transfer_submission
from dsqc.transfer.sources import DirectorySource, Entry
from helpers.sources import visible, write_source

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
