"""What ``--check`` prints: every problem, then how much would travel."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsqc.errors import ExitCode
from dsqc.language import Language, Text

if TYPE_CHECKING:
    from dsqc.station import S3Options

SHOWN = 20
"""Findings shown on the terminal; ``--json`` gives all that are kept."""


def check(
    source: str,
    destination: Path | None,
    *,
    language: Language,
    as_json: bool,
    submission: str | None = None,
    s3: "S3Options | None" = None,
    timeout_s: float | None = None,
) -> ExitCode:
    """Make the pre-flight of a transfer and print what it saw."""
    from dsqc.cli._output import print_groups, print_json, printable
    from dsqc.stages.preflight import preflight
    from dsqc.transfer.sources import TIMEOUT_S

    result = preflight(source, destination, submission=submission, s3=s3, timeout_s=timeout_s or TIMEOUT_S)
    if as_json:
        print_json(result.record)
        return result.exit_code
    print_groups(result.seen.log.groups(), language, SHOWN)
    for text in result.seen.obstacles:
        print(printable(text.get(language)))
    print(_summary(result.record).get(language))
    return result.exit_code


def _summary(record: "dict[str, Any]") -> Text:
    files, size = record["files"], record["size_bytes"]
    there, there_size = record["there_files"], record["there_bytes"]
    counts = record["finding_counts"]
    en = f"{files:,} files, {size:,} bytes to bring"
    ko = f"받을 파일 {files:,}개, {size:,}바이트"
    if there:
        en += f"; {there:,} files, {there_size:,} bytes are there"
        ko += f"; 이미 있는 파일 {there:,}개, {there_size:,}바이트"
    if record["free_bytes"] is not None:
        en += f"; {record['free_bytes']:,} bytes free"
        ko += f"; 여유 공간 {record['free_bytes']:,}바이트"
    ready = Text("Ready.", "준비되었습니다.") if record["is_ready"] else Text("Not ready.", "준비되지 않았습니다.")
    return Text(
        f"{en}. {counts['error']} errors, {counts['warning']} warnings. {ready.en}",
        f"{ko}. 오류 {counts['error']}건, 경고 {counts['warning']}건. {ready.ko}",
    )
