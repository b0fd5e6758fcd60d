"""Where a run stands among runs like it, for its page: percentiles by metric, those furthest from the middle first."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from dsqc.language import Text
from dsqc.metrics.catalogue import METRICS
from dsqc.report.render import both, quantity

FAR = 2.5
"""Percentiles from either end that are marked."""
Data = Mapping[str, Any]
TITLE = Text("Among runs like it", "같은 종류 런과의 비교")
_SECTION = Markup(
    '<section id="peers">\n<details{}><summary><h2>{}</h2> <span class="note">{}</span></summary>\n'
    '<div class="scroll"><table>\n<thead><tr><th>{}</th><th class="number">{}</th><th class="number">{}</th>'
    '<th class="number">{}</th></tr></thead>\n<tbody>\n{}</tbody></table></div>\n</details></section>\n'
)
_ROW = Markup('<tr><td>{}</td><td class="number">{}</td><td class="number">{}</td><td class="number">{}</td></tr>\n')


def peers_section(verdict: Data, run_key: str) -> Markup:
    """The section of a run's page; empty where the verdict is older than comparisons.

    Args:
        verdict: content of ``verdict.json``.
        run_key: key of the run.
    """
    if "reference" not in verdict:
        return Markup("")
    found = next((row for row in verdict["peers"] if row["run_key"] == run_key), None)
    if verdict["reference"] is None:
        return _only(
            Text("Not compared: the station has no reference yet.", "비교하지 않음: 참조 분포가 아직 없습니다.")
        )
    if found is None or not found["metrics"]:
        least = verdict["reference"]["minimum_runs"]
        english = f"Not compared: the reference knows fewer than {least} runs of this platform, strategy and field."
        return _only(Text(english, f"비교하지 않음: 같은 플랫폼·전략·분야의 런이 {least}개 미만입니다."))
    rows = sorted(found["metrics"], key=lambda row: (min(row["percentile"], 100 - row["percentile"]), row["metric"]))
    is_far = min(rows[0]["percentile"], 100 - rows[0]["percentile"]) < FAR
    version = verdict["reference"]["version"]
    kind = f"{found['platform']} · {found['library_strategy']} · {found['research_field']}"
    told = Text(f"{kind}; reference {version}", f"{kind}; 참조 분포 {version}")
    headings = (Text("Metric", "지표"), Text("Value", "값"), Text("Percentile", "백분위"), Text("of runs", "비교한 런"))
    body = Markup("").join(_row(row) for row in rows)
    opened = Markup(" open") if is_far else ""
    return _SECTION.format(opened, both(TITLE), both(told), *(both(text) for text in headings), body)


def _only(text: Text) -> Markup:
    return Markup('<section id="peers">\n<h2>{}</h2>\n<p class="note">{}</p>\n</section>\n').format(
        both(TITLE), both(text)
    )


def _row(row: Data) -> Markup:
    metric = METRICS.get(row["metric"])
    percentile = f"{row['percentile']:.3g}"
    shown = Markup('<span class="mark fair">{}</span>').format(percentile) if _is_far(row) else percentile
    name = both(metric.name) if metric else row["metric"]
    value = quantity(row["value"], metric.unit if metric else "count")
    return _ROW.format(name, value, shown, f"{row['run_count']:,}")


def _is_far(row: Data) -> bool:
    return bool(min(row["percentile"], 100 - row["percentile"]) < FAR)
