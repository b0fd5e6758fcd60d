"""What an S3 store really does. Stores say yes to what they do not do, so each is asked to show it.

The probes leave two tiny objects in the bucket: so probing needs no right to delete, and hosts that probe at the same
time do not disturb each other.
"""

import base64
import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dsqc.errors import TransientFault
from dsqc.storage import s3

PROBE = ".dsqc-probe"
PARTS_PROBE = ".dsqc-probe-parts"
_BODY = b"dsqc probe"
_OTHER_SHA256 = base64.b64encode(hashlib.sha256(b"other bytes").digest()).decode("ascii")
TAKEN = frozenset({"PreconditionFailed", "412", "ConditionalRequestConflict", "409"})
"""Codes that say: something stands under this key already."""

MD5 = "md5"
MD5_OF_MD5S = "md5-of-md5s"
UNKNOWN = "unknown"
"""What the ETag of an object is: MD5 of its bytes; MD5 of the MD5s of its parts; something that proves nothing."""


@dataclass(frozen=True, slots=True)
class PutCapabilities:
    """Of objects that go in one request.

    Attributes:
        conditional: whether a second write under ``If-None-Match: *`` is refused.
        etag: what the ETag is.
    """

    conditional: bool
    etag: str


@dataclass(frozen=True, slots=True)
class PartsCapabilities:
    """Of objects that go in parts.

    Attributes:
        conditional: whether finishing under ``If-None-Match: *`` is refused where something stands.
        etag: what the ETag of the whole is.
        resumable: whether unfinished uploads and the MD5 of each of their parts are listed.
    """

    conditional: bool
    etag: str
    resumable: bool


@dataclass(frozen=True, slots=True)
class StoredChecksums:
    """Checksums that the store computes itself and gives back: a wrong one is refused, an unsaid one is known."""

    sha256: bool
    crc64nvme: bool


def probe_put(client: Any, bucket: str, prefix: str) -> PutCapabilities:
    """Write the probe twice, the second time only if it is not there."""
    where = {"Bucket": bucket, "Key": prefix + PROBE}
    etag = client.put_object(**where, Body=_BODY)["ETag"].strip('"')
    with unless_taken() as outcome:
        client.put_object(**where, Body=_BODY, IfNoneMatch="*")
    return PutCapabilities(outcome.taken, MD5 if etag == _md5(_BODY).hex() else UNKNOWN)


def probe_parts(client: Any, bucket: str, prefix: str) -> PartsCapabilities:
    """Write the probe in one part, twice, the second time only if it is not there."""
    where = {"Bucket": bucket, "Key": prefix + PARTS_PROBE}
    upload = {**where, "UploadId": client.create_multipart_upload(**where)["UploadId"]}
    parts = [{"PartNumber": 1, "ETag": client.upload_part(**upload, PartNumber=1, Body=_BODY)["ETag"]}]
    resumable = _lists_md5(client, upload)
    client.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    etag = client.head_object(**where)["ETag"].strip('"')
    kinds = {f"{_md5(_md5(_BODY)).hex()}-1": MD5_OF_MD5S, _md5(_BODY).hex(): MD5}
    return PartsCapabilities(_refuses_to_finish(client, where), kinds.get(etag, UNKNOWN), resumable)


def probe_checksums(client: Any, bucket: str, prefix: str) -> StoredChecksums:
    """Give a wrong SHA-256, and none for a CRC-64/NVME: a store that only repeats what it is told gives itself away."""
    return StoredChecksums(_knows_sha256(client, bucket, prefix), _knows_crc64nvme(client, bucket, prefix))


def _lists_md5(client: Any, upload: dict[str, str]) -> bool:
    found = client.list_multipart_uploads(Bucket=upload["Bucket"], Prefix=upload["Key"]).get("Uploads", ())
    if all(row["UploadId"] != upload["UploadId"] for row in found):
        return False
    listed = client.list_parts(**upload).get("Parts", ())
    return bool([part["ETag"].strip('"') for part in listed] == [_md5(_BODY).hex()])


def _refuses_to_finish(client: Any, where: dict[str, str]) -> bool:
    upload = {**where, "UploadId": client.create_multipart_upload(**where)["UploadId"]}
    parts = [{"PartNumber": 1, "ETag": client.upload_part(**upload, PartNumber=1, Body=_BODY)["ETag"]}]
    with unless_taken() as outcome:
        client.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts}, IfNoneMatch="*")
    if outcome.taken:
        abort(client, upload)
    return outcome.taken


def _knows_sha256(client: Any, bucket: str, prefix: str) -> bool:
    where = {"Bucket": bucket, "Key": prefix + PROBE}
    right = base64.b64encode(hashlib.sha256(_BODY).digest()).decode("ascii")
    if not _refused(client.put_object, **where, Body=_BODY, ChecksumAlgorithm="SHA256", ChecksumSHA256=_OTHER_SHA256):
        return False
    if _refused(client.put_object, **where, Body=_BODY, ChecksumAlgorithm="SHA256", ChecksumSHA256=right):
        return False
    return bool(client.head_object(**where, ChecksumMode="ENABLED").get("ChecksumSHA256") == right)


def _knows_crc64nvme(client: Any, bucket: str, prefix: str) -> bool:
    from dsqc.formats.checksums import Checksums

    where = {"Bucket": bucket, "Key": prefix + PARTS_PROBE}
    upload: dict[str, str] = dict(where)
    try:
        begun = client.create_multipart_upload(**where, ChecksumAlgorithm="CRC64NVME", ChecksumType="FULL_OBJECT")
        upload["UploadId"] = begun["UploadId"]
        parts = [{"PartNumber": 1, "ETag": client.upload_part(**upload, PartNumber=1, Body=_BODY)["ETag"]}]
        client.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    except s3.network_errors() as error:
        if not s3.error_code(error):
            raise
        if "UploadId" in upload:
            abort(client, upload)
        return False
    expected = Checksums()
    expected.update(_BODY)
    seen = client.head_object(**where, ChecksumMode="ENABLED").get("ChecksumCRC64NVME")
    return bool(seen == expected.crc64nvme)


def _refused(call: Any, **arguments: Any) -> bool:
    """Whether the store says no; what is not the store's word is raised."""
    try:
        call(**arguments)
    except s3.network_errors() as error:
        if not s3.error_code(error) or isinstance(s3.fault(error, ""), TransientFault):
            raise
        return True
    return False


def abort(client: Any, upload: dict[str, str]) -> None:
    """Give up an upload in parts; best effort, `dsqc storage sweep` finds what stays."""
    with contextlib.suppress(*s3.network_errors()):
        client.abort_multipart_upload(**upload)


@dataclass(slots=True)
class Outcome:
    """How a conditional write ended."""

    taken: bool = False


@contextlib.contextmanager
def unless_taken() -> Iterator[Outcome]:
    """Another writer may win a conditional write: that is an outcome, not an error."""
    outcome = Outcome()
    try:
        yield outcome
    except s3.network_errors() as error:
        if s3.error_code(error) not in TAKEN:
            raise
        outcome.taken = True


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()
