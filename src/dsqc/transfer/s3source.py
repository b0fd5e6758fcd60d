"""A submission below a prefix of a bucket, read through fsspec/s3fs."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from dsqc.errors import UsageError
from dsqc.station import S3Options
from dsqc.storage import s3
from dsqc.transfer.sources import Entry, EntryKind, FileFault, SourceChanged

BLOCK_BYTES = 8 << 20
"""Bytes of one ranged request: large enough to hide a round trip, small enough to hold a few in memory."""
_DENIED = {"AccessDenied", "403", "Forbidden"}
_CHANGED = {"PreconditionFailed", "412"}


class S3Source:
    """Objects below ``s3://bucket/prefix/``, one level."""

    is_remote = True

    def __init__(self, url: str, options: S3Options) -> None:
        bucket, prefix = s3.split_url(url)
        self._root = f"{bucket}/{prefix}" if prefix else bucket
        self._options = options
        self.url = f"s3://{self._root}"

    @cached_property
    def _fs(self) -> Any:
        return s3.filesystem(self._options)

    def entries(self) -> list[Entry]:
        """Everything one level below the prefix, asked of the store and not of a cache."""
        with s3.translated(self.url):
            try:
                rows = self._fs.ls(self._root, detail=True, refresh=True)
            except s3.network_errors() as error:
                if s3.is_absent(error) or (isinstance(error, FileNotFoundError) and not s3.error_code(error)):
                    raise self._nothing_there() from error
                raise
        below = [row for row in rows if row["name"].startswith(f"{self._root}/")]
        found = [_entry(row, row["name"].removeprefix(f"{self._root}/").rstrip("/")) for row in below]
        found = [entry for entry in found if entry.name]
        if not found:
            raise self._nothing_there()
        return sorted(found, key=lambda entry: entry.name)

    def stat(self, name: str) -> Entry:
        """What a HEAD request says now."""
        with s3.translated(f"{self.url}/{name}"):
            try:
                return _entry(self._fs.info(f"{self._root}/{name}", refresh=True), name)
            except s3.network_errors() as error:
                self._raise_file_fault(error)
                raise

    def blocks(self, entry: Entry, offset: int = 0) -> Iterator[bytes]:
        """Ranged requests that name the ETag: a changed object is refused by the store."""
        with s3.translated(f"{self.url}/{entry.name}"):
            try:
                path = f"{self._root}/{entry.name}"
                with self._fs.open(path, "rb", block_size=BLOCK_BYTES, cache_type="none") as file:
                    file.seek(offset)
                    while block := file.read(BLOCK_BYTES):
                        yield block
            except s3.network_errors() as error:
                self._raise_file_fault(error)
                raise

    def _raise_file_fault(self, error: BaseException) -> None:
        code = s3.error_code(error)
        if s3.is_absent(error):
            raise FileFault("DSQC-F003", "no such object") from error
        if code in _DENIED or (not code and isinstance(error, PermissionError)):
            raise FileFault("DSQC-F019", "access is denied") from error
        if code in _CHANGED:
            raise SourceChanged("The object changed while it was read.") from error

    def _nothing_there(self) -> UsageError:
        return UsageError(f"{self.url} holds nothing.", hint="Check the bucket and the prefix.")


def _entry(row: dict[str, Any], name: str) -> Entry:
    etag = str(row.get("ETag") or "").strip('"').lower()
    is_md5 = len(etag) == 32 and all(digit in "0123456789abcdef" for digit in etag)
    kind = EntryKind.FILE if row["type"] == "file" else EntryKind.DIRECTORY
    version = etag or str(row.get("LastModified") or "")
    return Entry(name, int(row.get("size") or 0), version, kind, etag if is_md5 else "")
