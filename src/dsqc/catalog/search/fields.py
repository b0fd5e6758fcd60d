"""What a query can ask about: every field with its column, and every metric by its id."""

import difflib
import functools
import math
import re
from dataclasses import dataclass
from enum import Enum

from dsqc.catalog.models import WIDE_METRICS
from dsqc.language import Text

METRIC_PREFIX = "metric."
"""Before the id of a metric that a field is called like: ``metric.instrument_model``."""
_NUMBER = re.compile(r"([+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)([kKMGT%]?)")
_UNITS = {"": 1.0, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "%": 0.01}
_DATE = re.compile(r"[0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2})?)?")


class Kind(Enum):
    """How the value of a field is read and compared."""

    WORD = "word"
    DATE = "date"
    NUMBER = "number"
    NAME = "name"
    CHECKSUM = "checksum"
    METRIC = "metric"
    TEXT = "text"
    FINDING = "finding"

    @property
    def has_order(self) -> bool:
        """Whether ``<``, ``>`` and ranges make sense."""
        return self in (Kind.DATE, Kind.NUMBER, Kind.METRIC)


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that can be asked.

    Attributes:
        column: of ``run_search``; with ``submission.`` before it, of that table; of a NAME, the table itself.
        example: how it is asked.
        is_measured: of the data, so never told of closed submissions.
        is_inner: of the station's work; found with ``--all`` only.
    """

    name: str
    kind: Kind
    column: str
    description: Text
    example: str
    aliases: tuple[str, ...] = ()
    is_measured: bool = False
    is_inner: bool = False

    @property
    def is_facet(self) -> bool:
        """Whether runs can be counted by it."""
        return self.kind is Kind.WORD and not self.is_inner


FIELDS: tuple[Field, ...] = (
    Field("organism", Kind.WORD, "organism", Text("scientific name, or NCBI taxonomy id", "학명 또는 NCBI 분류 번호"),
          'organism:"Oryza sativa"'),
    Field("taxon", Kind.NUMBER, "taxonomy_id", Text("NCBI taxonomy id", "NCBI 분류 번호"), "taxon:4530",
          ("taxonomy_id",)),
    Field("collected", Kind.DATE, "collection_date", Text("when the sample was collected", "시료 채취일"),
          "collected:2020..2023-06", ("collection_date",)),
    Field("place", Kind.WORD, "geo_loc_name", Text("where the sample was collected", "시료 채취 장소"),
          'place:"South Korea"*', ("geo_loc_name",)),
    Field("field", Kind.WORD, "research_field", Text("research field (dsqc form list)", "연구 분야(dsqc form list)"),
          "field:ID", ("research_field",)),
    Field("package", Kind.WORD, "package", Text("BioSample package", "BioSample 패키지"), "package:Plant_fungi"),
    Field("centre", Kind.WORD, "data_centre", Text("data centre", "데이터 센터"), "centre:NABIC",
          ("data_centre", "center")),
    Field("ministry", Kind.WORD, "ministry", Text("ministry of the project", "과제의 부처"), "ministry:RDA"),
    Field("data_type", Kind.WORD, "data_type", Text("data type of the project", "과제의 데이터 유형"),
          'data_type:"Raw sequence reads"'),
    Field("platform", Kind.WORD, "platform", Text("sequencing platform", "시퀀싱 플랫폼"), "platform:ILLUMINA"),
    Field("instrument", Kind.WORD, "instrument_model", Text("instrument model", "장비 모델"),
          'instrument:"Illumina NovaSeq"*', ("instrument_model",)),
    Field("strategy", Kind.WORD, "library_strategy", Text("library strategy", "라이브러리 전략"), "strategy:RNA-Seq",
          ("library_strategy",)),
    Field("source", Kind.WORD, "library_source", Text("library source", "라이브러리 출처"), "source:TRANSCRIPTOMIC",
          ("library_source",)),
    Field("selection", Kind.WORD, "library_selection", Text("library selection", "라이브러리 선택법"),
          "selection:RANDOM", ("library_selection",)),
    Field("layout", Kind.WORD, "library_layout", Text("SINGLE or PAIRED", "SINGLE 또는 PAIRED"), "layout:PAIRED",
          ("library_layout",)),
    Field("file_type", Kind.WORD, "file_type", Text("type of the run's files", "런 파일의 종류"), "file_type:fastq"),
    Field("run_date", Kind.DATE, "run_date", Text("when the run was sequenced", "시퀀싱한 날"), "run_date:>=2024",
          ()),
    Field("project", Kind.NAME, "project", Text("accession or alias of a project", "과제의 등록번호나 별칭"),
          "project:KAP000001"),
    Field("sample", Kind.NAME, "sample", Text("accession or name of a sample", "시료의 등록번호나 이름"),
          "sample:KAS00000001"),
    Field("experiment", Kind.NAME, "experiment", Text("accession or library id", "등록번호나 라이브러리 ID"),
          "experiment:KAE00000001", ("library",)),
    Field("run", Kind.NAME, "run", Text("accession or alias of a run", "런의 등록번호나 별칭"), "run:KAR00000001"),
    Field("submission", Kind.NAME, "submission", Text("accession or alias of a submission", "제출의 등록번호나 별칭"),
          "submission:KRA00000001"),
    Field("access", Kind.WORD, "submission.access_level", Text("open or closed", "open(공개) 또는 closed(비공개)"),
          "access:open", ("access_level",)),
    Field("state", Kind.WORD, "submission.state", Text("state of the submission", "제출의 상태"), "state:released"),
    Field("release_date", Kind.DATE, "submission.release_date", Text("release date of the submission", "공개일"),
          "release_date:2026..", ()),
    Field("file", Kind.NAME, "data_file", Text("name of a data file", "데이터 파일 이름"), "file:leaf_R1*",
          is_measured=True),
    Field("checksum", Kind.CHECKSUM, "data_file", Text("MD5 or SHA-256 of a data file", "파일의 MD5 또는 SHA-256"),
          "checksum:d41d8cd98f00b204e9800998ecf8427e", ("md5", "sha256"), is_measured=True),
    Field("size", Kind.NUMBER, "size_bytes", Text("bytes of all files of the run", "런의 파일 크기 합(바이트)"),
          "size:>10G", ("size_bytes",), is_measured=True),
    Field("files", Kind.NUMBER, "file_count", Text("files of the run", "런의 파일 수"), "files:2", ("file_count",),
          is_measured=True),
    Field("text", Kind.TEXT, "", Text("found in titles, names, descriptions and attributes, in any case",
                                      "제목·이름·설명·속성에 든 글(대소문자 무시)"), "text:가뭄"),
    Field("finding", Kind.FINDING, "finding", Text("code of a finding of the submission (--all)",
                                                   "제출의 검증 코드(--all)"), "finding:DSQC-P008", is_inner=True),
    Field("verdict", Kind.WORD, "submission.verdict", Text("pass, review or fail (--all)", "판정(--all)"),
          "verdict:review", is_inner=True),
)  # fmt: skip
"""Every field but the metrics, in the order of the help."""
METRIC_ALIASES = {
    "q20": "frac_bases_q20",
    "q30": "frac_bases_q30",
    "reads": "read_count",
    "bases": "base_count",
    "length": "length_mean",
    "n50": "length_n50",
    "gc": "gc_fraction",
    "phred": "mean_phred",
    "coverage": "coverage_mean",
    "mapped": "frac_mapped",
    "duplicates": "frac_duplicates",
}
"""Short names of metrics that are asked for often."""
_BY_NAME = {name: item for item in FIELDS for name in (item.name, *item.aliases)}


def find_field(name: str) -> Field | None:
    """The field or metric called ``name``, in any case; ``None`` where there is none."""
    folded = name.casefold()
    if folded in _BY_NAME:
        return _BY_NAME[folded]
    metric = METRIC_ALIASES.get(folded, folded.removeprefix(METRIC_PREFIX))
    return _metric_field(metric) if metric in WIDE_METRICS or metric in metric_names() else None


def _metric_field(metric: str) -> Field:
    name = f"{METRIC_PREFIX}{metric}" if metric in _BY_NAME else metric
    return Field(name, Kind.METRIC, metric, Text(metric, metric), f"{name}:1", is_measured=True)


@functools.cache
def metric_names() -> frozenset[str]:
    """The ids of all metrics (``dsqc metrics``)."""
    from dsqc.metrics.catalogue import METRICS  # It brings numpy with it.

    return frozenset(METRICS)


def is_text_metric(metric: str) -> bool:
    """Whether the values of a metric are words."""
    from dsqc.metrics.catalogue import METRICS

    return METRICS[metric].unit == "text"


def facet_names() -> tuple[str, ...]:
    """Fields that runs can be counted by."""
    return tuple(item.name for item in FIELDS if item.is_facet)


def near_names(name: str) -> list[str]:
    """Names of fields and metrics that look like ``name``."""
    known = [*_BY_NAME, *METRIC_ALIASES, *sorted(metric_names())]
    return difflib.get_close_matches(name.casefold(), known, n=3, cutoff=0.6)


def number_of(text: str) -> float | None:
    """``0.8``, ``80%``, ``10G`` (decimal units) as a number; ``None`` where it is none, or too large."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    value = float(match.group(1)) * _UNITS[match.group(2)]
    return value if math.isfinite(value) else None


def value_problem(field: Field, sign: str, value: str, *, is_prefix: bool = False) -> str:
    """Why ``value`` cannot be asked of ``field``; empty where it can."""
    if sign != ":" and not field.kind.has_order:
        return f"{field.name} has no order: write {field.example}"
    if is_prefix and not value:
        return ""
    ordered = sign != ":" or not is_prefix
    problem = ""
    if field.kind is Kind.DATE and not _DATE.fullmatch(value) and ordered:
        problem = f"{field.name} wants a date such as 2023, 2023-06 or 2023-06-01"
    elif field.kind is Kind.NUMBER and number_of(value) is None:
        problem = f"{field.name} wants a number such as {field.example.partition(':')[2].lstrip('<>=')}"
    elif field.kind is Kind.METRIC and sign != ":" and number_of(value) is None:
        problem = f"{field.name} is compared with a number, such as {field.name}{sign}0.8"
    elif field.kind in (Kind.NUMBER, Kind.METRIC) and is_prefix and number_of(value) is not None:
        problem = f"{field.name} is a number: write a range such as {field.name}:1..10"
    elif not value:
        problem = f"{field.name} wants a value, such as {field.example}"
    return problem
