"""How a batch stands as Prometheus text, for a station's monitoring (text exposition format 0.0.4).

Written to a ``*.prom`` file in the directory of node_exporter's textfile collector, it is renamed into place whole.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from dsqc.artefact import atomic_file
from dsqc.batch.states import JobState, Outcome
from dsqc.batch.status import BatchStatus

_Sample = tuple[Mapping[str, str], float]


def exposition(status: BatchStatus, batch: str) -> str:
    """The text; every metric has the label ``batch``.

    Args:
        status: how the batch stands.
        batch: its name, that of the sheet without its suffix.
    """
    pace = status.pace
    running = [item.seconds for item in status.slowest if item.state is JobState.RUNNING]
    metrics: list[tuple[str, str, str, Iterable[_Sample]]] = [
        ("running", "gauge", "Whether anything of the batch is under way (1) or not (0).", _one(status.running)),
        ("status_timestamp_seconds", "gauge", "When this was looked at, seconds since 1970.", _one(status.time)),
        (
            "items",
            "gauge",
            "Jobs of a stage by state; of qc a job is a run.",
            [
                ({"stage": stage, "state": state.value}, counts.get(state, 0))
                for stage, counts in status.stages.items()
                for state in JobState
            ],
        ),
        (
            "submissions",
            "gauge",
            "Submissions by outcome.",
            [({"outcome": item.value}, status.totals.get(item, 0)) for item in Outcome],
        ),
        (
            "shards",
            "gauge",
            "Shards of the plan (jobs of the scheduler) by state.",
            [({"state": state.value}, status.shards.get(state, 0)) for state in JobState],
        ),
        ("interrupted_items", "gauge", "Items that a dead process had begun; they wait.", _one(status.interrupted)),
        ("failed_items", "gauge", "Items that failed or were given up.", _one(status.failed_count)),
        ("transferred_bytes", "gauge", "Stored bytes transferred.", _one(pace.bytes_transferred)),
        ("measured_bytes", "gauge", "Stored bytes measured by qc.", _one(pace.bytes_done)),
        (
            "transfer_bytes_per_second",
            "gauge",
            "Stored bytes transferred a second, over the last ten minutes.",
            _one(pace.transfer_bytes_per_second),
        ),
        (
            "qc_bytes_per_second",
            "gauge",
            "Stored bytes measured a second, over the last ten minutes.",
            _one(pace.qc_bytes_per_second),
        ),
        ("predicted_seconds", "gauge", "Work of the whole batch by its plan.", _one(pace.predicted_seconds)),
        ("predicted_left_seconds", "gauge", "Work not done, by the plan.", _one(pace.predicted_seconds_left)),
        (
            "finish_timestamp_seconds",
            "gauge",
            "About when all is done, seconds since 1970; absent where that cannot be said.",
            [] if pace.finish is None else _one(pace.finish),
        ),
        ("oldest_running_seconds", "gauge", "How long the longest running item runs.", _one(max(running, default=0))),
    ]
    return "".join(_metric(f"dsqc_batch_{name}", kind, text, batch, rows) for name, kind, text, rows in metrics)


def write_exposition(path: Path, status: BatchStatus, batch: str) -> None:
    """Write the text to ``path``, whole or not at all.

    Raises:
        StorageFault: it cannot be written.
    """
    with atomic_file(path) as file:
        file.write(exposition(status, batch).encode())


def _one(value: float) -> list[_Sample]:
    return [({}, float(value))]


def _metric(name: str, kind: str, text: str, batch: str, rows: Iterable[_Sample]) -> str:
    lines = [f"# HELP {name} {text}", f"# TYPE {name} {kind}"]
    for labels, value in rows:
        told = ",".join(f'{key}="{_escaped(item)}"' for key, item in {"batch": batch, **labels}.items())
        lines.append(f"{name}{{{told}}} {value:.17g}")
    return "\n".join(lines) + "\n" if len(lines) > 2 else ""


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
