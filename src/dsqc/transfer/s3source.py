"""A submission below a prefix of a bucket, read by ranged requests that may run side by side."""

import base64
import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from threading import Lock
from typing import Any

from dsqc.errors import TransientFault, UsageError
from dsqc.station import S3Options
from dsqc.storage import s3
from dsqc.transfer.s3_reading import RangeReader
from dsqc.transfer.sources import Entry, EntryKind, FileFault, SourceChanged, Stalled

BLOCK_BYTES = 1 << 20
"""Bytes taken from a connection at once: few enough that a limited rate runs smoothly."""
_DENIED = {"AccessDenied", "403", "Forbidden"}
_CHANGED = {"PreconditionFailed", "412"}
_MD5_DIGITS = 32
_S3CMD_MD5 = re.compile(r"(?:^|/)md5:([0-9a-f]{32})(?:/|$)")


class S3Source:
    """Objects below ``s3://bucket/prefix/``, one level.

    Args:
        timeout_s: a connection that says nothing for so long is given up (:class:`Stalled`).
    """

    is_remote = True
    ranges = True
    reads_name_version = True

    def __init__(self, url: str, options: S3Options, timeout_s: float = s3.READ_TIMEOUT_S) -> None:
        self._bucket, prefix = s3.split_url(url)
        self._prefix = f"{prefix}/" if prefix else ""
        self._options = options
        self._timeout_s = timeout_s
        self._lock = Lock()
        self.url = f"s3://{self._bucket}/{prefix}".rstrip("/")

    @cached_property
    def _session(self) -> Any:
        return s3.make_session(self._options)

    @cached_property
    def _client(self) -> Any:
        # One attempt a request: whoever reads tries again, says why, and goes on from the byte that came last.
        return s3.client(self._options, read_timeout_s=self._timeout_s, attempts=1, session=self._session)

    @cached_property
    def _made_reader(self) -> RangeReader:
        return RangeReader(self._session, self._client, self._bucket, self._timeout_s)

    @property
    def _reader(self) -> RangeReader:
        with self._lock:
            return self._made_reader

    def entries(self) -> list[Entry]:
        """Everything one level below the prefix, asked of the store and not of a cache."""
        found: list[Entry] = []
        with s3.translated(self.url):
            try:
                pages = self._client.get_paginator("list_objects_v2").paginate(
                    Bucket=self._bucket, Prefix=self._prefix, Delimiter="/"
                )
                for page in pages:
                    rows = page.get("Contents", ())
                    found += [_entry(row, row["Key"].removeprefix(self._prefix), row.get("Size")) for row in rows]
                    below = [row["Prefix"].removeprefix(self._prefix) for row in page.get("CommonPrefixes", ())]
                    found += [Entry(name.rstrip("/"), 0, "", EntryKind.DIRECTORY) for name in below]
            except s3.network_errors() as error:
                if s3.is_absent(error):
                    raise self._nothing_there() from error
                self._raise_if_stalled(error)
                raise
        found = [entry for entry in found if entry.name]
        if not found:
            raise self._nothing_there()
        return sorted(found, key=lambda entry: entry.name)

    def stat(self, name: str) -> Entry:
        """What a HEAD request says now; of an object in parts, with the MD5 that its uploader stated."""
        with self._translated(name):
            answer = self._client.head_object(Bucket=self._bucket, Key=self._prefix + name)
        entry = _entry(answer, name, answer.get("ContentLength"))
        return entry if entry.md5 else replace(entry, md5=stated_md5(answer.get("Metadata") or {}))

    def blocks(self, entry: Entry, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """One ranged request that names the ETag: a changed object is refused by the store, or seen in its answer."""
        left = entry.size_bytes - offset if length is None else length
        if left <= 0:
            return
        with self._translated(entry.name), self._opened(entry, offset, left) as body:
            while left > 0:
                block = body.read(min(BLOCK_BYTES, left))
                if not block:
                    raise TransientFault(f"{entry.name}: the connection ended before all bytes had come.")
                left -= len(block)
                yield block

    @contextlib.contextmanager
    def _opened(self, entry: Entry, offset: int, length: int) -> Iterator[Any]:
        version = entry.version if " " not in entry.version else ""
        body, headers = self._reader.open(self._prefix + entry.name, offset, length, version)
        try:
            # Some stores leave the condition out of account.
            if version and _etag(headers) not in ("", version):
                raise SourceChanged(f"{entry.name} changed while it was read.")
            came = headers.get("Content-Range") or f"bytes 0-{int(headers.get('Content-Length') or 0) - 1}/"
            if not came.startswith(f"bytes {offset}-{offset + length - 1}/"):
                raise TransientFault(f"{entry.name}: the store gave another range than was asked for ({came}).")
            yield body
        finally:
            body.close()

    @contextlib.contextmanager
    def _translated(self, name: str) -> Iterator[None]:
        with s3.translated(f"{self.url}/{name}"):
            try:
                yield
            except s3.network_errors() as error:
                self._raise_file_fault(error)
                self._raise_if_stalled(error)
                raise

    def _raise_file_fault(self, error: BaseException) -> None:
        code = s3.error_code(error)
        if s3.is_absent(error):
            raise FileFault("DSQC-F003", "no such object") from error
        if code in _DENIED:
            raise FileFault("DSQC-F019", "access is denied") from error
        if code in _CHANGED:
            raise SourceChanged("The object changed while it was read.") from error

    def _raise_if_stalled(self, error: BaseException) -> None:
        from botocore.exceptions import ReadTimeoutError

        if isinstance(error, ReadTimeoutError):
            raise Stalled(f"{self.url}: nothing came for {self._timeout_s:g} seconds.") from error

    def _nothing_there(self) -> UsageError:
        return UsageError(f"{self.url} holds nothing.", hint="Check the bucket and the prefix.")


def _etag(row: Mapping[str, Any]) -> str:
    return str(row.get("ETag") or "").strip('"')


def _entry(row: dict[str, Any], name: str, size: int | None) -> Entry:
    etag = _etag(row)
    is_md5 = len(etag) == _MD5_DIGITS and all(digit in "0123456789abcdef" for digit in etag.lower())
    version = etag or str(row.get("LastModified") or "")
    return Entry(name, size or 0, version, EntryKind.FILE, etag.lower() if is_md5 else "")


def stated_md5(metadata: Mapping[str, str]) -> str:
    """The MD5 that a program stated in an object's metadata when it uploaded it in parts; empty where none did.

    rclone: ``md5chksum``, base64 (rclone.org/s3, "Hashes"). s3cmd: ``md5:`` in ``s3cmd-attrs``, fields parted by ``/``.
    Stores give names as they like: ``Md5chksum``.
    """
    stated = {name.lower(): text for name, text in metadata.items()}
    with contextlib.suppress(ValueError):
        digest = base64.b64decode(stated.get("md5chksum", ""), validate=True)
        if 2 * len(digest) == _MD5_DIGITS:
            return digest.hex()
    found = _S3CMD_MD5.search(stated.get("s3cmd-attrs", ""))
    return found[1] if found else ""
