"""Grants: what the station does so that a submitter sends without credentials, and what is swept when nobody does."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from dsqc.artefact import write_text
from dsqc.crypt4gh import PublicKey
from dsqc.errors import UsageError
from dsqc.sending import Grant, Line, open_destination, plan_sending, read_grant, write_grant
from dsqc.sending.granting import Granting, read_asked
from dsqc.sending.requests import KeyGate
from dsqc.station import S3Options
from dsqc.storage import ObjectInfo, open_store

PART_BYTES = 32 << 20
"""Parts of granted uploads: each costs half a kilobyte in the grant file."""


def issue_grant(
    name: str,
    inbox: str,
    files: Path,
    out: Path,
    *,
    expires_s: int,
    s3: S3Options | None = None,
    part_bytes: int = PART_BYTES,
    station_public_key: PublicKey | None = None,
) -> dict[str, Any]:
    """Write a grant for ``files`` into ``inbox``; what :func:`show_grant` gives comes back.

    Args:
        files: forms of the submission, or a table of names and sizes.
        out: where the grant goes, mode 0600; it is a secret.
        expires_s: how long it is good, at most a week.
        station_public_key: whom data of a closed submission is encrypted to by who sends it.

    Raises:
        UsageError: ``out`` exists already, or the files are not described as they should be.
        SystemFault: the store refused or cannot be reached.
    """
    if out.exists():
        raise UsageError(f"{out} exists.", hint="`dsqc grant renew` gives it new URLs; or choose another name.")
    asked = read_asked(files)
    with _granting(inbox, s3) as granting:
        # URLs are signed without asking the store: a wrong bucket would show at the submitter's desk only.
        with closing(open_destination(inbox, Line(), s3=s3)) as there:
            there.survey({})
        grant = granting.issue(name, asked, expires_s, part_bytes, station_public_key)
        try:
            write_grant(out, grant)
        except BaseException:
            granting.revoke(grant)
            raise
    return show_grant(grant)


def renew_grant(path: Path, out: Path, *, expires_s: int, s3: S3Options | None = None) -> dict[str, Any]:
    """Write the grant at ``path`` anew, with URLs that are good from now on. Same errors as :func:`issue_grant`."""
    grant = read_grant(path)
    with _granting(grant.inbox, s3) as granting:
        renewed = granting.renew(grant, expires_s)
    write_grant(out, renewed)
    return show_grant(renewed)


def revoke_grant(path: Path, *, s3: S3Options | None = None) -> dict[str, Any]:
    """Drop the unfinished uploads of a grant. URLs of small files stay good until they expire, or the keys do."""
    grant = read_grant(path)
    with _granting(grant.inbox, s3) as granting:
        dropped = granting.revoke(grant)
    return {**show_grant(grant), "dropped_uploads": dropped}


def show_grant(grant: Grant) -> dict[str, Any]:
    """What a grant allows, without its secrets."""
    named = [item for item in grant.files if item.size_bytes is not None]
    value = grant.to_dict()
    return {
        "schema_version": "1.0",
        "name": value["name"],
        "inbox": value["inbox"],
        "issued_at": value["issued_at"],
        "expires_at": value["expires_at"],
        "expired": time.time() >= grant.expires_at,
        "station_key": grant.station_public_key.fingerprint if grant.station_public_key else "",
        "file_count": len(named),
        "size_bytes": sum(item.size_bytes or 0 for item in named),
        "files": [
            {
                "name": item.name,
                "size_bytes": item.size_bytes,
                "part_bytes": item.part_bytes,
                "parts": _parts(item.urls),
            }
            for item in named
        ],
    }


def _parts(urls: Any) -> int:
    return len(urls.get("part", ())) or 1


def write_request(submission: Path, out: Path) -> int:
    """Write the table that a station needs to issue a grant: names and sizes of what would be sent; how many.

    Data of a closed submission stands there as it will travel, encrypted: ``NAME.c4gh``.
    """
    plan = plan_sending(submission)
    rows = [
        f"{item.far_name}\t{item.far_bytes}\t{'' if item.is_sealed else item.expected.md5}\n"
        for item in plan.travelling
    ]
    write_text(out, "name\tsize_bytes\tmd5\n" + "".join(rows))
    return len(rows)


def sweep_inbox(
    inbox: str, *, older_than: timedelta, delete: bool, s3: S3Options | None = None
) -> tuple[list[ObjectInfo], list[ObjectInfo]]:
    """Uploads into ``inbox`` that nobody finished, and those of them that were dropped.

    Args:
        older_than: only what was begun so long ago is dropped.
        delete: drop; otherwise list only.
    """
    store = open_store(inbox, s3)
    unfinished = list(store.list_unfinished())
    return unfinished, store.delete_unfinished_older_than(unfinished, older_than) if delete else []


@contextmanager
def _granting(inbox: str, s3: S3Options | None) -> Iterator[Granting]:
    if not inbox.startswith("s3://"):
        raise UsageError("Grants exist for s3:// inboxes.", hint="Write --inbox s3://bucket/prefix.")
    granting = Granting(KeyGate(inbox, s3 or S3Options()), Line())
    try:
        yield granting
    finally:
        granting.web.close()
