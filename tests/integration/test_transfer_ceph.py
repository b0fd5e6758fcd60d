"""Transfers from a store whose ETags of objects in parts are no checksums, as those of Amazon are."""

import base64
import hashlib

import pytest

from dsqc.artefact import read_json
from dsqc.stages.transfer import transfer
from helpers.sources import visible, write_source

pytestmark = pytest.mark.ceph

LARGE = bytes(range(251)) * ((6 << 20) // 251)
MD5 = hashlib.md5(LARGE)


def in_parts(client, bucket: str, key: str, data: bytes, metadata: dict[str, str]) -> None:
    """Upload in two parts: the ETag is no MD5 then."""
    half = 5 << 20
    assert len(data) > half
    place = {"Bucket": bucket, "Key": key}
    upload_id = client.create_multipart_upload(**place, Metadata=metadata)["UploadId"]
    parts = []
    for number, body in enumerate((data[:half], data[half:]), 1):
        answer = client.upload_part(**place, UploadId=upload_id, PartNumber=number, Body=body)
        parts.append({"ETag": answer["ETag"], "PartNumber": number})
    client.complete_multipart_upload(**place, UploadId=upload_id, MultipartUpload={"Parts": parts})


@pytest.mark.parametrize(
    ("metadata", "readings"),
    [
        ({}, 2),
        ({"Md5chksum": base64.b64encode(MD5.digest()).decode()}, 1),
        ({"s3cmd-attrs": f"atime:1764547200/ctime:1764547200/md5:{MD5.hexdigest()}/mode:33188"}, 1),
        ({"md5chksum": base64.b64encode(b"0" * 16).decode()}, 2),
    ],
)
def test_what_the_uploader_stated_proves_an_object_in_parts(ceph_bucket, tmp_path, metadata, readings):
    """Otherwise it is read twice; a wrong statement says nothing."""
    source = write_source(tmp_path / "source", {"a_R1.fastq": LARGE}, [{"file_name": "a_R1.fastq"}])
    client = ceph_bucket.server.client()
    for name in ("submission.tsv", "file.tsv"):
        client.put_object(Bucket=ceph_bucket.name, Key=name, Body=(source / name).read_bytes())
    in_parts(client, ceph_bucket.name, "a_R1.fastq", LARGE, metadata)
    result = transfer(ceph_bucket.url, tmp_path / "inbox", tmp_path / "results", s3=ceph_bucket.options)
    assert result.log.counts() == {"error": 0, "warning": 0, "info": 0}
    assert visible(tmp_path / "inbox")["a_R1.fastq"] == LARGE
    timing = read_json(tmp_path / "results" / "transfer.timing.json")
    (row,) = [row for row in timing["files"] if row["name"] == "a_R1.fastq"]
    assert row["fetched_bytes"] == readings * len(LARGE)
