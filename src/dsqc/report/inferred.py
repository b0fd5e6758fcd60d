"""Form against file, for the page of a run: what the form says, what the reads say, how sure, and why."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from dsqc.language import Text
from dsqc.report.render import both

Data = Mapping[str, Any]
TITLE = Text("Form against file", "신고한 값과 데이터의 비교")
ATTRIBUTES = {
    "platform": Text("Platform", "플랫폼"),
    "instrument_model": Text("Instrument model", "기기 모델"),
    "flow_cell": Text("Flow cell", "플로셀"),
    "run_date": Text("Day of the run", "시퀀싱 날짜"),
    "collection_date": Text("Collected before it was sequenced", "시퀀싱 전에 채취됨"),
    "quality_offset": Text("Offset of the qualities", "품질 기준값"),
    "quality_values": Text("Values of the qualities", "품질 값"),
    "library_layout": Text("Layout", "라이브러리 구성"),
    "read_length": Text("Read length", "리드 길이"),
    "cdna_read": Text("Place of the cDNA", "cDNA 위치"),
    "umi_barcode_read": Text("Place of the UMI", "UMI 위치"),
    "cell_barcode_read": Text("Place of the cell barcode", "세포 바코드 위치"),
    "spatial_barcode_read": Text("Place of the spatial barcode", "공간 바코드 위치"),
    "insert_size": Text("Length of the fragments", "절편 길이"),
    "read_count": Text("Number of reads", "리드 수"),
    "library_strategy": Text("Kind of library", "라이브러리 종류"),
    "sequencing_technique": Text("Single cells", "단일세포"),
    "target_gene": Text("Marker gene", "표지 유전자"),
    "adapters": Text("Adapters", "어댑터"),
    "read_strand": Text("Strandedness", "가닥 특이성"),
    "organism": Text("Organism", "생물종"),
    "gc": Text("GC of the genome", "유전체 GC 함량"),
    "reference": Text("Reference", "참조 유전체"),
    "sample_name": Text("Sample in the read groups", "리드 그룹의 시료"),
    "library_name": Text("Library in the read groups", "리드 그룹의 라이브러리"),
    "sex": Text("Sex", "성별"),
}
"""Names of the attributes, in the order of ``dsqc.judge.inferred``."""
ANSWERS = {
    "agree": (Text("agree", "일치"), "good"),
    "disagree": (Text("disagree", "불일치"), "bad"),
    "cannot tell": (Text("cannot tell", "알 수 없음"), "none"),
}
_SECTION = Markup(
    '<section id="inferred">\n<details{}><summary><h2>{}</h2> <span class="note">{}</span></summary>\n'
    "{}</details></section>\n"
)
_TABLE = Markup(
    '<div class="scroll"><table>\n<thead><tr><th>{}</th><th>{}</th><th>{}</th><th>{}</th><th class="number">{}</th>'
    "<th>{}</th></tr></thead>\n<tbody>\n{}</tbody></table></div>\n"
)
_ROW = Markup(
    '<tr><td>{}</td><td>{}</td><td>{}</td><td><span class="mark {}">{}</span></td><td class="number">{}</td>'
    '<td>{}<div class="place">{}</div></td></tr>\n'
)
_HEADINGS = (
    Text("Attribute", "항목"),
    Text("Form says", "신고한 값"),
    Text("Reads say", "리드가 말하는 값"),
    Text("Answer", "판단"),
    Text("Probability", "확률"),
    Text("Evidence", "근거"),
)


def inferred_section(verdict: Data, run_key: str) -> Markup:
    """The section of a run's page; empty where the verdict is older than inferences, or nothing was inferred.

    Args:
        verdict: content of ``verdict.json``.
        run_key: key of the run.
    """
    every: list[Data] = list(verdict.get("inferred") or ())
    rows: list[Data] = next((item["attributes"] for item in every if item["run_key"] == run_key), [])
    if not rows:
        return Markup("")
    number = {answer: sum(row["agreement"] == answer for row in rows) for answer in ANSWERS}
    told = Text(
        f"agree {number['agree']}, disagree {number['disagree']}, cannot tell {number['cannot tell']}",
        f"일치 {number['agree']}, 불일치 {number['disagree']}, 알 수 없음 {number['cannot tell']}",
    )
    ordered = sorted(rows, key=lambda row: list(ANSWERS).index(row["agreement"]) != 1)
    opened = Markup(" open") if number["disagree"] else Markup("")
    body = Markup("").join(map(_row, ordered))
    table = _TABLE.format(*(both(text) for text in _HEADINGS), body)
    return _SECTION.format(opened, both(TITLE), both(told), table)


def said(row: Data) -> Text:
    """An attribute in a sentence: ``Kind of library: form WGS, reads AMPLICON (98.4 %). 515F: 93 % [DSQC-D039]``."""
    name = ATTRIBUTES.get(row["attribute"]) or Text(row["attribute"], row["attribute"])
    form, reads = row["declared"] or "–", row["inferred"] or "–"
    sure = "" if row["probability"] is None else f" ({100 * row['probability']:.1f} %)"
    code = f" [{row['code']}]" if row["code"] else ""
    return Text(
        f"{name.en}: form {form}, reads {reads}{sure}. {row['evidence']}{code}",
        f"{name.ko}: 신고 {form}, 리드 {reads}{sure}. {row['evidence_ko']}{code}",
    )


def disagreement_count(verdict: Data, run_key: str) -> int:
    """Attributes of a run of which the reads say something else than the form."""
    every: list[Data] = list(verdict.get("inferred") or ())
    rows: list[Data] = next((item["attributes"] for item in every if item["run_key"] == run_key), [])
    return sum(row["agreement"] == "disagree" for row in rows)


def disagreements(rows: Sequence[Data]) -> Markup:
    """Table of attributes of several runs (each with its ``run_key``); empty for none."""
    if not rows:
        return Markup("")
    body = Markup("").join(_row(row, run_key=row["run_key"]) for row in rows)
    return _TABLE.format(*(both(text) for text in _HEADINGS), body)


def _row(row: Data, run_key: str = "") -> Markup:
    text, style = ANSWERS[row["agreement"]]
    name: Text | str = ATTRIBUTES.get(row["attribute"]) or str(row["attribute"])
    probability = "–" if row["probability"] is None else f"{100 * row['probability']:.1f} %"
    place = " ".join(part for part in (run_key, row["file"], row["code"]) if part)
    return _ROW.format(
        both(name),
        row["declared"] or "–",
        row["inferred"] or "–",
        style,
        both(text),
        probability,
        both(Text(row["evidence"], row["evidence_ko"])),
        place,
    )
