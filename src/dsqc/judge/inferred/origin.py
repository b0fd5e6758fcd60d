"""Where and when reads were made: platform, instrument, flow cell, day, and how qualities are written."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from dsqc.judge.declared import KNOWN_MODEL, is_same_platform, seen_flow_cells
from dsqc.judge.inferred.model import Agreement, FileResult, Inference, RunResult, compare, says
from dsqc.language import Text

DAY = timedelta(days=1)
LONGEST_RUN = timedelta(days=5)
"""From the start of a run to the day that people write for it."""
EARLIEST = date(2010, 1, 1)
"""Earlier dates are those of a clock that was not set."""
LAST_OF_RS = date(2019, 12, 31)
"""Of the instruments that begin a movie's name with the day."""
_SEQUEL = re.compile(r"m\d{5}[eU]?_(\d{2})(\d{2})(\d{2})_\d{6}", re.ASCII)
_RS = re.compile(r"m(\d{2})(\d{2})(\d{2})_\d{6}_", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_PART_OF_DATE = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?", re.ASCII)

FOUR_VALUES = ({12, 23, 37}, {11, 25, 37}, {9, 24, 40})
"""Qualities that RTA3 and later write, beside 2 (or 0) for bases without a call."""
WITHOUT_CALL = {0, 2}
FOUR_VALUE_MODELS = frozenset(
    {"Illumina NovaSeq 6000", "Illumina NovaSeq X", "Illumina NovaSeq X Plus", "NextSeq 1000", "NextSeq 2000"}
    | {"Illumina MiSeq i100", "Illumina MiSeq i100 Plus"}
)
FINE_MODELS = frozenset(
    {"Illumina MiSeq", "Illumina HiScanSQ", "Illumina Genome Analyzer", "Illumina Genome Analyzer II"}
    | {"Illumina Genome Analyzer IIx", "Illumina HiSeq 1000", "Illumina HiSeq 1500", "Illumina HiSeq 2000"}
    | {"Illumina HiSeq 2500", "Illumina HiSeq 3000", "Illumina HiSeq 4000", "HiSeq X Five", "HiSeq X Ten"}
    | {"NextSeq 500", "NextSeq 550", "Illumina iSeq 100", "Illumina MiniSeq"}
)
"""Models that never write only three or four qualities."""
FINE = 25
"""Different qualities that no instrument of few values writes."""


def infer_origin(run: RunResult) -> Iterator[Inference]:
    """Platform, model, flow cell, day of the run, offset and values of the qualities."""
    yield from _platform_and_model(run)
    yield from _flow_cell(run)
    yield from _day(run)
    yield from _offset(run)
    yield from _quality_values(run)


def _platform_and_model(run: RunResult) -> Iterator[Inference]:
    told, models = str(run.value("instrument_platform") or ""), str(run.value("instrument_model") or "")
    confidence = str(run.value("instrument_confidence") or "nothing")
    sure = confidence in KNOWN_MODEL
    seen = ", ".join(str(run.value(name)) for name in ("instrument_ids", "flow_cells") if run.value(name))
    evidence = Text(f"names of the reads: {confidence}; {seen}", f"리드 이름: {confidence}; {seen}")
    basis = f"names {confidence}"
    platform, model = run.experiment.get("platform", ""), run.experiment.get("instrument_model", "")
    if confidence == "mixed":
        told = models = ""
    same = is_same_platform(told, platform, sure=sure) if told and platform else None
    fits = model in models.split(" | ") if sure and models and says(model) and same else None
    for name, declared, inferred, equal in (
        ("platform", platform, told, same),
        ("instrument_model", model, models if sure else "", fits),
    ):
        yield Inference(
            name, declared, inferred, basis, compare(equal, name, basis, declared), evidence,
            "experiment", run.declared.experiment_row, name, "DSQC-D015",
        )  # fmt: skip


def _flow_cell(run: RunResult) -> Iterator[Inference]:
    cells = seen_flow_cells(str(run.value("flow_cells") or ""))
    declared = run.declared.attributes.get("flowcell_id", "")
    same = any(cell.casefold().endswith(declared.casefold()) for cell in cells) if cells and declared else None
    basis = "names"
    yield Inference(
        "flow_cell", declared, ", ".join(cells[:4]), basis, compare(same, "flow_cell", basis, declared),
        Text("names of the reads or @RG PU", "리드 이름 또는 @RG PU"),
        "run", run.declared.run.row, "flowcell_id", "DSQC-D015",
    )  # fmt: skip


def sequencing_day(run: RunResult) -> tuple[date, str, Text] | None:
    """The day on which sequencing began, the kind of evidence, and the evidence; None where nothing says it."""
    start = str(run.value("sequencing_start") or "")
    if _DAY.match(start) and (day := _date(start[:10])):
        return day, "start time", Text(f"first read started {start}", f"첫 리드 시작 {start}")
    for movie in str(run.value("sequencing_runs") or "").split(", "):
        found = _SEQUEL.match(movie) or _RS.match(movie)
        day = _date("20" + "-".join(found.groups())) if found else None
        if day and (_SEQUEL.match(movie) or day <= LAST_OF_RS):
            name = movie.partition(" ")[0]
            return day, "movie", Text(f"movie {name}", f"무비 {name}")
    return None


def _date(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day >= EARLIEST else None


def _day(run: RunResult) -> Iterator[Inference]:
    found = sequencing_day(run)
    declared = run.declared.attributes.get("run_date", "")
    collected = run.declared.sample.get("collection_date", "")
    if found is None:
        yield Inference(
            "run_date", declared, "", "", Agreement.UNKNOWN, Text("no date in the reads", "리드에 날짜가 없음"),
            "run", run.declared.run.row, "run_date", "DSQC-D033",
        )  # fmt: skip
        return
    day, basis, evidence = found
    wanted = _date(declared) if _DAY.fullmatch(declared) else None
    same = day - DAY <= wanted <= day + LONGEST_RUN if wanted else None
    yield Inference(
        "run_date", declared, day.isoformat(), basis, compare(same, "run_date", basis, declared), evidence,
        "run", run.declared.run.row, "run_date", "DSQC-D033",
    )  # fmt: skip
    first = earliest_day(collected)
    if first is not None:
        yield Inference(
            "collection_date", collected, f"≤ {day.isoformat()}", basis,
            compare(first <= day + DAY, "collection_date", basis, collected), evidence,
            "sample", run.declared.sample_row, "collection_date", "DSQC-D034",
        )  # fmt: skip


def earliest_day(text: str) -> date | None:
    """The first day that a date, a part of one or a range (``2021-05/2021-06``) may mean; None for anything else."""
    found = _PART_OF_DATE.fullmatch(text.partition("/")[0].strip())
    if not found:
        return None
    year, month, day = (int(part) if part else 1 for part in found.groups())
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _offset(run: RunResult) -> Iterator[Inference]:
    told = {int(item.number("quality_offset") or 0) for item in run.reads if item.is_fastq} - {0}
    declared = run.declared.attributes.get("phred_offset", "")
    seen = str(told.pop()) if len(told) == 1 else ""
    same = seen == (declared or "33") if seen else None
    basis = "range of the qualities"
    agreement = Agreement.UNKNOWN if same is None else Agreement.AGREE if same else Agreement.DISAGREE
    name = str(run.value("quality_encoding") or "")
    yield Inference(
        "quality_offset", declared, seen, basis, agreement,
        Text(name, name), "run", run.declared.run.row, "phred_offset", "DSQC-D007",
    )  # fmt: skip


def _quality_values(run: RunResult) -> Iterator[Inference]:
    """Few values are those of certain models; a serial number in the names outweighs them: files are rewritten."""
    declared = run.experiment.get("instrument_model", "")
    models = str(run.value("instrument_model") or "").split(" | ")
    file = next((item for item in run.reads if item.is_fastq and item.number("quality_levels")), None)
    if file is None:
        return
    kind, shown = _values_of(file)
    same: bool | None = None
    if kind == "four values":
        same = True if declared in FOUR_VALUE_MODELS else False if declared in FINE_MODELS else None
    elif kind == "many values":
        same = True if declared in FINE_MODELS else False if declared in FOUR_VALUE_MODELS else None
    named = models != [""]
    if same is False and not (declared not in models if named else kind == "four values" and _names_are_known(run)):
        same = None  # the model stands in the names, or somebody wrote names and qualities anew
    yield Inference(
        "quality_values", declared, shown if kind else "", kind, compare(same, "quality_values", kind, declared),
        Text(f"different qualities: {shown}", f"서로 다른 품질 값: {shown}"),
        "experiment", run.declared.experiment_row, "instrument_model", "DSQC-D035", file.name,
    )  # fmt: skip


def _names_are_known(run: RunResult) -> bool:
    return str(run.value("instrument_confidence")) == "low"


def _values_of(file: FileResult) -> tuple[str, str]:
    levels = int(file.number("quality_levels") or 0)
    text = str(file.metrics.get("quality_values") or "")
    seen = {int(part) for part in text.split(", ")} - WITHOUT_CALL if text else set()
    if any(seen == those for those in FOUR_VALUES):
        return "four values", text
    if levels >= FINE:
        return "many values", f"{levels}"
    return "", text or f"{levels}"
