"""Everything goes wrong at once, with many parts and threads: what stands in the inbox is what the source has."""

import os
import random
from collections.abc import Iterator
from threading import Lock

import pytest
import stamina

from dsqc.errors import DsqcError, TransientFault
from dsqc.station import TransferOptions
from dsqc.transfer import Inbox, transfer_submission
from dsqc.transfer.sinks import SEGMENT_BYTES
from dsqc.transfer.sources import DirectorySource, Entry, SourceChanged
from helpers.sources import visible, write_source

SIZES = (0, 1, SEGMENT_BYTES, SEGMENT_BYTES + 1, 400_000, 1_000_000)


class Storm(DirectorySource):
    """A source whose connections break, flip bits, give odd blocks, and whose files are replaced."""

    def __init__(self, path, data: dict[str, bytes], dice: random.Random) -> None:
        super().__init__(path)
        self.data, self.dice, self.lock = data, dice, Lock()
        self.is_remote = dice.random() < 0.6
        self.ranges = dice.random() < 0.7
        self.rate = dice.choice([0.0, 0.02, 0.1])
        self.changes = 0

    def blocks(self, entry: Entry, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        for block in super().blocks(entry, offset, length):
            step = self.dice.randrange(1 << 14, 1 << 17)
            for at in range(0, len(block), step):
                piece = block[at : at + step]
                yield self.strike(entry.name, piece) if entry.name in self.data else piece

    def strike(self, name: str, piece: bytes) -> bytes:
        chance = self.dice.random()
        if chance < self.rate:
            raise TransientFault("The connection broke.")
        if self.is_remote and chance < 1.2 * self.rate:
            return bytes([piece[0] ^ 1]) + piece[1:]
        if chance > 1 - self.rate / 10:
            self.replace(name)
            raise SourceChanged("The file changed.")
        return piece

    def replace(self, name: str) -> None:
        with self.lock:
            self.changes += 1
            self.data[name] = self.dice.randbytes(len(self.data[name]) + self.dice.choice([0, 5]))
            new = self.path.parent / "new"
            new.write_bytes(self.data[name])
            # Within one tick of the clock two versions of one size would look the same.
            os.utime(new, ns=(self.changes * 10**9, self.changes * 10**9))
            new.replace(self.path / name)


@pytest.mark.parametrize("seed", range(25))
def test_what_comes_is_what_the_source_has(tmp_path, seed):
    dice = random.Random(seed)
    data = {f"f{number}.fastq": dice.randbytes(size) for number, size in enumerate(SIZES)}
    rows = [{"file_name": name} for name in data] if dice.random() < 0.5 else None
    source = Storm(write_source(tmp_path / "source", data, rows), data, dice)
    options = TransferOptions(retries=20, parallel=dice.choice([1, 3, 8]))
    with pytest.MonkeyPatch.context() as patch, stamina.set_testing(True, attempts=21, cap=True):
        patch.setattr("dsqc.transfer.parts.PART_BYTES", SEGMENT_BYTES)
        for _ in range(5):
            try:
                with Inbox(tmp_path / "inbox").locked() as inbox:
                    record = transfer_submission(source, inbox, options=options)
            except DsqcError:
                continue
            break
    refused = {item.object_id for item in record.log if item.code == "DSQC-F019"}
    there = visible(tmp_path / "inbox")
    assert {name: there[name] for name in data if name not in refused} == {
        name: content for name, content in data.items() if name not in refused
    }
    assert not refused & there.keys()
