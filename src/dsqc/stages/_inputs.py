"""Data files that a command names: what all stages that read them check first."""

from collections.abc import Sequence
from pathlib import Path

from dsqc.errors import UsageError
from dsqc.model import FileFormat

STANDARD_INPUT = Path("-")
ALIGNED = (FileFormat.BAM, FileFormat.CRAM, FileFormat.SAM)


def check_reference(path: Path | None) -> None:
    """Refuse a reference that is not there.

    Raises:
        UsageError: it does not exist.
    """
    if path is not None and not path.exists():
        raise UsageError(f"The reference {path} does not exist.", hint="Name a FASTA file with --reference.")


def check_inputs(paths: Sequence[Path]) -> None:
    """Refuse what cannot be read as a data file.

    Raises:
        UsageError: there is no path, standard input stands twice, a path does not exist or is a directory.
    """
    if not paths:
        raise UsageError("No data file was named.", hint="Name at least one, or - for standard input.")
    if paths.count(STANDARD_INPUT) > 1:
        raise UsageError("Standard input can be read once only.", hint="Name - once.")
    for path in paths:
        if path == STANDARD_INPUT:
            continue
        if path.is_dir():
            raise UsageError(f"{path} is a directory.", hint="Name the data files in it.")
        if not path.exists():
            raise UsageError(f"{path} does not exist.", hint="Check the name.")
