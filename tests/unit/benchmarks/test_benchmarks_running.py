"""Measuring processes, judging what was measured, showing it."""

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import bars
import pytest
import results
import sweeps
from files import CATALOGUE
from measure import CommandError, in_pairs, run_once
from plot import draw
from table import document, topic_table
from topics import TOPICS

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"


def line(tool: str, threads: int, ratio: float | None, wall: float, **more: Any) -> dict[str, Any]:
    """A measured line as run.py writes it."""
    spread = {"median": wall, "min": wall, "max": wall}
    file = {"name": "a.fastq.gz", "reads": 10, "bases": 1500, "text_bytes": 3000, "stored_bytes": 900}
    return {
        "topic": "qc_fastq_binned",
        "size": "full",
        "file": file,
        "tool": tool,
        "label": tool,
        "version": "1.0",
        "threads": threads,
        "rounds": 5,
        "wall_s": spread,
        "cpu_s": spread,
        "peak_mib": 150.0,
        "limit": "igzip" if ratio else "",
        "ratio": ratio and {"median": ratio, "min": ratio, "max": ratio},
        "machine": {"cpu": "a processor", "cores": 2, "memory_gib": 8.0, "system": "a system", "python": "3.11"},
    } | more


MEASURED = [
    line("dsqc", 2, 2.0, 2.0),
    line("fastqc", 1, 22.0, 22.0),
    line("sequali", 2, 5.0, 5.0),
    line("igzip", 1, 1.0, 1.0),
]


def test_a_process_is_accounted_for_without_its_parent() -> None:
    held = bytearray(200 << 20)
    measured = run_once([sys.executable, "-I", "-S", "-c", "sum(range(100_000))"])
    assert len(held) > 0
    assert measured.cpu_s > 0
    assert measured.wall_s > 0
    assert 1 < measured.peak_mib < 100


def test_memory_of_a_process_is_seen() -> None:
    assert run_once([sys.executable, "-c", "len(bytes(range(256)) * (1 << 20))"]).peak_mib > 256


def test_memory_of_two_processes_is_added_up() -> None:
    hold = "import time; held = bytes(range(256)) * (1 << 18); time.sleep(0.5)"
    both = f"import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', {hold!r}]); {hold}; child.wait()"
    assert run_once([sys.executable, "-c", both]).peak_mib > 2 * 64


@pytest.mark.parametrize(
    ("command", "timeout", "message"),
    [
        ([sys.executable, "-c", "import sys; sys.exit('it broke')"], 60, "ended with 1: it broke"),
        (["/bin/sleep", "600"], 1, "was ended after 1 s"),
    ],
)
def test_a_program_that_fails_is_an_error(command: list[str], timeout: int, message: str) -> None:
    with pytest.raises(CommandError, match=message):
        run_once(command, timeout)


def test_pairs_run_in_alternating_order(tmp_path: Path) -> None:
    log = tmp_path / "log"

    def note(text: str) -> list[str]:
        return ["/bin/sh", "-c", f"printf {text} >> {log}"]

    pair = in_pairs(note("r"), note("l"), 3, warm_up=True)
    assert log.read_text() == "rl" + "lr" + "rl" + "lr"
    assert len(pair.ratios) == 3


def test_bars_are_reached_or_not() -> None:
    wanted = [
        {"topic": "qc_fastq_binned", "tool": "dsqc", "threads": 2, "measure": "ratio", "at_most": 2.4, "aim": 1.8},
        {"topic": "qc_fastq_binned", "tool": "fastqc", "measure": "times_dsqc", "at_least": 10.0},
        {"topic": "qc_fastq_binned", "tool": "sequali", "measure": "times_dsqc", "at_least": 3.0},
        {"topic": "qc_fastq_binned", "tool": "falco", "measure": "times_dsqc", "at_least": 1.0},
        {"topic": "*", "tool": "dsqc", "measure": "peak_mib", "at_most": 400.0},
        {"topic": "not_run", "tool": "dsqc", "measure": "ratio", "at_most": 1.0},
    ]
    found = [(verdict.value, verdict.reached, verdict.aim) for verdict in bars.check(MEASURED, wanted)]
    assert found == [
        (2.0, True, False),
        (11.0, True, None),
        (2.5, False, None),
        (None, None, None),
        (150.0, True, None),
    ]


def test_linearity_leaves_start_up_out() -> None:
    wanted = [{"topic": "linearity", "tool": "dsqc", "threads": 2, "measure": "linearity", "at_most": 1.15}]

    def at(megabytes: int, cpu: float) -> dict[str, Any]:
        file = {"name": f"linear_{megabytes}mb.fastq.gz", "text_bytes": megabytes * 10**6}
        return line("dsqc", 2, 2.0, cpu, topic="linearity", file=file)

    even = [at(size, 0.5 + size * 0.002) for size in (10, 100, 1000, 4000)]
    assert [verdict.value for verdict in bars.check(even, wanted)] == [1.0]
    steep = [*even[:3], at(4000, 0.5 + 1000 * 0.002 + 3000 * 0.003)]
    assert [(verdict.value, verdict.reached) for verdict in bars.check(steep, wanted)] == [(1.5, False)]


def test_every_bar_stands_for_something_that_is_measured() -> None:
    for bar in bars.load():
        assert ("at_most" in bar) != ("at_least" in bar)
        if bar["topic"] != "*":
            contenders = TOPICS[bar["topic"]].contenders
            assert any(tool == bar["tool"] and bar.get("threads", threads) == threads for tool, threads in contenders)


@pytest.mark.parametrize("size", CATALOGUE)
def test_every_file_of_a_topic_can_be_made(size: str) -> None:
    for topic in TOPICS.values():
        for name in topic.files:
            assert any(made.startswith(name.rstrip("*")) for made in CATALOGUE[size])


@pytest.mark.parametrize("name", sweeps.load())
def test_every_swept_constant_exists(name: str) -> None:
    sweep = sweeps.load()[name]
    path, found = sweeps.shipped(sweep["constant"], sweeps.package())
    assert path.is_file()
    assert sweeps._number(found["value"]) > 0
    assert all(sweeps._number(value) > 0 for value in sweep["values"])
    assert set(sweep["files"]) <= set(CATALOGUE["medium"])


def test_a_sweep_changes_one_line(tmp_path: Path) -> None:
    place = sweeps.changed("dsqc.formats.fastq:BUFFER", "12345", tmp_path)
    before = (sweeps.package() / "formats" / "fastq.py").read_text(encoding="utf-8").splitlines()
    after = (place / "dsqc" / "formats" / "fastq.py").read_text(encoding="utf-8").splitlines()
    differing = [new for old, new in zip(before, after, strict=True) if old != new]
    assert differing == ["BUFFER = 12345"]


def test_of_two_measurements_the_last_counts(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_text("\n".join(json.dumps(item) for item in (*MEASURED, line("dsqc", 2, 1.5, 1.5))) + "\n")
    assert [results.pace(item) for item in results.read(path) if item["tool"] == "dsqc"] == [1.5]


def test_the_table_ranks_programs_and_names_what_is_missing() -> None:
    missing = {key: value for key, value in line("falco", 2, None, 1.0).items() if key not in ("wall_s", "ratio")}
    text = topic_table([*MEASURED, missing | {"missing": "not packaged"}], "qc_fastq_binned")
    rows = [row.split(" | ")[0] for row in text.splitlines() if row.startswith("| ")][2:]
    assert rows == ["| *igzip 1.0*", "| **dsqc 1.0**", "| sequali 1.0", "| fastqc 1.0"]
    assert "| fastqc 1.0 | 1 | 22.00 | 22.00–22.00 | 22.00 | 150 | 22.00 | 11.00 |" in text
    assert "falco (not packaged)" in text
    assert "a processor, 2 cores" in document(MEASURED, ["qc_fastq_binned"])


def test_the_table_goes_between_its_marks(tmp_path: Path) -> None:
    lines, page = tmp_path / "lines.jsonl", tmp_path / "page.md"
    lines.write_text("\n".join(json.dumps(item) for item in MEASURED) + "\n")
    page.write_text("before\n<!-- benchmarks -->\nold\n<!-- /benchmarks -->\nafter\n", encoding="utf-8")
    command = [sys.executable, str(BENCHMARKS / "table.py"), str(lines), "--into", str(page)]
    subprocess.run(command, check=True)
    subprocess.run(command, check=True)
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n<!-- benchmarks -->\n**Illumina")
    assert text.endswith("<!-- /benchmarks -->\nafter\n")
    assert "old" not in text


def test_the_plot_shows_every_program_and_describes_itself() -> None:
    root = ET.fromstring(draw(MEASURED))
    space = "{http://www.w3.org/2000/svg}"
    bars_drawn = [item.get("class") for item in root.iter(f"{space}rect")]
    assert bars_drawn == ["card", "dsqc", "peer", "peer"]
    assert "fastqc 22.0" in (root.findtext(f"{space}desc") or "")
