"""transfer: from a source into the inbox, every byte proven; ``transfer.json`` says what arrived."""

import contextlib
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dsqc import logs
from dsqc.artefact import read_json, write_json
from dsqc.crypt4gh import Keys
from dsqc.errors import SystemFault, UsageError
from dsqc.findings import FindingLog
from dsqc.station import S3Options, TransferOptions
from dsqc.transfer import Inbox, Progress, Source, TransferRecord, open_source, transfer_submission

_TELLING_BYTES = 50_000_000
"""A run that fetched fewer says little of how fast the line is."""


@dataclass(frozen=True, slots=True)
class TransferResult:
    """What arrived: ``record`` is the content of ``transfer.json``, which stands at ``path``."""

    record: dict[str, Any]
    log: FindingLog
    path: Path


def transfer(
    source: str,
    inbox: Path,
    results: Path,
    *,
    submission: str | None = None,
    s3: S3Options | None = None,
    progress: Progress | None = None,
    options: TransferOptions | None = None,
    keys: Keys | None = None,
) -> TransferResult:
    """Copy the forms of a submission and every file they list into ``inbox``, and prove every byte.

    May be killed at any moment and called again: what has arrived is not fetched again.

    Args:
        source: a directory or an ``s3://bucket/prefix`` URL.
        inbox: directory of this one submission; made where it is missing.
        results: where ``transfer.json`` and ``transfer.timing.json`` go.
        submission: name of the submission in the batch; the inbox's name unless given.
        s3: how ``s3://`` is reached.
        options: how fast, when and how often; those of ``[transfer]`` in station.toml.
        keys: of the station: data of a closed submission is encrypted to it before it reaches the disk, and stands in
            the inbox as ``NAME.c4gh``.

    Raises:
        UsageError: the source does not exist, or its scheme is not supported; the submission is closed, and there are
            no keys.
        TransientFault: the source cannot be reached, or another transfer works in this inbox.
        SystemFault: not enough space, or a disk or a store refused.
    """
    begun, clock = datetime.now(UTC), time.monotonic()
    options = options or TransferOptions()
    place = open_source(source, s3, options.stall_timeout_s)
    if place.url == str(inbox.resolve()):
        raise UsageError(f"{inbox} is source and inbox at once.", hint="Give the inbox a directory of its own.")
    name = submission or inbox.resolve().name
    log = logs.logger(submission=name)
    log.info("transfer begins", source=place.url)
    with Inbox(inbox).locked() as locked:
        earlier_rate = _earlier_rate(results / "transfer.timing.json")
        record = transfer_submission(place, locked, progress, options, earlier_rate=earlier_rate, keys=keys)
    result = TransferResult(_to_dict(name, record), record.log, results / "transfer.json")
    write_json(results / "transfer.timing.json", _timing(place, record, begun, time.monotonic() - clock))
    write_json(result.path, result.record)
    states = [item.state for item in record.files]
    log.info("transfer ends", **{state: states.count(state) for state in ("copied", "missing", "failed")})
    return result


def _to_dict(submission: str, record: TransferRecord) -> dict[str, Any]:
    return {
        "schema_version": "1.0",
        "submission": submission,
        "files": [item.to_dict() for item in record.files],
        "findings": record.log.to_list(),
        "finding_counts": record.log.counts(),
        "groups": record.log.groups_to_list(),
    }


def _earlier_rate(path: Path) -> float:
    """Bytes a second of an earlier run of this transfer that fetched enough to tell; else 0."""
    with contextlib.suppress(SystemFault, TypeError, ValueError, KeyError, ZeroDivisionError):
        timing = read_json(path)
        if timing["fetched_bytes"] >= _TELLING_BYTES:
            return float(timing["fetched_bytes"] / timing["seconds"])
    return 0.0


def _timing(source: Source, record: TransferRecord, begun: datetime, seconds: float) -> dict[str, Any]:
    return {
        "schema_version": "1.0",
        "source": source.url,
        "begun": begun.isoformat(timespec="seconds"),
        "seconds": round(seconds, 3),
        "copied_bytes": sum(item.copied_bytes for item in record.timings),
        "fetched_bytes": sum(item.fetched_bytes for item in record.timings),
        "files": [
            {
                "name": item.name,
                "seconds": item.seconds,
                "attempts": item.attempts,
                "copied_bytes": item.copied_bytes,
                "fetched_bytes": item.fetched_bytes,
            }
            for item in record.timings
        ],
    }
