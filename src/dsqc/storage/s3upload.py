"""How the bytes of one file get into a bucket: in one request, or in parts that a killed upload need not send again."""

import base64
import contextlib
import hashlib
import itertools
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from dsqc.errors import SystemFault, TransientFault
from dsqc.storage import s3
from dsqc.storage.capabilities import abort, unless_taken
from dsqc.storage.journal import UploadJournal
from dsqc.storage.layout import changed_file

PART_BYTES = 16 << 20
"""Smaller files go in one request, whose ETag is the MD5. Also the memory of one part."""
MOST_PARTS = 10_000
PARTS_IN_FLIGHT = 4
"""With the part being read: (4 + 1) x 16 MiB of memory, whatever the size of the file."""
MEBIBYTE = 1 << 20
TRIES = 3
LEFT_AFTER = timedelta(hours=1)
"""An upload that another machine began counts as left when no part has come for so long."""
COPY_BYTES = 1 << 30
"""Most that a store is asked to copy in one request; S3 allows 5 GiB."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of an upload.

    Attributes:
        created: false where another writer was first.
        answered_etag: what the store answered; empty where it gave none.
        etag: the ETag of exactly the bytes that were read, if the store makes it of MD5s.
        resumed_bytes: how much an earlier, killed upload had brought.
        whole: whether it went in one request.
    """

    created: bool
    answered_etag: str = ""
    etag: str = ""
    resumed_bytes: int = 0
    whole: bool = False


def part_size(size: int) -> int:
    """Bytes of a part for a file of ``size`` bytes: 16 MiB, more only where 10,000 parts would not hold it."""
    needed = -(-size // MOST_PARTS)
    return max(PART_BYTES, -(-needed // MEBIBYTE) * MEBIBYTE)


def put_whole(client: Any, where: dict[str, str], path: Path, sha256: str, *, conditional: bool) -> Sent:
    """Send a small file in one request.

    Raises:
        SystemFault: the file is not what ``sha256`` says; nothing was sent.
    """
    with path.open("rb", buffering=0) as file:
        # One byte more than the file should have, so that one that grew is noticed.
        data = read(file, path, path.stat().st_size + 1)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise changed_file(path)
    md5 = hashlib.md5(data, usedforsecurity=False)
    condition = {"IfNoneMatch": "*"} if conditional else {}
    answer: dict[str, Any] = {}
    with unless_taken() as outcome:
        answer = client.put_object(**where, Body=data, ContentMD5=_base64(md5.digest()), **condition)
    return Sent(not outcome.taken, answer.get("ETag", "").strip('"'), md5.hexdigest(), whole=True)


class PartsUpload:
    """One file on its way in parts.

    Parts of an earlier upload of the same object that arrived whole are kept, if its sender is gone: it is in this
    machine's journal and nobody holds it, or nothing has come for an hour.
    """

    def __init__(self, client: Any, where: dict[str, str], path: Path, sha256: str, journal: UploadJournal) -> None:
        self._client = client
        self._where = where
        self._path = path
        self._sha256 = sha256
        self._journal = journal
        self._upload: dict[str, str] = {}

    def put(self, *, conditional: bool, resumable: bool, replaces: bool = False) -> Sent:
        """Send what is missing and finish.

        Args:
            conditional: whether the store refuses to finish where something stands under the key.
            resumable: whether the store lists unfinished uploads and the MD5s of their parts.
            replaces: whether something stands there and is to be replaced.

        Raises:
            SystemFault: the file is not what its SHA-256 says; the object was not made.
            TransientFault: the upload was dropped under our hands, again and again.
        """
        for attempt in range(TRIES):
            arrived = self._find() if resumable and not attempt else {}
            if not self._upload:
                begun = self._client.create_multipart_upload(**self._where)
                self._upload = {**self._where, "UploadId": begun["UploadId"]}
            self._journal.note(self._upload["UploadId"])
            try:
                sent = self._send(arrived, conditional)
            except s3.network_errors() as error:
                if not _is_gone(error):
                    raise
            else:
                self._journal.forget()
                return sent
            # An answer that was lost had finished it, or somebody dropped it.
            self._upload = {}
            self._journal.forget()
            if not replaces and self._is_there():
                return Sent(created=False)
        raise TransientFault(
            f"s3://{self._where['Bucket']}/{self._where['Key']}: others drop our uploads.",
            hint="Run the same command again; find out who aborts uploads in this bucket.",
        )

    def _is_there(self) -> bool:
        try:
            self._client.head_object(**self._where)
        except s3.network_errors() as error:
            if s3.is_absent(error):
                return False
            raise
        return True

    def _send(self, arrived: dict[int, tuple[str, int]], conditional: bool) -> Sent:
        digest = hashlib.sha256()
        parts: list[dict[str, Any]] = []
        md5s: list[bytes] = []
        resumed = 0
        for number, (etag, md5, kept) in enumerate(self._parts(digest, arrived), start=1):
            parts.append({"PartNumber": number, "ETag": etag})
            md5s.append(md5)
            resumed += kept
        if digest.hexdigest() != self._sha256:
            abort(self._client, self._upload)
            self._journal.forget()
            raise changed_file(self._path)
        condition = {"IfNoneMatch": "*"} if conditional else {}
        answer: dict[str, Any] = {}
        with unless_taken() as outcome:
            answer = self._client.complete_multipart_upload(
                **self._upload, MultipartUpload={"Parts": parts}, **condition
            )
        if outcome.taken:
            abort(self._client, self._upload)
        return Sent(not outcome.taken, answer.get("ETag", "").strip('"'), etag_of_parts(md5s), resumed_bytes=resumed)

    def _parts(self, digest: Any, arrived: dict[int, tuple[str, int]]) -> Iterator[tuple[str, bytes, int]]:
        """ETag, MD5 and bytes that were there already, a part, in order; a few are under way at once."""
        whole = self._path.stat().st_size
        size = part_size(whole)
        waiting: deque[Future[tuple[str, bytes, int]]] = deque()
        # The same few buffers again and again: fresh memory for each part costs as much as hashing it.
        free = [bytearray(size) for _ in range(min(PARTS_IN_FLIGHT + 1, whole // size + 1))]
        with (
            self._path.open("rb", buffering=0) as file,
            ThreadPoolExecutor(PARTS_IN_FLIGHT, thread_name_prefix="dsqc-part") as pool,
        ):
            try:
                for number in itertools.count(1):
                    if number > len(free):
                        yield waiting.popleft().result()
                    data = fill(file, self._path, free[number % len(free)])
                    if not data:
                        break
                    waiting.append(pool.submit(self._send_part, number, data, arrived.get(number)))
                    # Hashed while the part is on its way: both release the interpreter's lock.
                    digest.update(data)
                while waiting:
                    yield waiting.popleft().result()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    def _send_part(self, number: int, data: bytearray, arrived: tuple[str, int] | None) -> tuple[str, bytes, int]:
        md5 = hashlib.md5(data, usedforsecurity=False).digest()
        if arrived == (md5.hex(), len(data)):
            return f'"{md5.hex()}"', md5, len(data)
        answer = self._client.upload_part(**self._upload, PartNumber=number, Body=data, ContentMD5=_base64(md5))
        return answer["ETag"], md5, 0

    def _find(self) -> dict[int, tuple[str, int]]:
        """The unfinished upload of this object that brought most, and MD5 and size of its parts by number."""
        best: dict[int, tuple[str, int]] = {}
        ours = self._journal.upload_id()
        for row in self._unfinished():
            upload = {**self._where, "UploadId": row["UploadId"]}
            parts, last = _listed(self._client, upload)
            left = datetime.now(UTC) - max(last, row["Initiated"]) > LEFT_AFTER
            if (row["UploadId"] == ours or left) and len(parts) > len(best):
                best, self._upload = parts, upload
        return best

    def _unfinished(self) -> list[dict[str, Any]]:
        key = self._where["Key"]
        found: list[dict[str, Any]] = []
        pages = self._client.get_paginator("list_multipart_uploads").paginate(Bucket=self._where["Bucket"], Prefix=key)
        # Some servers answer "no such upload" in a bucket that never saw one.
        with _unless_gone():
            for page in pages:
                found += [row for row in page.get("Uploads", ()) if row["Key"] == key]
        return found


@contextlib.contextmanager
def _unless_gone() -> Iterator[None]:
    try:
        yield
    except s3.network_errors() as error:
        if not _is_gone(error):
            raise


def _is_gone(error: BaseException) -> bool:
    # Ceph says the latter of the parts of an upload that is finished.
    return s3.error_code(error) in {"NoSuchUpload", "NoSuchKey"}


def parts_of(client: Any, upload: dict[str, str]) -> dict[int, tuple[str, int]]:
    """ETag and size of the parts that arrived, by number; none where the upload is gone."""
    return _listed(client, upload)[0]


def _listed(client: Any, upload: dict[str, str]) -> tuple[dict[int, tuple[str, int]], datetime]:
    """Parts as :func:`parts_of`, and when the last of them came."""
    parts: dict[int, tuple[str, int]] = {}
    last = datetime.min.replace(tzinfo=UTC)
    with _unless_gone():
        for page in client.get_paginator("list_parts").paginate(**upload):
            for row in page.get("Parts", ()):
                parts[row["PartNumber"]] = (row["ETag"].strip('"'), int(row["Size"]))
                last = max(last, row["LastModified"])
    return parts, last


def copy_inside(client: Any, source: dict[str, str], target: dict[str, str], size: int) -> None:
    """Have the store copy an object; in parts where it is too large for one request."""
    if size <= COPY_BYTES:
        client.copy_object(**target, CopySource=source)
        return
    upload = {**target, "UploadId": client.create_multipart_upload(**target)["UploadId"]}
    parts = []
    for number, start in enumerate(range(0, size, COPY_BYTES), start=1):
        end = min(start + COPY_BYTES, size) - 1
        answer = client.upload_part_copy(
            **upload, PartNumber=number, CopySource=source, CopySourceRange=f"bytes={start}-{end}"
        )
        parts.append({"PartNumber": number, "ETag": answer["CopyPartResult"]["ETag"]})
    client.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})


def etag_of_parts(md5s: list[bytes]) -> str:
    """The ETag that S3 gives an object of parts with these MD5s."""
    return f"{hashlib.md5(b''.join(md5s), usedforsecurity=False).hexdigest()}-{len(md5s)}"


def etag_of_file(path: Path, sha256: str) -> str:
    """The ETag that ``path`` has in S3 after an upload in our parts.

    Raises:
        SystemFault: the file is not what ``sha256`` says.
    """
    digest, md5s = hashlib.sha256(), []
    buffer = bytearray(part_size(path.stat().st_size))
    with path.open("rb", buffering=0) as file:
        while part := fill(file, path, buffer):
            digest.update(part)
            md5s.append(hashlib.md5(part, usedforsecurity=False).digest())
    if digest.hexdigest() != sha256:
        raise changed_file(path)
    return etag_of_parts(md5s) if md5s else ""


def read(file: BinaryIO, path: Path, size: int) -> bytes:
    """The next ``size`` bytes; fewer only at the end of the file."""
    return bytes(fill(file, path, bytearray(size)))


def fill(file: BinaryIO, path: Path, buffer: bytearray) -> bytearray:
    """``buffer`` filled with what comes next in ``file``; a shorter one at the end of the file.

    Raises:
        SystemFault: the file cannot be read.
    """
    filled = 0
    with memoryview(buffer) as view:
        try:
            while filled < len(buffer) and (got := file.readinto(view[filled:])):  # type: ignore[attr-defined]
                filled += got
        except OSError as error:
            raise SystemFault(
                f"{path} cannot be read: {error.strerror}.", hint="Transfer the submission again."
            ) from error
    return buffer if filled == len(buffer) else buffer[:filled]


def content_md5(data: bytes) -> str:
    """MD5 as the header ``Content-MD5`` wants it."""
    return _base64(hashlib.md5(data, usedforsecurity=False).digest())


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode("ascii")
