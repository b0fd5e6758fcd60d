"""What basecallers say beside a read: channel and time of nanopores, runs, base modifications; PacBio's passes."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Self

import numpy as np
from numpy.typing import NDArray

from dsqc.formats.batch import ReadBatch
from dsqc.kernels.nanopore import (
    CHANNEL,
    FIELDS,
    MODIFIED,
    PASSES,
    RUN_END,
    RUN_START,
    SECONDS,
    count_activity,
    header_fields,
    key_table,
    tag_fields,
)
from dsqc.language import Text
from dsqc.metrics.batch import NOT_PRIMARY
from dsqc.metrics.collector import Collector, Facts, Metric, MetricRow, Reads, Table, Value

FIRST_READS = 1000
"""Reads of a file whose headers or tags are searched; where none of them says anything, no other is."""
CHANNELS = 4096
"""Channels with a row of their own; flow cells have up to 3,000."""
MINUTES = 28 * 24 * 60
"""Minutes that are told apart: four weeks, a week of them before the first read's day."""
BEFORE = 7 * 24 * 60
MOST_RUNS = 64

_FIELDS_EN = (
    "From `ch=` `start_time=` `runid=` or the tags ch:i st:Z RG:Z of FASTQ headers, or those tags of alignments; null "
    "without."
)
_FIELDS_KO = (
    "FASTQ 머리줄의 `ch=` `start_time=` `runid=` 또는 ch:i st:Z RG:Z 태그, 정렬 파일의 같은 태그에서 읽는다. "
    "없으면 null."
)


def _metric(metric_id: str, name: Text, unit: str, definition: Text, source: str) -> Metric:
    text = Text(f"{definition.en} {_FIELDS_EN}", f"{definition.ko} {_FIELDS_KO}")
    return Metric(metric_id, name, unit, text, source, "long_reads")


class NanoporeCollector(Collector):
    """Counts reads and bases by channel and by minute; fixed memory."""

    METRICS = (
        _metric(
            "channel_count", Text("Active channels", "활성 채널 수"), "count",
            Text("Different channels that gave a read.", "리드를 낸 서로 다른 채널 수."), "NanoPlot (active channels)",
        ),
        _metric(
            "sequencing_start", Text("First read started", "첫 리드 시작 시각"), "text",
            Text("The minute in which the earliest read started, UTC, ISO 8601.",
                 "가장 이른 리드가 시작한 분, UTC, ISO 8601."),
            "nanopore start_time",
        ),
        _metric(
            "sequencing_hours", Text("Sequencing time", "시퀀싱 시간"), "hours",
            Text("From the minute in which the first read started to the one in which the last did, in hours.",
                 "첫 리드가 시작한 분부터 마지막 리드가 시작한 분까지의 시간."),
            "NanoPlot (run time)",
        ),
        _metric(
            "bases_per_hour", Text("Bases an hour", "시간당 염기 수"), "bp",
            Text("Bases of reads with a start time / the hours begun between first and last.",
                 "시작 시각이 있는 리드의 염기 / 첫 리드부터 마지막 리드까지 시작된 시간 수."),
            "dsqc",
        ),
        _metric(
            "basecaller_runs", Text("Runs of the basecaller", "염기 판독 런"), "text",
            Text(f"Run ids seen, with their reads; at most {MOST_RUNS}.",
                 f"보인 런 ID와 리드 수. 최대 {MOST_RUNS}개."),
            "nanopore runid, SAM RG",
        ),
        Metric(
            "frac_reads_modified_bases", Text("Reads with base modifications", "염기 변형 정보 리드 비율"), "fraction",
            Text("Primary records with the tag MM / primary records; null for FASTQ and where none has it.",
                 "MM 태그가 있는 일차 레코드 / 일차 레코드. FASTQ이거나 하나도 없으면 null."),
            "SAM tags specification (MM)", "alignments",
        ),
        Metric(
            "passes_mean", Text("Mean passes", "평균 반복 판독 수"), "count",
            Text("Mean of the tag np (passes of a consensus read) over primary records that have it; else null.",
                 "np 태그(순환 합의 리드의 반복 판독 수)가 있는 일차 레코드의 평균. 없으면 null."),
            "PacBio BAM format (np)", "alignments",
        ),
    )  # fmt: skip

    def __init__(self) -> None:
        self._told = False  # whether headers of the file say a channel or a time
        self._tagged = False  # whether tags of the file's first records say anything
        self._seen = 0  # alignment records
        self._day: int | None = None  # the minute that row BEFORE of the minutes stands for
        self._channels = np.zeros((2, CHANNELS), dtype=np.int64)
        self._minutes = np.zeros((2, MINUTES), dtype=np.int64)
        self._runs: dict[str, int] = {}
        self._records = self._modified = self._with_passes = self._passes = 0
        self._keys = key_table()
        self._found = np.zeros((FIELDS, 0), dtype=np.int64)
        self._run_lengths = np.zeros(0, dtype=np.int64)

    def add_records(self, records: ReadBatch) -> None:
        """Count what the tags of primary records say."""
        if records.alignment is None or records.flag is None or not len(records):
            return
        self._records += int(np.count_nonzero((records.flag & NOT_PRIMARY) == 0))
        first = min(len(records), max(0, FIRST_READS - self._seen))
        self._seen += len(records)
        if not self._tagged and first:
            self._tagged = self._tags(records.part(0, first))
        elif self._tagged:
            first = 0
        if self._tagged and first < len(records):
            self._tags(records.part(first, len(records)) if first else records)

    def _tags(self, records: ReadBatch) -> bool:
        """Count what tags say; whether they say anything of a nanopore or of passes."""
        columns = records.alignment
        if columns is None or records.flag is None:
            return False
        found = self._room(len(records))
        tag_fields(columns.records, columns.tags_start, columns.record_end, records.flag, NOT_PRIMARY, found)
        told = bool((found[[CHANNEL, SECONDS, PASSES, MODIFIED]] >= 0).any())
        if told:
            self._count(found, records.length, columns.records)
            self._modified += int(np.count_nonzero(found[MODIFIED] > 0))
            passes = found[PASSES][found[PASSES] >= 0]
            self._with_passes += len(passes)
            self._passes += int(passes.sum())
        return told

    def add(self, reads: Reads) -> None:
        """Count what FASTQ headers say."""
        batch = reads.batch
        if batch.flag is not None:
            return
        if self._told:
            self._headers(batch)
        elif batch.first_record <= FIRST_READS:
            first = min(len(batch), FIRST_READS + 1 - batch.first_record)
            self._told = self._headers(batch.part(0, first))
            if self._told and first < len(batch):
                self._headers(batch.part(first, len(batch)))

    def _headers(self, batch: ReadBatch) -> bool:
        found = self._room(len(batch))
        told = header_fields(batch.data, batch.name_start, batch.name_end, len(batch), self._keys, found)
        if told:
            self._count(found, batch.length, batch.data)
        return bool(told)

    def _room(self, number: int) -> NDArray[np.int64]:
        if self._found.shape[1] != number:
            self._found = np.empty((FIELDS, number), dtype=np.int64)
            self._run_lengths = np.zeros(number, dtype=np.int64)
        return self._found

    def _count(self, found: NDArray[np.int64], length: NDArray[np.int64], data: NDArray[np.uint8]) -> None:
        if self._day is None:
            timed = found[SECONDS][found[SECONDS] >= 0]
            self._day = int(timed[0]) // 86_400 * 1440 if len(timed) else None
        # A run counts with reads that a nanopore gave: other machines' read groups are no runs of a basecaller.
        found[RUN_START, (found[CHANNEL] < 0) & (found[SECONDS] < 0)] = -1
        first = (self._day or 0) - BEFORE
        count_activity(data, found, length, first, self._channels, self._minutes, self._run_lengths)
        for read in np.flatnonzero(self._run_lengths[: len(length)]).tolist():
            run = bytes(data[found[RUN_START, read] : found[RUN_END, read]]).decode("utf-8", "backslashreplace")
            self._count_run(run, int(self._run_lengths[read]))

    def _count_run(self, run: str, reads: int) -> None:
        if run in self._runs or len(self._runs) < MOST_RUNS:
            self._runs[run] = self._runs.get(run, 0) + reads

    def merge(self, other: Self) -> None:
        """Add everything that ``other`` counted."""
        self._told |= other._told
        self._tagged |= other._tagged
        self._seen = max(self._seen, other._seen)
        self._channels += other._channels
        if other._day is not None:
            if self._day is None:
                self._day = other._day
            shift = other._day - self._day
            rows = np.flatnonzero(other._minutes[0])
            rows = rows[(rows + shift >= 0) & (rows + shift < MINUTES)]
            self._minutes[:, rows + shift] += other._minutes[:, rows]
        for run, reads in other._runs.items():
            self._count_run(run, reads)
        self._records += other._records
        self._modified += other._modified
        self._with_passes += other._with_passes
        self._passes += other._passes

    def continuation(self) -> Self:
        """An empty collector that knows whether headers say something, and which day is the first."""
        following = type(self)()
        following._told, following._day = self._told, self._day
        following._tagged, following._seen = self._tagged, self._seen
        following._runs = dict.fromkeys(self._runs, 0)
        return following

    def follows_exactly(self, other: Self) -> bool:
        """Whether minutes were counted from the same day, and ``other`` had room for every run known before."""
        same_day = None in (self._day, other._day) or self._day == other._day
        return same_day and (len(other._runs) < MOST_RUNS or self._runs.keys() <= other._runs.keys())

    def values(self, facts: Facts) -> dict[str, Value]:
        """What headers and tags say about the run."""
        values: dict[str, Value] = {metric.id: None for metric in self.METRICS}
        if self._channels[0].any():
            values["channel_count"] = int(np.count_nonzero(self._channels[0]))
        minutes = np.flatnonzero(self._minutes[0])
        if len(minutes) and self._day is not None:
            first, last = int(minutes[0]), int(minutes[-1])
            start = datetime.fromtimestamp(60 * (self._day + first - BEFORE), UTC)
            values["sequencing_start"] = start.strftime("%Y-%m-%dT%H:%MZ")
            values["sequencing_hours"] = (last - first) / 60
            values["bases_per_hour"] = int(self._minutes[1].sum()) / ((last - first) // 60 + 1)
        if self._runs:
            runs = sorted(self._runs.items(), key=lambda item: (-item[1], item[0]))
            values["basecaller_runs"] = ", ".join(f"{run} ({reads})" for run, reads in runs)
        if self._modified:
            values["frac_reads_modified_bases"] = self._modified / self._records
        if self._with_passes:
            values["passes_mean"] = self._passes / self._with_passes
        return values

    def tables(self, facts: Facts) -> dict[str, Table]:
        """``channel_activity`` (channels that gave reads) and ``reads_by_hour`` (hours since the first read)."""
        tables: dict[str, Table] = {}
        channels = np.flatnonzero(self._channels[0])
        if len(channels):
            reads, bases = self._channels[:, channels].tolist()
            tables["channel_activity"] = {"channel": channels.tolist(), "reads": reads, "bases": bases}
        minutes = np.flatnonzero(self._minutes[0])
        if len(minutes):
            used = self._minutes[:, minutes[0] : minutes[-1] + 1]
            hours = -(-used.shape[1] // 60)
            padded = np.zeros((2, 60 * hours), dtype=np.int64)
            padded[:, : used.shape[1]] = used
            reads, bases = padded.reshape(2, hours, 60).sum(axis=2).tolist()
            tables["reads_by_hour"] = {"hour": list(range(hours)), "reads": reads, "bases": bases}
        return tables

    def rows(self, facts: Facts) -> Iterator[MetricRow]:
        """Reads and bases by channel and by hour."""
        for table, key in (("channel_activity", "channel"), ("reads_by_hour", "hour")):
            content = self.tables(facts).get(table)
            for name in ("reads", "bases") if content else ():
                for at, value in zip(content[key], content[name], strict=True):  # type: ignore[index]
                    yield f"{name}_by_{key}", None, None, str(at), float(value)
