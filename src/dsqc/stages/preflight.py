"""pre-flight: what would keep a submission from travelling, before its first byte; nothing is written."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsqc import logs
from dsqc.errors import ExitCode
from dsqc.station import S3Options
from dsqc.transfer import open_source
from dsqc.transfer.preflight import Preflight, check_submission
from dsqc.transfer.sources import TIMEOUT_S


@dataclass(frozen=True, slots=True)
class PreflightResult:
    """What was seen: ``record`` has the shape of ``dsqc.schemas/reports/preflight.schema.json``."""

    record: dict[str, Any]
    seen: Preflight

    @property
    def exit_code(self) -> ExitCode:
        """3 with error findings; 1 where only this machine stands in the way."""
        if self.seen.log.has_errors:
            return ExitCode.FINDINGS
        return ExitCode.FAULT if self.seen.obstacles else ExitCode.DONE


def preflight(
    source: str,
    destination: Path | None = None,
    *,
    submission: str | None = None,
    s3: S3Options | None = None,
    timeout_s: float = TIMEOUT_S,
) -> PreflightResult:
    """Check everything about a transfer that can be checked without making it.

    Args:
        source: a directory or a URL, as for :func:`dsqc.stages.transfer.transfer`.
        destination: the inbox, which need not exist; ``None`` where the submission is sent elsewhere.
        submission: name of the submission; that of the destination, or else of the source, unless given.
        s3: how ``s3://`` is reached.
        timeout_s: seconds without a byte after which a connection is given up.

    Raises:
        UsageError: the source does not exist, or its scheme is not supported.
        TransientFault: the source cannot be reached.
        SystemFault: the source as a whole refuses.
    """
    place = open_source(source, s3, timeout_s)
    name = submission or (destination.resolve().name if destination else place.url.rstrip("/").rpartition("/")[2])
    log = logs.logger(submission=name)
    log.info("pre-flight begins", source=place.url)
    seen = check_submission(place, destination)
    log.info("pre-flight ends", files=seen.files, size_bytes=seen.size_bytes, obstacles=len(seen.obstacles))
    return PreflightResult(_to_dict(name, place.url, seen), seen)


def _to_dict(submission: str, source: str, seen: Preflight) -> dict[str, Any]:
    return {
        "schema_version": "1.0",
        "submission": submission,
        "source": source,
        "is_ready": not seen.log.has_errors and not seen.obstacles,
        "files": seen.files,
        "size_bytes": seen.size_bytes,
        "there_files": seen.there_files,
        "there_bytes": seen.there_bytes,
        "free_bytes": seen.free_bytes,
        "obstacles": [{"message": text.en, "message_ko": text.ko} for text in seen.obstacles],
        "findings": seen.log.to_list(),
        "finding_counts": seen.log.counts(),
        "groups": seen.log.groups_to_list(),
    }
