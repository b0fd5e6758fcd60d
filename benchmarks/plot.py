"""The plot of the README: how long each program takes, as times of decompression alone (or of walking a BAM).

  python benchmarks/plot.py results.jsonl benchmarks/speed.svg

One SVG without scripts or fonts of its own; it brings its background, and another one for dark pages. dsqc differs from
its peers by lightness and by weight of the text, not by hue alone.
"""

import argparse
import sys
from collections.abc import Sequence
from html import escape
from pathlib import Path

from results import Line, is_limit, name_of, pace, ranking, read
from topics import TOPICS

PANELS = ("qc_fastq_binned", "qc_fastq_40", "qc_nanopore", "qc_bam")
WIDTH, MARGIN, GAP = 1000, 24, 40
NAMES, VALUES = 192, 92
"""Room for names on the left of the bars and for values on their right."""
ROW, BAR, HEAD, FOOT = 24, 15, 54, 30
LONGEST = 1.5
"""A bar may be so many times as long as the next; a longer one is broken, so that the others can be told apart."""
LEFT_OUT = ("quickcheck",)
"""Looks at a file's two ends only."""
STYLE = """
text{font:13px system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif;fill:#1f2328}
.card{fill:#fff;stroke:#d1d9e0}.title{font-weight:600;font-size:14px}.small{font-size:12px;font-weight:400;fill:#59636e}
.peer{fill:#a3adb8}.dsqc{fill:#0b5cad}.name.own{font-weight:600}
.limit{stroke:#c2410c;stroke-width:1.5;stroke-dasharray:4 3}
.break{stroke:#fff;stroke-width:3}.limit-text{fill:#c2410c;font-size:12px}.value{font-variant-numeric:tabular-nums}
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.card{fill:#0d1117;stroke:#30363d}.small{fill:#9198a1}
.peer{fill:#5b6673}.dsqc{fill:#58a6ff}.break{stroke:#0d1117}.limit{stroke:#f0883e}.limit-text{fill:#f0883e}}
"""


def panel(rows: Sequence[Line], topic: str, left: float, top: float, width: float) -> list[str]:
    """One topic: a bar a program, fastest first, and a line where the limit stands."""
    limit = next((line["limit"] for line in rows if line.get("limit")), "")
    bars = [line for line in rows if not is_limit(line) and line["tool"] not in LEFT_OUT]
    start, room = left + NAMES, width - NAMES - VALUES
    paces = sorted(pace(line) for line in bars)
    most = min(paces[-1], LONGEST * paces[-2]) if len(paces) > 1 else paces[-1]
    at_one = start + room / most
    bottom = top + HEAD + ROW * len(bars)
    parts = [
        _text("title", left, top + 16, escape(TOPICS[topic].title)),
        _text("limit-text", at_one, top + 40, f"{escape(limit)} = 1"),
    ]
    for number, line in enumerate(bars):
        y = top + HEAD + ROW * number
        length = room * min(pace(line), most) / most
        own = line["tool"] == "dsqc"
        bold = " own" if own else ""
        parts.append(_text(f"name{bold}", start - 8, y + 12, escape(name_of(line)), "end"))
        size = f'x="{start:.1f}" y="{y:.1f}" width="{length:.1f}" height="{BAR}" rx="2"'
        parts.append(f'<rect class="{"dsqc" if own else "peer"}" {size}/>')
        if pace(line) > most:
            at = start + length * 0.9
            parts.append(f'<path class="break" d="M{at:.1f} {y - 2:.1f}l-6 {BAR + 4}m7 0l6 -{BAR + 4}"/>')
        seconds = f'<tspan class="small" dx="5">{line["wall_s"]["median"]:.1f} s</tspan>'
        parts.append(_text(f"value name{bold}", start + length + 6, y + 12, f"{pace(line):.1f}×{seconds}"))
    parts.append(f'<path class="limit" d="M{at_one:.1f} {top + 45:.1f}V{bottom:.1f}"/>')
    return parts


def _text(style: str, x: float, y: float, content: str, anchor: str = "start") -> str:
    return f'<text class="{style}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{content}</text>'


def draw(lines: Sequence[Line]) -> str:
    """The whole plot; topics that were not measured are left out."""
    shown = [(topic, ranking(lines, topic)) for topic in PANELS]
    shown = [(topic, rows) for topic, rows in shown if any(not is_limit(line) for line in rows)]
    width = (WIDTH - 2 * MARGIN - GAP) / 2
    parts, top = [], float(MARGIN)
    for first in range(0, len(shown), 2):
        pair = shown[first : first + 2]
        for column, (topic, rows) in enumerate(pair):
            parts += panel(rows, topic, MARGIN + column * (width + GAP), top, width)
        top += HEAD + ROW * (max(len(rows) for _, rows in pair) - 1) + 16
    height = top + FOOT
    note = (
        "Wall time of whole processes as times of the limit (dashed), measured beside it; medians. "
        "Shorter is better; a bar with a gap is longer than drawn."
    )
    words = "; ".join(
        f"{TOPICS[topic].title}: " + ", ".join(f"{name_of(line)} {pace(line):.1f}" for line in rows)
        for topic, rows in shown
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" '
        f'height="{height:.0f}" aria-labelledby="t d"><title id="t">How long dsqc and its peers take</title>'
        f'<desc id="d">{escape(words)}.</desc><style>{STYLE}</style>'
        f'<rect class="card" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1:.0f}" rx="8"/>'
        + "".join(parts)
        + _text("small", MARGIN, height - 16, escape(note))
        + "</svg>\n"
    )


def main() -> int:
    """Write the plot."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path)
    parser.add_argument("svg", type=Path)
    args = parser.parse_args()
    args.svg.write_text(draw(read(args.results)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
