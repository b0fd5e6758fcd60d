"""What CRAM does not keep of a BAM, learned by comparing the two, kept in the recipe, and put back."""

import base64
import binascii
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsqc.archive.streams import BUFFER, Blocks, ByteWindow, take_header
from dsqc.formats.cram_header import HIDDEN_PLACE, SHOWN_PLACE
from dsqc.kernels import bam_compare as k

FIELDS = (
    *("reference", "position", "mapping_quality", "bin", "flag", "mate", "template_length", "tag_order"),
    *("name", "cigar", "sequence", "qualities", "tags", "header", "records"),
)
"""What may differ, in the order of the kernel's counts; then the header, and the number of records."""
LARGEST = 1 << 20
"""Bytes of flipped bits, or of a header, that a recipe may hold, compressed."""
_MOST_ORDERS = 4_096
_ROWS = 1 << 14
_ROW = 8 + k.FIXED
_ADDED = (("M5", "UR"), ("UR",), ("M5",))
_NEVER = (1 << 63) - 1


class Unrepairable(Exception):
    """The stream of records cannot be followed."""


@dataclass(frozen=True, slots=True)
class Repairs:
    """What to change in what comes out of a CRAM, so that it is the BAM that went in.

    Attributes:
        dropped_tags: tags of @SQ lines that htslib added.
        header: the whole header, deflated; empty where it comes back.
        tag_orders: list of tags as hashed by ``kernels.bam_compare.list_key`` -> numbers of the tags in the order
            wanted.
        flips: deflated rows of 8 bytes, the number of a record, and 32 bytes, bits to flip in its fixed fields.
    """

    dropped_tags: tuple[str, ...] = ()
    header: bytes = b""
    tag_orders: dict[int, tuple[int, ...]] = field(default_factory=dict)
    flips: bytes = b""

    def __bool__(self) -> bool:
        return bool(self.dropped_tags or self.header or self.tag_orders or self.flips)

    def to_dict(self) -> dict[str, Any] | None:
        """As plain data, bytes in base64; None where nothing is to be changed."""
        if not self:
            return None
        return {
            "dropped_tags": list(self.dropped_tags),
            "header": base64.b64encode(self.header).decode("ascii"),
            "tag_orders": {f"{key:016x}": list(order) for key, order in sorted(self.tag_orders.items())},
            "flips": base64.b64encode(self.flips).decode("ascii"),
        }

    @classmethod
    def from_dict(cls, value: dict[str, Any] | None) -> "Repairs":
        """Read what :meth:`to_dict` gave.

        Raises:
            ValueError: it holds no repairs.
        """
        if value is None:
            return NO_REPAIRS
        orders = {int(key, 16): tuple(map(int, order)) for key, order in value["tag_orders"].items()}
        for order in orders.values():
            if len(order) > k.MOST_TAGS or sorted(order) != list(range(len(order))):
                raise ValueError("an order of tags is no permutation")
        try:
            header, flips = (base64.b64decode(value[name], validate=True) for name in ("header", "flips"))
        except binascii.Error as error:
            raise ValueError(str(error)) from error
        return cls(tuple(value["dropped_tags"]), header, orders, flips)

    def restore_header(self, header: bytes) -> bytes:
        """The header as it was."""
        return zlib.decompress(self.header) if self.header else without_tags(header, self.dropped_tags)


NO_REPAIRS = Repairs()


def _returned_header(window: ByteWindow) -> bytes | None:
    """The header as it stands in the CRAM: the decoder is not shown where the writer's reference lay."""
    header = take_header(window)
    return None if header is None else header.replace(HIDDEN_PLACE, SHOWN_PLACE)


def without_tags(header: bytes, tags: tuple[str, ...]) -> bytes:
    """The binary header with these tags taken out of the @SQ lines of its text."""
    if not tags:
        return header
    end = 8 + int.from_bytes(header[4:8], "little")
    starts = tuple(f"{tag}:".encode() for tag in tags)
    lines = [
        b"\t".join(part for part in line.split(b"\t") if not part.startswith(starts)) if line[:4] == b"@SQ\t" else line
        for line in header[8:end].split(b"\n")
    ]
    text = b"\n".join(lines)
    return header[:4] + len(text).to_bytes(4, "little") + text + header[end:]


def restore_bam(bam: Blocks, repairs: Repairs) -> Iterator[bytes]:
    """The BAM that went into a CRAM, out of what came back from it.

    Raises:
        Unrepairable: the stream is no BAM.
    """
    window = ByteWindow(bam)
    header = _returned_header(window)
    if header is None:
        raise Unrepairable("no header of BAM")
    yield repairs.restore_header(header)
    if not repairs.tag_orders and not repairs.flips:
        while window.place < window.end or window.more():
            yield window.data[window.place : window.end].tobytes()
            window.place = window.end
        return
    yield from _restore_records(window, repairs)


def _restore_records(window: ByteWindow, repairs: Repairs) -> Iterator[bytes]:
    keys = np.array(sorted(repairs.tag_orders), np.uint64)
    orders = np.full((len(keys) + 1, k.MOST_TAGS + 1), -1, np.int64)
    for row, key in enumerate(keys.tolist()):
        orders[row, : len(repairs.tag_orders[key])] = repairs.tag_orders[key]
    rows = _FlipRows(repairs.flips)
    records, flips, number = rows.next()
    starts = np.zeros(k.MOST_TAGS + 1, np.int64)
    out = np.empty(BUFFER, np.uint8)
    state = np.zeros(k.STATE, np.int64)
    while True:
        state[k.PLACE], state[k.ROOM] = window.place, 0
        why = k.restore_records(window.data, window.end, keys, orders, records, flips, number, starts, out, state)
        window.place = int(state[k.PLACE])
        if state[k.ROOM]:
            yield out[: int(state[k.ROOM])].tobytes()
        if why == k.BROKEN:
            raise Unrepairable("a record that is none")
        if why == k.FULL and state[k.FLIPS] >= number:
            records, flips, number = rows.next()
            state[k.FLIPS] = 0
        elif why == k.FULL and not state[k.ROOM]:
            out = np.empty(2 * len(out), np.uint8)
        elif why == k.NEED_MORE and not window.more():
            break
    if window.place != window.end:
        raise Unrepairable("a record that ends too early")


class _FlipRows:
    """Rows of bits to flip, unpacked some at a time; behind the last one stands one that no record reaches."""

    def __init__(self, flips: bytes) -> None:
        self._inflater = zlib.decompressobj()
        self._stored = flips
        self._ended = False

    def next(self) -> tuple[NDArray[np.int64], NDArray[np.uint8], int]:
        """Numbers of records, their bits, and how many rows there are."""
        data = bytearray()
        while len(data) < _ROWS * _ROW and self._stored:
            data += self._inflater.decompress(self._stored, _ROWS * _ROW - len(data))
            self._stored = self._inflater.unconsumed_tail
        if not data:
            return np.array([_NEVER], np.int64), np.zeros((1, k.FIXED), np.uint8), 1
        table = np.frombuffer(data, np.uint8)[: len(data) // _ROW * _ROW].reshape(-1, _ROW)
        records = np.ascontiguousarray(table[:, :8]).view("<i8").reshape(-1).astype(np.int64)
        return records, np.ascontiguousarray(table[:, 8:]), len(table)


@dataclass(slots=True)
class Comparison:
    """What :func:`compare` found.

    Attributes:
        repairs: what makes the one into the other, as far as that can be.
        differences: field -> number of records in which it differs and cannot be put back.
    """

    repairs: Repairs
    differences: dict[str, int]


def compare(returned: Blocks, original: Blocks) -> Comparison:
    """Find what differs between the BAM that came out of a CRAM and the one that went in.

    Both are read side by side; memory is bounded but for the repairs, which are given up beyond ``LARGEST``.
    """
    return _Comparer(returned, original).run()


class _Comparer:
    def __init__(self, returned: Blocks, original: Blocks) -> None:
        self._first, self._second = ByteWindow(returned), ByteWindow(original)
        self._counts = np.zeros(k.FIELDS, np.int64)
        self._known = np.zeros((4 * _MOST_ORDERS + 1, 2), np.uint64)
        self._orders: dict[int, tuple[int, ...]] = {}
        self._records = np.zeros(_ROWS, np.int64)
        self._flips = np.zeros((_ROWS, k.FIXED), np.uint8)
        self._state = np.zeros(k.STATE, np.int64)
        self._deflater = zlib.compressobj(6)
        self._deflated = bytearray()
        self._differences: dict[str, int] = {}

    def run(self) -> Comparison:
        header, dropped = self._compare_headers()
        self._compare_records()
        self._keep_flips()
        flips = bytes(self._deflated + self._deflater.flush()) if self._deflated or self._flipped else b""
        counts = dict(zip(FIELDS, self._counts.tolist(), strict=False))
        for name in FIELDS[k.REPAIRABLE : k.FIELDS]:
            if counts[name]:
                self._note(name, counts[name])
        if len(flips) > LARGEST:
            for name in FIELDS[: k.TAG_ORDER]:
                if counts[name]:
                    self._note(name, counts[name])
            flips = b""
        return Comparison(Repairs(dropped, header, self._orders, flips), self._differences)

    def _note(self, name: str, number: int = 1) -> None:
        self._differences[name] = self._differences.get(name, 0) + number

    def _compare_headers(self) -> tuple[bytes, tuple[str, ...]]:
        """The header to keep, or the tags to drop."""
        found, wanted = _returned_header(self._first), take_header(self._second)
        if found is None or wanted is None:
            self._note("header")
            return b"", ()
        for tags in ((), *_ADDED):
            if without_tags(found, tags) == wanted:
                return b"", tags
        kept = zlib.compress(wanted, 9)
        if len(kept) > LARGEST:
            self._note("header")
            return b"", ()
        return kept, ()

    _flipped = False

    def _keep_flips(self) -> None:
        number = int(self._state[k.FLIPS])
        if number and len(self._deflated) <= LARGEST:
            records = self._records[:number].astype("<i8").view(np.uint8).reshape(number, 8)
            self._deflated += self._deflater.compress(np.hstack([records, self._flips[:number]]).tobytes())
            self._flipped = True
        self._state[k.FLIPS] = 0

    def _compare_records(self) -> None:
        first, second, state = self._first, self._second, self._state
        while True:
            state[k.FIRST], state[k.SECOND] = first.place, second.place
            why = k.compare_records(
                first.data, first.end, second.data, second.end,
                self._known, self._counts, self._records, self._flips, state,
            )  # fmt: skip
            first.place, second.place = int(state[k.FIRST]), int(state[k.SECOND])
            if why == k.FULL:
                self._keep_flips()
            elif why == k.NEW_ORDER:
                self._learn_order()
            elif why == k.BROKEN:
                self._note("records")
                return
            else:
                # Only where a record is missing: the other stream would pile up in memory.
                got = [window.more() for window in (first, second) if not window.holds_record()]
                if not any(got):
                    break
        if first.place != first.end or second.place != second.end:
            self._note("records")

    def _learn_order(self) -> None:
        """See how the tags of the two records at hand are ordered; the pair of lists is known from then on."""
        key, other = (int(self._state[name].view(np.uint64)) for name in (k.KEY_FIRST, k.KEY_SECOND))
        found, wanted = _tags(self._first), _tags(self._second)
        order = _order(found, wanted)
        fits = order is not None and self._orders.setdefault(key, order) == order and len(self._orders) <= _MOST_ORDERS
        if not fits:
            self._note("tag_order" if sorted(found) == sorted(wanted) else "tags")
        self._know(key, other)

    def _know(self, key: int, other: int) -> None:
        rows = len(self._known)
        row = (key ^ (other >> 7)) % rows
        for _ in range(rows):
            if not self._known[row].any():
                self._known[row] = key, other
                return
            row = row + 1 if row + 1 < rows else 0
        self._known[(key ^ (other >> 7)) % rows] = key, other  # full: forget one; what it knew is learned again


def _tags(window: ByteWindow) -> list[bytes]:
    """Tags of the record at hand, each with its name, type and value."""
    data, start = window.data, window.place
    record = data[start : start + 4 + int.from_bytes(data[start : start + 4].tobytes(), "little")].tobytes()
    operations = int.from_bytes(record[16:18], "little")
    bases = int.from_bytes(record[20:24], "little")
    place = 36 + record[12] + 4 * operations + (bases + 1) // 2 + bases
    found = []
    while place < len(record):
        behind = _tag_end(record, place)
        found.append(record[place:behind])
        place = behind
    return found


def _tag_end(record: bytes, place: int) -> int:
    kind = chr(record[place + 2])
    if kind in "ZH":
        return record.index(0, place + 3) + 1
    if kind == "B":
        number = int.from_bytes(record[place + 4 : place + 8], "little")
        return place + 8 + number * _WIDTHS[chr(record[place + 3])]
    return place + 3 + _WIDTHS[kind]


_WIDTHS = {"A": 1, "c": 1, "C": 1, "s": 2, "S": 2, "i": 4, "I": 4, "f": 4, "d": 8}


def _order(found: list[bytes], wanted: list[bytes]) -> tuple[int, ...] | None:
    """Numbers of the tags of ``found`` in the order of ``wanted``; None where they are not the same tags."""
    places = {tag[:3]: number for number, tag in enumerate(found)}
    if len(found) != len(wanted) or len(places) != len(found) or len(found) > k.MOST_TAGS:
        return None
    if any(tag[:3] not in places or found[places[tag[:3]]] != tag for tag in wanted):
        return None
    return tuple(places[tag[:3]] for tag in wanted)
