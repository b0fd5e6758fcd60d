"""Data files of one call, each measured, or put together of the parts that it was measured in.

What puts parts together is imported where parts stand: a small file that is measured whole has no time for it.
"""

from collections.abc import Sequence
from pathlib import Path

from dsqc import logs
from dsqc.crypt4gh import DataPath
from dsqc.errors import UsageError
from dsqc.stages._qc_measure import Options, QcFile, QcPair, measure_file, measure_pair

PARTS = "parts"
"""Directory beside the results of a run where the parts of its big files wait to be put together."""


def measure_files(
    paths: Sequence[DataPath], stems: Sequence[str], groups: Sequence[tuple[int, ...]], options: Options
) -> tuple[list[QcFile], list[QcPair]]:
    """Measure single files and pairs; the files come back in the order of ``paths``."""
    files: dict[int, QcFile] = {}
    pairs: list[QcPair] = []
    for group in groups:
        if len(group) == 1:
            files[group[0]] = _one(paths[group[0]], stems[group[0]], options)
            continue
        one, two = group
        files[one], files[two], pair = _two((paths[one], paths[two]), (stems[one], stems[two]), options)
        pairs.append(pair)
    return [files[number] for number in sorted(files)], pairs


def _one(path: DataPath, stem: str, options: Options) -> QcFile:
    """A file out of its parts where they stand, and else measured."""
    if options.parts and isinstance(path, Path):
        from dsqc.stages._qc_join import has_parts, join_parts

        if has_parts(path, options.parts):
            joined = join_parts(path, stem, options.parts, options)
            if joined is not None:
                return joined
            _tell_measured_whole(path)
    return measure_file(path, stem, options)


def _two(paths: tuple[DataPath, DataPath], stems: tuple[str, str], options: Options) -> tuple[QcFile, QcFile, QcPair]:
    """Two mate files out of their parts where both have some, and else measured."""
    one, two = paths
    parts = options.parts
    if parts and isinstance(one, Path) and isinstance(two, Path):
        from dsqc.stages._qc_join import has_parts, join_pair

        if has_parts(one, parts) and has_parts(two, parts):
            joined = join_pair((one, two), stems, parts, options)
            if joined is not None:
                return joined
            _tell_measured_whole(one)
    return measure_pair(paths, stems, options)


def _tell_measured_whole(path: Path) -> None:
    logs.logger(stage="qc").warning("measured whole", file=path.name, reason="its parts cannot be put together")


def checked_parts(paths: Sequence[Path], parts: str | Path | None) -> Path | None:
    """The directory of the parts of ``paths``.

    Raises:
        UsageError: it holds no part of one of them.
    """
    if parts is None:
        return None
    from dsqc.stages._qc_join import has_parts

    for path in paths:
        if not has_parts(path, Path(parts)):
            raise UsageError(
                f"{parts} holds no part of {path.name}.", hint="Measure them first: dsqc qc FILE --part 1/N -O DIR."
            )
    return Path(parts)
