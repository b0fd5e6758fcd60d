"""What stands on disk after qc: JSON, Parquet, HTML, FastQC-shaped text, MultiQC content. Atomic, byte-identical."""

import contextlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from threading import Thread
from typing import Any, Protocol

import numpy as np

from dsqc import artefact
from dsqc.errors import DsqcError
from dsqc.metrics.collector import MetricRow


class HasRows(Protocol):
    """What ``metrics.parquet`` is made of."""

    def rows(self) -> Iterable[MetricRow]:
        """A row a metric and position (and key)."""
        ...


class MeasuredFile(Protocol):
    """One data file with its results, measured here or taken from a receipt."""

    @property
    def name(self) -> str:
        """The file's name."""
        ...

    @property
    def stem(self) -> str:
        """What the names of its results begin with."""
        ...

    @property
    def data(self) -> dict[str, Any]:
        """Content of ``<stem>.dsqc.json``."""
        ...

    @property
    def reads(self) -> HasRows:
        """Its metrics at full resolution."""
        ...


_SUFFIXES = re.compile(r"(?i)(?:\.(?:fastq|fq|bam|cram|sam)(?:\.(?:gz|bgz|bz2|zst|xz))?|\.(?:gz|bgz|bz2|zst|xz))$")

STATS, FLAGSTAT = ".samtools_stats.txt", ".flagstat.txt"
"""Ends of the names of alignments' numbers in samtools' shapes."""


def stem_of(name: str) -> str:
    """File name without the suffixes of its format and container; the whole name where nothing else would be left."""
    return _SUFFIXES.sub("", name) or name


def stems_of(names: Sequence[str]) -> list[str]:
    """A stem a name, no two alike (case ignored).

    Names whose stems collide keep their suffixes (``reads.bam``, ``reads.fastq.gz``); those that are the same all the
    same get a number (``reads.bam-2``).
    """
    uses = Counter(stem_of(name).casefold() for name in names)
    stems: list[str] = []
    taken: set[str] = set()
    for name in names:
        wanted = stem_of(name) if uses[stem_of(name).casefold()] == 1 else name
        stem, number = wanted, 1
        while stem.casefold() in taken:
            number += 1
            stem = f"{wanted}-{number}"
        taken.add(stem.casefold())
        stems.append(stem)
    return stems


def metrics_name(stem: str) -> str:
    """Name of the JSON of one data file."""
    return f"{stem}.dsqc.json"


def html_name(stem: str) -> str:
    """Name of the page of one data file."""
    return f"{stem}.html"


def prepare(open_panel: Callable[[], object]) -> None:
    """Import what :func:`write_files` needs and open the panel in a thread of its own, while the first reads are
    measured: a command on a small file takes a fifth less, one on a large file waits for nothing at its end."""
    Thread(target=_prepare, args=(open_panel,), name="prepare", daemon=True).start()


def _prepare(open_panel: Callable[[], object]) -> None:
    # A package that is missing, or a panel that cannot be read, is told of where it is needed.
    with contextlib.suppress(ImportError, DsqcError):
        import numpy.ma  # noqa: F401 - np.unique does so when it is first called
        import pyarrow.parquet  # noqa: F401

        from dsqc.report import fastqc, multiqc, run_page, samtools  # noqa: F401

        open_panel()


def write_files(outdir: Path, files: Sequence[MeasuredFile]) -> None:
    """Write everything of design 5.3 for ``files`` into ``outdir``.

    Raises:
        StorageFault: the place cannot be written.
    """
    from dsqc.report import fastqc, multiqc, run_page, samtools

    by_name = {item.name: item.data for item in files}
    for item in files:
        mate = item.data["mate"]
        artefact.write_json(outdir / metrics_name(item.stem), item.data)
        write_parquet(outdir / f"{item.stem}.metrics.parquet", item.reads)
        page = run_page.render(item.data, pair=by_name.get(mate) if mate else None)
        artefact.write_text(outdir / html_name(item.stem), page)
        text = outdir / f"{item.stem}_fastqc"
        artefact.write_text(text / "fastqc_data.txt", fastqc.render_data(item.data))
        artefact.write_text(text / "summary.txt", fastqc.render_summary(item.data))
        for suffix, render in ((STATS, samtools.render), (FLAGSTAT, samtools.render_flagstat)):
            if lines := render(item.data):
                artefact.write_text(outdir / f"{item.stem}{suffix}", lines)
    artefact.write_json(outdir / "dsqc_mqc.json", multiqc.custom_content(item.data for item in files))


def write_parquet(path: Path, reads: HasRows) -> None:
    """Write a row a metric and position: metric, position_from, position_to, key, value."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    fields: list[pa.Field[Any]] = [
        pa.field("metric", pa.string(), nullable=False),
        pa.field("position_from", pa.int64()),
        pa.field("position_to", pa.int64()),
        pa.field("key", pa.string(), nullable=False),
        pa.field("value", pa.float64(), nullable=False),
    ]
    schema = pa.schema(fields)
    metrics, starts, ends, keys, values = zip(*reads.rows(), strict=True)
    arrays = [_text_column(metrics), _whole_column(starts), _whole_column(ends), _text_column(keys)]
    table = pa.Table.from_arrays([*arrays, _real_column(values)], schema=schema)
    with artefact.atomic_file(path) as file:
        pq.write_table(table, file, compression="zstd", store_schema=False)


# Columns are made of buffers: pyarrow.array() imports pandas wherever that is installed, which takes longer than
# measuring a small file.
def _text_column(values: Sequence[str]) -> Any:
    import pyarrow as pa

    texts = [value.encode() for value in values]
    offsets = np.cumsum([0, *map(len, texts)], dtype=np.int32)
    buffers: list[Any] = [None, pa.py_buffer(offsets.tobytes()), pa.py_buffer(b"".join(texts))]
    return pa.Array.from_buffers(pa.string(), len(texts), buffers)


def _whole_column(values: Sequence[int | None]) -> Any:
    import pyarrow as pa

    given = np.packbits([value is not None for value in values], bitorder="little")
    numbers = np.array([value or 0 for value in values], dtype=np.int64)
    buffers: list[Any] = [pa.py_buffer(given.tobytes()), pa.py_buffer(numbers.tobytes())]
    return pa.Array.from_buffers(pa.int64(), len(values), buffers)


def _real_column(values: Sequence[float]) -> Any:
    import pyarrow as pa

    numbers = np.array(values, dtype=np.float64)
    return pa.Array.from_buffers(pa.float64(), len(values), [None, pa.py_buffer(numbers.tobytes())])


def remove_stale(outdir: Path, keep: Iterable[str]) -> None:
    """Take away results of an earlier pass over files that the run no longer has; whatever dsqc did not write stays."""
    kept = set(keep)
    for path in sorted(outdir.glob("*.dsqc.json")):
        stem = path.name.removesuffix(".dsqc.json")
        if stem in kept:
            continue
        path.unlink()
        for name in (
            f"{stem}.metrics.parquet",
            f"{stem}.html",
            f"{stem}{STATS}",
            f"{stem}{FLAGSTAT}",
            f"{stem}_fastqc/fastqc_data.txt",
            f"{stem}_fastqc/summary.txt",
        ):
            (outdir / name).unlink(missing_ok=True)
        folder = outdir / f"{stem}_fastqc"
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
