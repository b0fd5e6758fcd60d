"""How depth goes with GC: windows of the reference by the GC of the reads that begin in them."""

from functools import partial
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from dsqc.formats.batch import ReadBatch
from dsqc.kernels import alignment_gc as k
from dsqc.language import Text
from dsqc.metrics.collector import Collector, Facts, Metric, Reads, Table, Value

Counts = NDArray[np.int64]

PERCENTILES = {"p10": 10, "p25": 25, "median": 50, "p75": 75, "p90": 90}

_metric = partial(Metric, unit="percent", source="dsqc; after Picard CollectGcBiasMetrics", applies_to="alignments")

_WINDOWS_EN = (
    "Windows are 20,000 positions of the reference, taken where at least one record begins: mapped primary records "
    "with bases, neither duplicates nor failed quality control. The GC of a window is that of its records' bases. "
    "Null where no such record is there, or records are not sorted by coordinate."
)
_WINDOWS_KO = (
    "창은 참조 서열 20,000 위치이며, 레코드(염기가 있고 중복도 품질 검사 탈락도 아닌 매핑된 일차 레코드)가 하나라도 "
    "시작하는 창만 쓴다. 창의 GC는 그 레코드 염기의 GC이다. 해당 레코드가 없거나 좌표 순으로 정렬되지 않았으면 null."
)


class GcBiasCollector(Collector):
    """Counts records and their GC by window; windows are kept as GC percent and number of records, 9 bytes each.

    The first window and the last are kept as they are, so parts of a file add up exactly, wherever it is cut, when they
    are merged in the order of the file. A part that begins before the last record of the one in front is out of order.
    """

    METRICS: ClassVar[tuple[Metric, ...]] = (
        _metric(
            id="at_dropout",
            name=Text("AT dropout", "AT 누락"),
            definition=Text(
                "Reads that windows of 0 to 50 % GC lack: the sum, over those percents, of percent of windows less "
                f"percent of records, where positive. {_WINDOWS_EN}",
                "GC 0~50 % 창에 모자란 리드: 각 퍼센트에서 창의 퍼센트에서 레코드의 퍼센트를 뺀 값 중 양수의 합. "
                f"{_WINDOWS_KO}",
            ),
        ),
        _metric(
            id="gc_dropout",
            name=Text("GC dropout", "GC 누락"),
            definition=Text(
                "Reads that windows of 51 to 100 % GC lack: the sum, over those percents, of percent of windows less "
                f"percent of records, where positive. {_WINDOWS_EN}",
                "GC 51~100 % 창에 모자란 리드: 각 퍼센트에서 창의 퍼센트에서 레코드의 퍼센트를 뺀 값 중 양수의 합. "
                f"{_WINDOWS_KO}",
            ),
        ),
    )

    def __init__(self) -> None:
        self._percents: list[NDArray[np.uint8]] = []
        self._records: list[Counts] = []
        self._state = np.zeros(k.STATE, np.int64)
        self._state[[k.REFERENCE, k.LAST_POSITION, k.FIRST_REFERENCE]] = -1
        self._room = (np.zeros(0, np.uint8), np.zeros(0, np.int64))

    def add_records(self, records: ReadBatch) -> None:
        """Add the records of a batch; nothing is done any more once records were not sorted."""
        fields, flags = records.alignment, records.flag
        if fields is None or flags is None or self._state[k.UNSORTED]:
            return
        if len(self._room[0]) < len(records):
            self._room = (np.zeros(len(records), np.uint8), np.zeros(len(records), np.int64))
        closed = k.add_windows(
            fields.records,
            fields.tags_start,
            records.length,
            flags,
            fields.reference_id,
            fields.position,
            fields.reference_lengths,
            *self._room,
            self._state,
        )
        if closed:
            self._percents.append(self._room[0][:closed].copy())
            self._records.append(self._room[1][:closed].copy())

    def add(self, reads: Reads) -> None:
        """Nothing more: windows are told by records as stored."""

    def merge(self, other: Self) -> None:
        """Add the following part."""
        one, two = self._state, other._state
        if two[k.UNSORTED]:
            one[k.UNSORTED] = 1
        if one[k.UNSORTED] or two[k.REFERENCE] < 0:
            return
        if one[k.REFERENCE] < 0:
            one[:] = two
        elif (one[k.REFERENCE], one[k.LAST_POSITION]) > (two[k.FIRST_REFERENCE], two[k.FIRST_POSITION]):
            one[k.UNSORTED] = 1
            return
        else:
            self._go_on_with(two)
        self._percents += other._percents
        self._records += other._records

    def _go_on_with(self, two: Counts) -> None:
        """Add the first window of what follows to the open one, or close that; the last one of what follows is open."""
        one, open_one = self._state, slice(k.RECORDS, k.BASES + 1)
        first = two[k.FIRST_RECORDS : k.FIRST_BASES + 1] if two[k.FIRST_CLOSED] else two[open_one]
        if (one[k.REFERENCE], one[k.NUMBER]) == (two[k.FIRST_REFERENCE], two[k.FIRST_NUMBER]):
            one[open_one] += first
        else:
            self._close()
            one[open_one] = first
        if two[k.FIRST_CLOSED]:
            self._close()
            one[open_one] = two[open_one]
        one[[k.REFERENCE, k.NUMBER, k.LAST_POSITION]] = two[[k.REFERENCE, k.NUMBER, k.LAST_POSITION]]

    def _close(self) -> None:
        """Put the open window aside."""
        state = self._state
        if not state[k.FIRST_CLOSED]:
            state[k.FIRST_CLOSED] = 1
            state[k.FIRST_RECORDS : k.FIRST_BASES + 1] = state[k.RECORDS : k.BASES + 1]
            return
        self._percents.append(np.array([_percent(state[k.GC], state[k.BASES])], np.uint8))
        self._records.append(state[[k.RECORDS]])

    def _windows(self) -> tuple[NDArray[np.uint8], Counts] | None:
        """GC percent and records of every window; None where there are none, or the order is wrong."""
        state = self._state
        if state[k.UNSORTED] or state[k.REFERENCE] < 0:
            return None
        kept = [state[k.RECORDS : k.BASES + 1]]
        if state[k.FIRST_CLOSED]:
            kept.append(state[k.FIRST_RECORDS : k.FIRST_BASES + 1])
        ends = np.array([_percent(gc, bases) for _records, gc, bases in kept], np.uint8)
        return np.concatenate([*self._percents, ends]), np.concatenate([*self._records, [item[0] for item in kept]])

    def values(self, facts: Facts) -> dict[str, Value]:
        """Metric id -> value."""
        found = self._windows()
        if found is None:
            return {"at_dropout": None, "gc_dropout": None}
        windows, records = _by_percent(*found)
        lack = (100 * (windows / windows.sum() - records / records.sum())).clip(min=0).tolist()
        return {"at_dropout": sum(lack[:51]), "gc_dropout": sum(lack[51:])}

    def tables(self, facts: Facts) -> dict[str, Table]:
        """Windows, records and percentiles of depth by GC percent; depth is records x mean read length / 20,000."""
        table: Table = {name: [] for name in ("gc_percent", "windows", "reads", *PERCENTILES)}
        found = self._windows()
        if found is not None:
            percents, records = found
            windows, reads = _by_percent(percents, records)
            used = np.flatnonzero(windows).tolist()
            depth = facts.base_count / facts.read_count / k.WINDOW if facts.read_count else 0.0
            table["gc_percent"] = used
            table["windows"] = windows[used].tolist()
            table["reads"] = reads[used].tolist()
            chosen = [np.sort(records[percents == percent]) for percent in used]
            for name, rank in PERCENTILES.items():
                table[name] = [float(_percentile(values, rank) * depth) for values in chosen]
        return {"gc_bias": table}


def _percent(gc: int, bases: int) -> int:
    """GC percent of a window, as the kernel rounds it."""
    return (200 * gc + bases) // (2 * bases) if bases else 0


def _by_percent(percents: NDArray[np.uint8], records: Counts) -> tuple[Counts, Counts]:
    """int64[101] each: windows and records by GC percent."""
    windows = np.bincount(percents, minlength=101).astype(np.int64)
    counts = np.zeros(101, np.int64)
    np.add.at(counts, percents, records)
    return windows, counts


def _percentile(values: Counts, rank: int) -> int:
    """The smallest of the sorted ``values`` that at least ``rank`` percent do not exceed."""
    return int(values[(rank * len(values) + 99) // 100 - 1])
