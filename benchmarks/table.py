"""Markdown tables out of measured lines.

python benchmarks/table.py results.jsonl                     all topics, on standard output
python benchmarks/table.py results.jsonl --into README.md    between `<!-- benchmarks -->` and `<!-- /benchmarks -->`
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from results import Line, is_limit, ours, pace, ranking, read
from topics import TOPICS

START, END = "<!-- benchmarks -->", "<!-- /benchmarks -->"
README_TOPICS = ("qc_fastq_binned", "qc_fastq_40", "qc_nanopore", "qc_bam", "qc_cram")


def size_of(line: Line) -> str:
    """How much was read, for a heading."""
    file = line["file"]
    if not file["reads"]:
        return ""
    text = f", {file['text_bytes'] / 1e6:,.0f} MB of text" if file["text_bytes"] else ""
    return f"{file['reads']:,} reads{text}, {file['stored_bytes'] / 1e6:,.0f} MB stored"


def topic_table(lines: Sequence[Line], topic: str) -> str:
    """One topic; empty where nothing was measured."""
    parts = []
    rows = ranking(lines, topic)
    for name in dict.fromkeys(line["file"]["name"] for line in rows):
        parts.append(_file_table([line for line in rows if line["file"]["name"] == name], topic))
    missing = [line for line in lines if line["topic"] == topic and "missing" in line]
    if parts and missing:
        parts.append("Not measured: " + "; ".join(f"{line['label']} ({line['missing']})" for line in missing) + ".\n")
    return "\n".join(parts)


def _file_table(rows: Sequence[Line], topic: str) -> str:
    limit = rows[0].get("limit") or ""
    base = ours(rows)
    heads = ["program", "threads", "wall s", "min–max", "CPU s", "peak MiB"]
    heads += [f"times `{limit}`"] if limit else []
    heads += ["times dsqc"] if base else []
    table = [heads, ["---"] + ["---:"] * (len(heads) - 1)]
    for line in rows:
        wall = line["wall_s"]
        name = f"{line['label']} {line['version']}"
        cells = [
            f"**{name}**" if line["tool"] == "dsqc" else f"*{name}*" if is_limit(line) else name,
            str(line["threads"] or "–"),
            f"{wall['median']:.2f}",
            f"{wall['min']:.2f}–{wall['max']:.2f}",
            f"{line['cpu_s']['median']:.2f}",
            f"{line['peak_mib']:.0f}",
        ]
        cells += [f"{line['ratio']['median']:.2f}"] if limit else []
        cells += [f"{pace(line) / pace(base):.2f}"] if base else []
        table.append(cells)
    size = size_of(rows[0])
    title = f"**{TOPICS[topic].title}**" + (f" ({size})" if size else "")
    return title + "\n\n" + "\n".join(f"| {' | '.join(cells)} |" for cells in table) + "\n"


def kernel_table(lines: Sequence[Line]) -> str:
    """The kernels topic."""
    parts = []
    chosen = [line for line in lines if line["topic"] == "kernels"]
    for name in dict.fromkeys(line["file"]["name"] for line in chosen):
        rows = [line for line in chosen if line["file"]["name"] == name]
        table = ["| kernel | calls | CPU s | of the run | gigabases a second |", "| --- | ---: | ---: | ---: | ---: |"]
        for line in sorted(rows, key=lambda line: -line["kernel_cpu_s"]):
            pace_text = f"{line['gigabases_per_s']:.2f}" if line["gigabases_per_s"] else "–"
            share = line["kernel_cpu_s"] / line["run_cpu_s"]
            table.append(
                f"| `{line['kernel']}` | {line['calls']:,} | {line['kernel_cpu_s']:.2f} | {share:.0%} | {pace_text} |"
            )
        parts.append(f"**kernels in memory**: {name} ({size_of(rows[0])})\n\n" + "\n".join(table) + "\n")
    return "\n".join(parts)


def machine_line(lines: Sequence[Line]) -> str:
    """Where and with what it was measured."""
    facts = lines[-1]["machine"]
    return (
        f"{facts['cpu']}, {facts['cores']} cores, {facts['memory_gib']:.0f} GiB; {facts['system']}; "
        f"Python {facts['python']}. Medians of {lines[0].get('rounds', '–')} rounds (slow programs fewer), whole "
        "processes, each beside its limit in the same run; start-up included.\n"
    )


def document(lines: Sequence[Line], topics: Sequence[str]) -> str:
    """All tables of ``topics``, the machine behind them."""
    parts = [kernel_table(lines) if topic == "kernels" else topic_table(lines, topic) for topic in topics]
    return "\n".join([*(part for part in parts if part), machine_line(lines)])


def main() -> int:
    """Print, or put into a file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path)
    parser.add_argument(
        "--topics", nargs="+", choices=list(TOPICS), help="default: all; for --into those of the README"
    )
    parser.add_argument("--into", type=Path, metavar="FILE")
    args = parser.parse_args()
    lines = read(args.results)
    if not args.into:
        print(document(lines, args.topics or list(TOPICS)))
        return 0
    text = args.into.read_text(encoding="utf-8")
    if text.count(START) != 1 or text.count(END) != 1:
        print(f"table.py: {args.into} needs one {START} and one {END}", file=sys.stderr)
        return 2
    before, rest = text.split(START)
    after = rest.split(END)[1]
    made = document(lines, args.topics or README_TOPICS)
    args.into.write_text(f"{before}{START}\n{made}{END}{after}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
