"""Objects in S3 or in a store that speaks its language; nothing is believed that this store was not seen to do."""

import base64
import contextlib
import hashlib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

from dsqc.errors import StorageFault, SystemFault
from dsqc.station import S3Options
from dsqc.storage import s3
from dsqc.storage.store import BUFFER_BYTES, ObjectInfo, ObjectStore, changed_file, damaged_object

PART_BYTES = 16 << 20
"""Smaller files go in one request, whose ETag is the MD5. Also the memory of one part."""
MOST_PARTS = 10_000
PARTS_IN_FLIGHT = 4
"""With the part being read: (4 + 1) x 16 MiB of memory, whatever the size of the file."""
PROBE = ".dsqc-probe"
"""An object that stays in the bucket: so probing needs no right to delete, and probes of many hosts do not clash."""
_TAKEN = frozenset({"PreconditionFailed", "412", "ConditionalRequestConflict", "409"})


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the store was seen to do: refuse a second write under ``If-None-Match: *``, in one request and in parts."""

    conditional_put: bool
    conditional_complete: bool


@dataclass(slots=True)
class _Digests:
    """What one reading of a file gives: SHA-256, and the ETag that S3 computes for the same parts."""

    sha256: Any
    part_md5s: list[bytes]

    @classmethod
    def begin(cls) -> "_Digests":
        return cls(hashlib.sha256(), [])

    def add(self, part: bytes) -> str:
        """Take one part; its Content-MD5."""
        self.sha256.update(part)
        md5 = hashlib.md5(part, usedforsecurity=False).digest()
        self.part_md5s.append(md5)
        return base64.b64encode(md5).decode("ascii")

    def etag(self, parts: bool) -> str:
        if not parts:
            return self.part_md5s[0].hex()
        joined = hashlib.md5(b"".join(self.part_md5s), usedforsecurity=False).hexdigest()
        return f"{joined}-{len(self.part_md5s)}"


class S3Store(ObjectStore):
    """A tier in a bucket, below a prefix."""

    def __init__(self, url: str, options: S3Options) -> None:
        super().__init__(url)
        self.bucket, self.prefix = s3.split_url(url)
        self._options = options

    @cached_property
    def _client(self) -> Any:
        return s3.client(self._options)

    @cached_property
    def capabilities(self) -> Capabilities:
        """Probed once an instance, before its first write."""
        key = self._full(PROBE)
        with s3.translated(self.url):
            self._put_probe(key)
            return Capabilities(self._put_probe(key), self._complete_probe(key))

    def size_of(self, key: str) -> int | None:
        """Size in bytes, asked of the store."""
        found = self._head(key)
        return None if found is None else int(found["ContentLength"])

    @contextlib.contextmanager
    def open_read(self, key: str) -> Iterator[BinaryIO]:
        """The bytes as they arrive."""
        with s3.translated(f"{self.url}/{key}"):
            body = self._client.get_object(Bucket=self.bucket, Key=self._full(key))["Body"]
            with contextlib.closing(body):
                yield body

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
        """Multipart uploads that nobody finished; ``key`` is ``<key>?uploadId=<id>``, the size is not known (0)."""
        with s3.translated(self.url):
            pages = self._client.get_paginator("list_multipart_uploads").paginate(
                Bucket=self.bucket, Prefix=self._full("")
            )
            try:
                for page in pages:
                    for row in page.get("Uploads", ()):
                        yield ObjectInfo(f"{self._own(row['Key'])}?uploadId={row['UploadId']}", 0, row["Initiated"])
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
            self._client.abort_multipart_upload(Bucket=self.bucket, Key=self._full(key), UploadId=upload_id)

    def _full(self, key: str) -> str:
        return f"{self.prefix}/{key}" if self.prefix else key

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
            self._client.put_object(Bucket=self.bucket, Key=self._full(key), Body=data, ContentMD5=_content_md5(data))

    def _upload(self, path: Path, key: str, sha256: str) -> bool:
        digests = _Digests.begin()
        size = path.stat().st_size
        with path.open("rb") as file, s3.translated(f"{self.url}/{key}"):
            in_parts = size > PART_BYTES
            put = self._put_in_parts if in_parts else self._put_whole
            created = put(file, path, key, sha256, digests)
        if created:
            self._prove_upload(key, size, sha256, digests.etag(in_parts))
        return created

    def _put_whole(self, file: BinaryIO, path: Path, key: str, sha256: str, digests: _Digests) -> bool:
        data = _read(file, path, PART_BYTES + 1)
        content_md5 = digests.add(data)
        if digests.sha256.hexdigest() != sha256:
            raise changed_file(path)
        condition = {"IfNoneMatch": "*"} if self.capabilities.conditional_put else {}
        with _unless_taken() as outcome:
            self._client.put_object(
                Bucket=self.bucket, Key=self._full(key), Body=data, ContentMD5=content_md5, **condition
            )
        return not outcome.taken

    def _put_in_parts(self, file: BinaryIO, path: Path, key: str, sha256: str, digests: _Digests) -> bool:
        where = {"Bucket": self.bucket, "Key": self._full(key)}
        condition = {"IfNoneMatch": "*"} if self.capabilities.conditional_complete else {}
        upload = {**where, "UploadId": self._client.create_multipart_upload(**where)["UploadId"]}
        try:
            parts = self._upload_parts(file, path, upload, digests)
            if digests.sha256.hexdigest() != sha256:
                raise changed_file(path)
            with _unless_taken() as outcome:
                self._client.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts}, **condition)
        except BaseException:
            self._abort(upload)
            raise
        if outcome.taken:
            self._abort(upload)
        return not outcome.taken

    def _upload_parts(
        self, file: BinaryIO, path: Path, upload: dict[str, str], digests: _Digests
    ) -> list[dict[str, Any]]:
        def send(number: int, data: bytes, content_md5: str) -> dict[str, Any]:
            answer = self._client.upload_part(**upload, PartNumber=number, Body=data, ContentMD5=content_md5)
            return {"PartNumber": number, "ETag": answer["ETag"]}

        size = part_size(path.stat().st_size)
        futures: list[Future[dict[str, Any]]] = []
        with ThreadPoolExecutor(PARTS_IN_FLIGHT, thread_name_prefix="dsqc-part") as pool:
            try:
                while data := _read(file, path, size):
                    if len(futures) >= PARTS_IN_FLIGHT:
                        futures[-PARTS_IN_FLIGHT].result()
                    futures.append(pool.submit(send, len(futures) + 1, data, digests.add(data)))
                return [future.result() for future in futures]
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    def _prove_upload(self, key: str, size: int, sha256: str, etag: str) -> None:
        """Ask the far end; an object that is not what was sent is taken away again: it was never announced."""
        head = self._head(key)
        if head is None or int(head["ContentLength"]) != size:
            raise damaged_object(self.url, key, "the store does not show what was uploaded")
        if head.get("ETag", "").strip('"') == etag or self.sha256_at(key) == sha256:
            return
        self.delete(key)
        raise StorageFault(
            f"{self.url}/{key}: the bytes arrived damaged; the object was removed.", hint="Run the same command again."
        )

    def _proves(self, path: Path, key: str, sha256: str, md5: str) -> bool:
        head = self._head(key)
        etag = head.get("ETag", "").strip('"') if head else ""
        if md5 and etag == md5:
            return True
        if "-" in etag and etag == _multipart_etag(path, sha256):
            return True
        return self.sha256_at(key) == sha256

    def _put_probe(self, key: str) -> bool:
        """Whether the store refuses the probe because it is there."""
        try:
            self._client.put_object(Bucket=self.bucket, Key=key, Body=b"", IfNoneMatch="*")
        except s3.network_errors() as error:
            return _refusal(error)
        return False

    def _complete_probe(self, key: str) -> bool:
        where = {"Bucket": self.bucket, "Key": key}
        upload = {**where, "UploadId": self._client.create_multipart_upload(**where)["UploadId"]}
        try:
            part = {"PartNumber": 1, "ETag": self._client.upload_part(**upload, PartNumber=1, Body=b"1")["ETag"]}
            self._client.complete_multipart_upload(**upload, MultipartUpload={"Parts": [part]}, IfNoneMatch="*")
        except s3.network_errors() as error:
            self._abort(upload)
            return _refusal(error)
        return False

    def _abort(self, upload: dict[str, str]) -> None:
        # Best effort: the store may be gone, or may know nothing of it any more. `dsqc storage sweep` finds what stays.
        with contextlib.suppress(*s3.network_errors()):
            self._client.abort_multipart_upload(**upload)


def _refusal(error: BaseException) -> bool:
    code = s3.error_code(error)
    if not code:
        raise error
    return code in _TAKEN


@dataclass(slots=True)
class _Outcome:
    taken: bool = False


@contextlib.contextmanager
def _unless_taken() -> Iterator[_Outcome]:
    """Another writer may win a conditional write: that is an outcome, not an error."""
    outcome = _Outcome()
    try:
        yield outcome
    except s3.network_errors() as error:
        outcome.taken = _refusal(error)
        if not outcome.taken:
            raise


def _read(file: BinaryIO, path: Path, size: int) -> bytes:
    try:
        return file.read(size)
    except OSError as error:
        raise SystemFault(f"{path} cannot be read: {error.strerror}.", hint="Transfer the submission again.") from error


def part_size(size: int) -> int:
    """Bytes of a part for a file of ``size`` bytes: 16 MiB, more only where 10,000 parts would not hold it."""
    mebibyte = 1 << 20
    needed = -(-size // MOST_PARTS)
    return max(PART_BYTES, -(-needed // mebibyte) * mebibyte)


def _multipart_etag(path: Path, sha256: str) -> str:
    digests = _Digests.begin()
    with path.open("rb", buffering=BUFFER_BYTES) as file:
        while part := file.read(part_size(path.stat().st_size)):
            digests.add(part)
    if digests.sha256.hexdigest() != sha256:
        raise changed_file(path)
    return digests.etag(parts=True) if digests.part_md5s else ""


def _content_md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode("ascii")
