"""Objects in S3 or in a store that speaks its language; nothing is believed that this store was not seen to do."""

import contextlib
from collections.abc import Iterator
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from threading import BoundedSemaphore, RLock
from typing import Any, BinaryIO

from dsqc.errors import StorageFault
from dsqc.station import S3Options
from dsqc.storage import s3
from dsqc.storage.capabilities import (
    MD5,
    MD5_OF_MD5S,
    PartsCapabilities,
    PutCapabilities,
    probe_checksums,
    probe_parts,
    probe_put,
)
from dsqc.storage.journal import upload_journal
from dsqc.storage.layout import ETAG, READ_BACK, ObjectInfo, damaged_object
from dsqc.storage.s3upload import (
    PART_BYTES,
    PartsUpload,
    Sent,
    content_md5,
    copy_inside,
    etag_of_file,
    parts_of,
    put_whole,
)
from dsqc.storage.store import ObjectStore

ASK_FIRST_BYTES = 256 << 10
"""Where the store refuses to write twice, smaller files are sent without asking whether they are there."""
_UPLOAD = ("Key", "UploadId")
LARGE_IN_FLIGHT = 2
"""Files in parts at once, whoever asks: 80 MiB of memory each."""


class S3Store(ObjectStore):
    """A tier in a bucket, below a prefix."""

    def __init__(self, url: str, options: S3Options) -> None:
        super().__init__(url)
        self.bucket, self.prefix = s3.split_url(url)
        self._options = options
        self._lock = RLock()
        self._large = BoundedSemaphore(LARGE_IN_FLIGHT)

    @cached_property
    def _made_client(self) -> Any:
        return s3.client(self._options)

    @cached_property
    def _seen_of_puts(self) -> PutCapabilities:
        with s3.translated(self.url):
            return probe_put(self._client, self.bucket, self._full(""))

    @cached_property
    def _seen_of_parts(self) -> PartsCapabilities:
        with s3.translated(self.url):
            return probe_parts(self._client, self.bucket, self._full(""))

    @property
    def _client(self) -> Any:
        # One for all threads.
        with self._lock:
            return self._made_client

    @property
    def put_capabilities(self) -> PutCapabilities:
        """Probed once an instance, before its first write."""
        with self._lock:
            return self._seen_of_puts

    @property
    def parts_capabilities(self) -> PartsCapabilities:
        """Probed once an instance, before its first upload in parts."""
        with self._lock:
            return self._seen_of_parts

    def capabilities(self) -> dict[str, Any]:
        """Everything that can be asked of the store, for people: see ``dsqc storage probe``."""
        with s3.translated(self.url):
            checksums = probe_checksums(self._client, self.bucket, self._full(""))
        return {
            "kind": "s3",
            "put": asdict(self.put_capabilities),
            "parts": asdict(self.parts_capabilities),
            "stored_checksums": asdict(checksums),
        }

    def size_of(self, key: str) -> int | None:
        """Size in bytes, asked of the store."""
        found = self._head(key)
        return None if found is None else int(found["ContentLength"])

    def require_there(self) -> None:
        """The bucket exists and may be read. Not asked with HEAD, whose answer does not say what is missing."""
        with s3.translated(self.url):
            self._client.list_objects_v2(Bucket=self.bucket, Prefix=self._full(""), MaxKeys=1)

    @contextlib.contextmanager
    def open_read(self, key: str) -> Iterator[BinaryIO]:
        """The bytes as they arrive."""
        with s3.translated(f"{self.url}/{key}"):
            body = self._client.get_object(Bucket=self.bucket, Key=self._full(key))["Body"]
            with contextlib.closing(body):
                yield body

    def read_range(self, key: str, start: int, length: int) -> bytes:
        """Asked for with a range."""
        wanted = f"bytes={start}-{start + length - 1}"
        with s3.translated(f"{self.url}/{key}"):
            body = self._client.get_object(Bucket=self.bucket, Key=self._full(key), Range=wanted)["Body"]
            with contextlib.closing(body):
                return bytes(body.read())

    def presigned_url(self, key: str, seconds: int) -> str:
        """A URL that whoever holds it may read ``key`` with, for so long. A secret while it lasts."""
        with s3.translated(self.url):
            wanted = {"Bucket": self.bucket, "Key": self._full(key)}
            return str(self._client.generate_presigned_url("get_object", Params=wanted, ExpiresIn=seconds))

    def entries(self, prefix: str) -> Iterator[ObjectInfo]:
        """Page by page."""
        with s3.translated(self.url):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=self._full(prefix)
            )
            for page in pages:
                for row in page.get("Contents", ()):
                    yield ObjectInfo(self._own(row["Key"]), int(row["Size"]), row["LastModified"])

    def list_unfinished(self) -> Iterator[ObjectInfo]:
        """Multipart uploads that nobody finished; ``key`` is ``<key>?uploadId=<id>``, the size that of its parts."""
        with s3.translated(self.url):
            pages = self._client.get_paginator("list_multipart_uploads").paginate(
                Bucket=self.bucket, Prefix=self._full("")
            )
            try:
                for page in pages:
                    for row in page.get("Uploads", ()):
                        key = f"{self._own(row['Key'])}?uploadId={row['UploadId']}"
                        parts = parts_of(self._client, {"Bucket": self.bucket, **{k: row[k] for k in _UPLOAD}})
                        yield ObjectInfo(key, sum(size for _etag, size in parts.values()), row["Initiated"])
            except s3.network_errors() as error:
                # Some servers answer so in a bucket that never saw an upload in parts.
                if s3.error_code(error) != "NoSuchUpload":
                    raise

    def delete(self, key: str) -> None:
        """Delete the object."""
        with s3.translated(f"{self.url}/{key}"):
            self._client.delete_object(Bucket=self.bucket, Key=self._full(key))

    def delete_unfinished(self, upload: ObjectInfo) -> None:
        """Abort the multipart upload."""
        key, _, upload_id = upload.key.partition("?uploadId=")
        with s3.translated(f"{self.url}/{key}"):
            self._client.abort_multipart_upload(**self._where(key), UploadId=upload_id)

    def _full(self, key: str) -> str:
        return f"{self.prefix}/{key}" if self.prefix else key

    def _where(self, key: str) -> dict[str, str]:
        return {"Bucket": self.bucket, "Key": self._full(key)}

    def _own(self, key: str) -> str:
        return key.removeprefix(f"{self.prefix}/") if self.prefix else key

    def _head(self, key: str) -> dict[str, Any] | None:
        with s3.translated(f"{self.url}/{key}"):
            try:
                head: dict[str, Any] = self._client.head_object(Bucket=self.bucket, Key=self._full(key))
            except s3.network_errors() as error:
                # HEAD has no body, so a missing bucket looks like a missing key: the first write tells.
                if s3.is_absent(error):
                    return None
                raise
        return head

    def _write(self, key: str, data: bytes) -> None:
        with s3.translated(f"{self.url}/{key}"):
            self._client.put_object(**self._where(key), Body=data, ContentMD5=content_md5(data))

    def _asks_first(self, size: int) -> bool:
        return size > ASK_FIRST_BYTES or not self.put_capabilities.conditional

    def _upload(self, path: Path, key: str, sha256: str, md5: str) -> str:
        size = path.stat().st_size
        sent = self._send(path, key, sha256, only_if_absent=True)
        # What the store answers is the MD5 of what it took: nothing more to ask.
        if sent.created and sent.whole and self.put_capabilities.etag == MD5 and sent.answered_etag == sent.etag:
            return ETAG
        return self._prove_upload(key, size, sha256, sent, md5) if sent.created else ""

    def replace(self, path: Path, key: str, sha256: str) -> None:
        """Sent whole before the store puts it in place of what stands there; unfinished parts are nobody's object."""
        self._send(path, key, sha256, only_if_absent=False)

    def _send(self, path: Path, key: str, sha256: str, *, only_if_absent: bool) -> Sent:
        client, where = self._client, self._where(key)
        with s3.translated(f"{self.url}/{key}"):
            if path.stat().st_size <= PART_BYTES:
                conditional = only_if_absent and self.put_capabilities.conditional
                return put_whole(client, where, path, sha256, conditional=conditional)
            capable = self.parts_capabilities
            with self._large, upload_journal(f"{client.meta.endpoint_url} {self.url}/{key}") as journal:
                return PartsUpload(client, where, path, sha256, journal).put(
                    conditional=only_if_absent and capable.conditional,
                    resumable=capable.resumable,
                    replaces=not only_if_absent,
                )

    def _set_aside(self, key: str, aside: str) -> None:
        """Copied by the store itself."""
        size = self.size_of(key)
        with s3.translated(f"{self.url}/{key}"):
            copy_inside(self._client, self._where(key), self._where(aside), size or 0)
        if self.size_of(aside) != size:
            raise damaged_object(self.url, aside, "the store did not copy it whole")

    def _prove_upload(self, key: str, size: int, sha256: str, sent: Sent, md5: str) -> str:
        """Ask the far end; an object that is not what was sent is taken away again: it was never announced."""
        head = self._head(key)
        if head is None or int(head["ContentLength"]) != size:
            raise damaged_object(self.url, key, "the store does not show what was uploaded")
        if head.get("ETag", "").strip('"') in self._good_etags(size, sent.etag, md5):
            return ETAG
        if self.sha256_at(key) == sha256:
            return READ_BACK
        self.delete(key)
        raise StorageFault(
            f"{self.url}/{key}: the bytes arrived damaged; the object was removed.", hint="Run the same command again."
        )

    def _good_etags(self, size: int, etag: str, md5: str) -> set[str]:
        """ETags that prove the bytes, as far as this store makes its ETags so."""
        if size <= PART_BYTES:
            return {etag} if self.put_capabilities.etag == MD5 else set()
        return {{MD5_OF_MD5S: etag, MD5: md5}.get(self.parts_capabilities.etag, "")} - {""}

    def _proves(self, path: Path, key: str, sha256: str, md5: str) -> str:
        head = self._head(key)
        etag = head.get("ETag", "").strip('"') if head else ""
        if md5 and etag == md5 and self.put_capabilities.etag == MD5:
            return ETAG
        if "-" in etag and self.parts_capabilities.etag == MD5_OF_MD5S and etag == etag_of_file(path, sha256):
            return ETAG
        return READ_BACK if self.sha256_at(key) == sha256 else ""
