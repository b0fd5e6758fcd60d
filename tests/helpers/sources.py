"""Small submissions in a directory, as a source of transfers."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

FILE_HEADINGS = ("file_name", "run_alias", "md5", "sha256", "size_bytes")


def write_source(
    path: Path, files: Mapping[str, bytes], rows: Iterable[Mapping[str, str]] | None = None, headings: str = ""
) -> Path:
    """Write data files, a submission sheet and a file sheet.

    Args:
        rows: rows of the file sheet; unless given, every file with its right MD5.
        headings: another heading line for the file sheet (same columns).
    """
    path.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (path / name).write_bytes(content)
    if rows is None:
        rows = [{"file_name": name, "md5": md5(content)} for name, content in files.items()]
    lines = [headings or "\t".join(FILE_HEADINGS)]
    lines += ["\t".join({"run_alias": "R1", **row}.get(name, "") for name in FILE_HEADINGS) for row in rows]
    (path / "file.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    sheet = "submission_alias\tform_id\tform_version\tpackage\nKR-1\tseed_crop\t1.0.0\tPlant\n"
    (path / "submission.tsv").write_text(sheet, encoding="utf-8")
    return path


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def visible(inbox: Path) -> dict[str, bytes]:
    """What stands in an inbox under its name."""
    return {path.name: path.read_bytes() for path in inbox.iterdir() if path.is_file()} if inbox.exists() else {}
