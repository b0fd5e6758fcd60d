"""Which store a URL means."""

from pathlib import Path

from dsqc.errors import UsageError
from dsqc.station import Place, S3Options
from dsqc.storage.store import ObjectStore


def open_store(url: str, s3: S3Options | None = None) -> ObjectStore:
    """The store at ``url``: a directory or ``s3://bucket/prefix``.

    Raises:
        UsageError: another scheme, or the ``station`` extra is missing for ``s3://``.
    """
    if url.startswith("s3://"):
        from dsqc.storage.s3store import S3Store

        return S3Store(url, s3 or S3Options())
    if "://" in url:
        scheme = url.partition("://")[0]
        raise UsageError(
            f"{scheme}:// cannot hold objects.", hint="Write a directory or an s3:// URL into [tiers] of station.toml."
        )
    from dsqc.storage.directory import DirectoryStore

    return DirectoryStore(Path(url))


def open_place(place: Place) -> ObjectStore:
    """The store of one place of a station."""
    return open_store(place.url, place.s3)
