"""FastQC's ``fastqc_data.txt``, read as tables."""

from pathlib import Path


def read_modules(path: Path) -> dict[str, list[list[str]]]:
    """Module -> its rows, without headings and status."""
    modules: dict[str, list[list[str]]] = {}
    rows: list[list[str]] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith(">>END_MODULE"):
            continue
        if line.startswith(">>"):
            rows = modules.setdefault(line[2:].split("\t")[0], [])
        elif not line.startswith("#"):
            rows.append(line.split("\t"))
    return modules
