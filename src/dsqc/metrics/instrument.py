"""Instruments, runs, flow cells and lanes, by the names of reads."""

from collections import Counter
from typing import Self

import numpy as np

from dsqc.kernels.instrument import LONGEST, MOST, count_prefixes
from dsqc.language import Text
from dsqc.metrics.collector import Collector, Facts, Metric, Reads, Table, Value
from dsqc.metrics.read_names import NO_ORIGIN, Origin, is_archive_name, models_of, origin_of

NANOPORE = "OXFORD_NANOPORE"
PLATFORMS = {
    "ILLUMINA": "ILLUMINA",
    "ONT": "OXFORD_NANOPORE",
    "PACBIO": "PACBIO_SMRT",
    "IONTORRENT": "ION_TORRENT",
    "LS454": "LS454",
    "DNBSEQ": "DNBSEQ",
    "ELEMENT": "ELEMENT",
    "ULTIMA": "ULTIMA",
    "SOLID": "ABI_SOLID",
    "HELICOS": "HELICOS",
    "CAPILLARY": "CAPILLARY",
    "SINGULAR": "SINGULAR_GENOMICS",
}
"""PL of @RG (SAM specification) -> platform as INSDC names it."""

_FROM_EN = "From the names of reads; the table of patterns is `schemas/instruments.tsv`."
_FROM_KO = "리드 이름에서 읽는다. 패턴 표는 `schemas/instruments.tsv`."


def _metric(metric_id: str, name: Text, definition: Text) -> Metric:
    text = Text(f"{definition.en} {_FROM_EN}", f"{definition.ko} {_FROM_KO}")
    return Metric(metric_id, name, "text", text, "Illumina, PacBio, MGI, ONT read names")


class InstrumentCollector(Collector):
    """Counts reads by the part of their names that instrument, run, flow cell and lane share.

    Names are only read where that part changes. The first 64 different ones are told apart, all further reads are
    counted as others.
    """

    METRICS = (
        _metric(
            "instrument_platform", Text("Platform (inferred)", "플랫폼 (추정)"),
            Text(
                "Platform of most reads, as INSDC names it; by @RG PL where names say nothing; null where unknown.",
                "가장 많은 리드의 플랫폼(INSDC 이름). 이름으로 알 수 없으면 @RG PL, 그것도 없으면 null.",
            ),
        ),
        _metric(
            "instrument_model", Text("Instrument model (inferred)", "기기 모델 (추정)"),
            Text(
                "Models that give such serial numbers and flow cells, as INSDC names them, several parted by ` | `.",
                "그런 일련번호와 플로셀을 쓰는 모델(INSDC 이름). 여럿이면 ` | `로 나눈다.",
            ),
        ),
        _metric(
            "instrument_confidence", Text("Confidence of the inference", "추정의 확실성"),
            Text(
                "`high` (one model), `medium` (several, or by the flow cell alone), `low` (only the style of names is "
                "known), `mixed` (reads of several platforms), `declared` (@RG PL).",
                "`high`(모델 하나), `medium`(여럿 또는 플로셀로만), `low`(이름 형식만 앎), `mixed`(여러 플랫폼), "
                "`declared`(@RG PL).",
            ),
        ),
        _metric(
            "instrument_ids", Text("Instruments", "기기 ID"),
            Text("Serial numbers, with their reads.", "일련번호와 리드 수."),
        ),
        _metric(
            "sequencing_runs", Text("Runs", "시퀀싱 런"),
            Text("Run numbers or movies, with their reads.", "런 번호 또는 무비 이름과 리드 수."),
        ),
        _metric(
            "flow_cells", Text("Flow cells", "플로셀"),
            Text(
                "Flow cells, with their reads; of nanopores as @RG PU declares.",
                "플로셀과 리드 수. 나노포어는 @RG PU에 적힌 대로.",
            ),
        ),
        _metric("lanes", Text("Lanes", "레인"), Text("Lanes, with their reads.", "레인과 리드 수.")),
    )  # fmt: skip

    def __init__(self) -> None:
        self._origins: list[Origin] = []
        self._prefixes = np.zeros((MOST, LONGEST), dtype=np.uint8)
        self._lengths = np.zeros(MOST, dtype=np.int64)
        self._counts = np.zeros(MOST + 1, dtype=np.int64)
        self._last = 0
        self._archive: bool | None = None  # whether the instrument's names stand behind those of an archive

    def add(self, reads: Reads) -> None:
        """Count the names of one batch."""
        batch = reads.batch
        if not len(batch):
            return
        if self._archive is None:
            self._archive = is_archive_name(batch.name(0))
        row = 0
        while row < len(batch):
            row = count_prefixes(
                batch.data,
                batch.name_start,
                batch.name_end,
                row,
                self._archive,
                self._prefixes,
                self._lengths,
                len(self._origins),
                self._counts,
                self._last,
            )
            if row < len(batch):
                name = batch.name(row)
                self._last = self._learn(origin_of(name.partition(" ")[2] if self._archive else name))

    def _learn(self, origin: Origin) -> int:
        """The row of ``origin``, a new one where it is new; MOST where there is no room."""
        prefix = origin.prefix.encode()
        if len(prefix) > LONGEST:
            origin, prefix = NO_ORIGIN, b""
        if origin in self._origins:
            return self._origins.index(origin)
        row = len(self._origins)
        if row < MOST:
            self._origins.append(origin)
            self._prefixes[row, : len(prefix)] = list(prefix)
            self._lengths[row] = len(prefix)
        return row

    def merge(self, other: Self) -> None:
        """Add everything that ``other`` counted."""
        for origin, count in zip(other._origins, other._counts.tolist(), strict=False):
            self._counts[self._learn(origin)] += count
        self._counts[MOST] += other._counts[MOST]
        self._archive = other._archive if self._archive is None else self._archive

    def continuation(self) -> Self:
        """An empty collector that knows the same names."""
        following = type(self)()
        following._origins = list(self._origins)
        following._prefixes, following._lengths = self._prefixes.copy(), self._lengths.copy()
        following._archive = self._archive
        return following

    def follows_exactly(self, other: Self) -> bool:
        """Whether ``other`` had room for every origin known before, and names without a known beginning, which hide
        origins that come after them, did so in both."""
        mine, others = set(self._origins), set(other._origins)
        hidden = any(not item.prefix for item in mine) and any(item.prefix for item in others - mine)
        hiding = any(not item.prefix for item in others) and any(item.prefix for item in mine - others)
        return not hidden and not hiding and (not other._counts[MOST] or mine <= others)

    def _seen(self) -> list[tuple[Origin, int]]:
        seen = [(origin, count) for origin, count in zip(self._origins, self._counts.tolist(), strict=False) if count]
        return sorted(seen, key=lambda item: (-item[1], item[0].prefix))

    def values(self, facts: Facts) -> dict[str, Value]:
        """What the names of reads say."""
        values: dict[str, Value] = {metric.id: None for metric in self.METRICS}
        seen = self._seen()
        platforms: Counter[str] = Counter()
        for origin, count in seen:
            platforms[origin.platform] += count
        platforms.pop("", None)
        if platforms:
            platform = min(platforms, key=lambda name: (-platforms[name], name))
            models, confidence = models_of(next(origin for origin, _ in seen if origin.platform == platform))
            values["instrument_platform"] = platform
            values["instrument_model"] = " | ".join(models) or None
            values["instrument_confidence"] = "mixed" if len(platforms) > 1 else confidence
        else:
            declared = {PLATFORMS.get(str(group.get("PL", "")).upper(), "") for group in facts.header.get("RG", ())}
            if len(declared) == 1 and "" not in declared:
                values["instrument_platform"] = declared.pop()
                values["instrument_confidence"] = "declared"
        if values["instrument_platform"] == NANOPORE:
            values |= _declared_flow_cells(facts)
        for name, parts in (
            ("instrument_ids", ("instrument",)),
            ("sequencing_runs", ("run", "movie")),
            ("flow_cells", ("flow_cell",)),
            ("lanes", ("lane",)),
        ):
            values[name] = _listed(seen, parts) or values[name]
        return values

    def tables(self, facts: Facts) -> dict[str, Table]:
        """``instrument_runs``: a row a platform, instrument, run, flow cell and lane; none where nothing is known."""
        seen = [(origin, count) for origin, count in self._seen() if origin.platform]
        if not seen:
            return {}
        others = facts.read_count - sum(count for _, count in seen)
        rows = [*seen, *([(NO_ORIGIN, others)] if others > 0 else [])]
        return {
            "instrument_runs": {
                "platform": [origin.platform for origin, _ in rows],
                "instrument": [origin.instrument for origin, _ in rows],
                "run": [origin.run or origin.movie for origin, _ in rows],
                "flow_cell": [origin.flow_cell for origin, _ in rows],
                "lane": [origin.lane for origin, _ in rows],
                "reads": [count for _, count in rows],
            }
        }


def _declared_flow_cells(facts: Facts) -> dict[str, Value]:
    """Flow cells and models that @RG PU tells of a nanopore; nothing where it has none."""
    cells = sorted({str(group["PU"]) for group in facts.header.get("RG", ()) if group.get("PU")})
    models = {model for cell in cells for model in models_of(Origin(platform=NANOPORE, flow_cell=cell))[0]}
    if not models:
        return {}
    return {
        "flow_cells": ", ".join(cells),
        "instrument_model": " | ".join(sorted(models)),
        "instrument_confidence": "high" if len(models) == 1 else "medium",
    }


def _listed(seen: list[tuple[Origin, int]], parts: tuple[str, ...]) -> str | None:
    """``A00488 (1200), A00123 (7)``: what the names hold at ``parts``, with its reads, most first."""
    counts: Counter[str] = Counter()
    for origin, count in seen:
        for part in parts:
            if getattr(origin, part):
                counts[getattr(origin, part)] += count
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} ({count})" for name, count in ordered) or None
