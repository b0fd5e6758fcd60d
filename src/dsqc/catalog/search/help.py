"""The query language explained from what it knows: fields, their examples, the short names of metrics."""

from collections.abc import Iterator

from dsqc.catalog.search.fields import FIELDS, METRIC_ALIASES, Kind
from dsqc.language import Language, Text

SYNTAX: tuple[tuple[str, Text], ...] = (
    ("field:value", Text("runs whose field is the value, in any case", "필드 값이 같은 런(대소문자 무시)")),
    (
        'field:"two words"',
        Text('quotes hold a value together; \\" inside', '빈칸이 있으면 따옴표로 묶음; 안에서는 \\"'),
    ),
    ("field:begin*", Text("the value begins so; field:* has any value", "값의 앞부분; field:* 는 값이 있는 것")),
    ("q30>=0.8  q30>=80%  size>10G", Text("< <= > >= of numbers and dates", "수와 날짜의 < <= > >=")),
    (
        "collected:2020..2023",
        Text("a range, both ends included; 2020.. is open", "범위(양 끝 포함); 2020.. 은 열린 범위"),
    ),
    ("drought  가뭄", Text("words in titles, names, descriptions, attributes", "제목·이름·설명·속성에 든 말")),
    ("a b   a AND b", Text("both", "둘 다")),
    ("a OR b", Text("one of them; AND binds closer", "둘 중 하나; AND가 먼저 묶임")),
    ("-a   NOT a   field!=value", Text("not (a query that begins with - needs a space or NOT)", "아닌 것")),
    ("(a OR b) c", Text("parentheses group", "괄호로 묶음")),
)
EXAMPLES = (
    'organism:"Oryza sativa" package:Plant_fungi collected:2020..2023 q30>=0.8 -platform:ILLUMINA',
    "(platform:OXFORD_NANOPORE OR platform:PACBIO_SMRT) n50>20k access:open",
    '가뭄 place:"South Korea"* strategy:RNA-Seq',
)


def help_text(language: Language) -> str:
    """Everything that a query can say."""
    return "\n".join(_lines(language)) + "\n"


def _lines(language: Language) -> Iterator[str]:
    yield Text(
        "dsqc catalog search 'QUERY': runs that the query describes.", "dsqc catalog search '검색식': 런 검색."
    ).get(language)
    yield ""
    yield Text("What it may say:", "쓸 수 있는 식:").get(language)
    yield from (f"  {form:32}{text.get(language)}" for form, text in SYNTAX)
    yield ""
    yield Text("Fields:", "필드:").get(language)
    for item in FIELDS:
        order = "" if not item.kind.has_order else Text(" [< > ..]", " [< > ..]").get(language)
        yield f"  {item.name:14}{item.description.get(language)}{order}  ({item.example})"
        if item.aliases and item.kind is not Kind.CHECKSUM:
            also = Text("also", "또는").get(language)
            yield f"  {'':14}{also} {', '.join(item.aliases)}"
    yield ""
    yield Text(
        "Metrics: every id of `dsqc metrics`, such as gc_fraction<0.6; these have short names:",
        "지표: `dsqc metrics`의 모든 ID(예: gc_fraction<0.6). 짧은 이름:",
    ).get(language)
    yield from (f"  {short:14}{metric}" for short, metric in METRIC_ALIASES.items())
    yield ""
    yield Text(
        "Files, checksums, sizes and metrics are asked of open data only; --all (the station's people) asks of all.",
        "파일·체크섬·크기·지표는 공개 데이터에 대해서만 검색됨. --all(스테이션 담당자)은 전체.",
    ).get(language)
    yield ""
    yield Text("Examples:", "예:").get(language)
    yield from (f"  dsqc catalog search '{example}'" for example in EXAMPLES)
