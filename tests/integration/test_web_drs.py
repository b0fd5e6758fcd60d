"""GA4GH DRS over a real server: what its specification asks for, bytes from S3 and from a directory, and no more."""

import hashlib
import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jsonschema_rs
import pytest

from conftest import Bucket
from dsqc.catalog.access.log import entries, verify_access_chain
from dsqc.catalog.database import Catalog
from dsqc.station import load_station
from helpers.results import Judged
from helpers.serving import Client, Server, served
from helpers.stations import new_station
from helpers.stocked import judged, stock

pytestmark = pytest.mark.s3
DRS = "/ga4gh/drs/v1"
SPECIFICATION = json.loads(Path(__file__).with_name("ga4gh_drs_1_5.json").read_text(encoding="utf-8"))


def check(name: str, document: Any) -> None:
    """Against a schema of the specification."""
    jsonschema_rs.validate({**SPECIFICATION, "$ref": f"#/$defs/{name}"}, document)


@pytest.fixture
def server(s3_bucket: Bucket, tmp_path: Path) -> Iterator[tuple[Server, Judged, dict[str, list[str]]]]:
    """Rice is released and held-one is held, each in a bucket and in a directory."""
    made = new_station(tmp_path / "station", {"public": s3_bucket.url})
    settings = f'[copies.public]\nsecond = "second"\n[s3]\nendpoint_url = "{s3_bucket.options.endpoint_url}"\n'
    text = made.file.read_text(encoding="utf-8").replace("[s3]\n", settings)
    made.file.write_text(text, encoding="utf-8")
    station = load_station(made.file)
    submissions = {name: item for name, item in judged().items() if name in ("rice", "held")}
    stocked, _ids, runs = stock(station, tmp_path, submissions)
    with served(stocked, tmp_path / "log") as started:
        yield started, submissions["rice"], runs


def test_released_data_is_served_as_the_specification_says_and_nothing_else(
    server: tuple[Server, Judged, dict[str, list[str]]],
) -> None:
    """One test, because its server and its bucket take longer than all that is asked of them."""
    check_objects(*server)
    check_ranges(*server)
    check_log(*server)


def check_objects(started: Server, rice: Judged, runs: dict[str, list[str]]) -> None:
    """Service, bundle and blobs against the specification; bytes by every access method."""
    client = started.client()
    information = client.get(f"{DRS}/service-info")
    check("Service", json.loads(information.text))
    assert json.loads(information.text)["type"] == {"group": "org.ga4gh", "artifact": "drs", "version": "1.5.0"}

    bundle = json.loads(client.get(f"{DRS}/objects/{runs['rice'][0]}").text)
    check("DrsObject", bundle)
    content = {name: rice.bytes_of(name) for name in rice.file_names()[:2]}
    assert {item["name"]: item["id"] for item in bundle["contents"]} == {
        name: hashlib.sha256(data).hexdigest() for name, data in content.items()
    }
    assert bundle["size"] == sum(len(data) for data in content.values())
    for kind, function in (("sha-256", hashlib.sha256), ("md5", hashlib.md5)):
        joined = "".join(sorted(function(data).hexdigest() for data in content.values()))
        assert {"type": kind, "checksum": function(joined.encode()).hexdigest()} in bundle["checksums"]

    for item in bundle["contents"]:
        blob = json.loads(client.get(f"{DRS}/objects/{item['id']}").text)
        check("DrsObject", blob)
        assert blob["self_uri"] == f"drs://{urlsplit(started.origin).netloc}/{item['id']}"
        assert {"type": "md5", "checksum": hashlib.md5(content[item["name"]]).hexdigest()} in blob["checksums"]
        fetched = [fetch(client, blob["id"], method) for method in blob["access_methods"]]
        assert fetched == [content[item["name"]]] * 2


def fetch(client: Client, object_id: str, method: dict[str, Any]) -> bytes:
    """The bytes as a DRS client gets them: by a presigned URL of the bucket, or from the server."""
    if "access_id" in method:
        answer = json.loads(client.get(f"{DRS}/objects/{object_id}/access/{method['access_id']}").text)
        check("AccessURL", answer)
        asked = parse_qs(urlsplit(answer["url"]).query)
        assert asked["X-Amz-Expires"] == ["3600"]
    else:
        answer = method["access_url"]
    with urllib.request.urlopen(answer["url"], timeout=60) as response:
        return bytes(response.read())


def check_ranges(started: Server, rice: Judged, runs: dict[str, list[str]]) -> None:
    """Ranges and HEAD; what is held, unknown or in no such place is not there."""
    client = started.client()
    name = rice.file_names()[0]
    data = rice.bytes_of(name)
    path = f"/data/{hashlib.sha256(data).hexdigest()}"
    part = client.get(path, Range="bytes=3-9")
    assert (part.status, part.body) == (206, data[3:10])
    assert part.headers["content-range"] == f"bytes 3-9/{len(data)}"
    assert client.get(path, Range=f"bytes={len(data)}-").status == 416
    head = client.request("HEAD", path)
    assert (head.status, head.headers["content-length"], head.body) == (200, str(len(data)), b"")
    assert name in head.headers["content-disposition"]
    assert head.headers["content-security-policy"]
    assert head.headers["access-control-allow-origin"] == "*"

    held = judged()["held"]
    digest = hashlib.sha256(held.bytes_of(held.file_names()[0])).hexdigest()
    for missing in (
        f"/data/{digest}",
        f"{DRS}/objects/{digest}",
        f"{DRS}/objects/{digest}/access/public",
        f"{DRS}/objects/{runs['held'][0]}",
        f"{DRS}/objects/{'0' * 64}",
        f"{DRS}/objects/{hashlib.sha256(data).hexdigest()}/access/closed",
    ):
        answer = client.get(missing)
        assert answer.status == 404, missing
        if missing.startswith(DRS):
            check("Error", json.loads(answer.text))


def check_log(started: Server, rice: Judged, runs: dict[str, list[str]]) -> None:
    """What was handed over stands in the access log, once a file and way: not HEAD, not a range from the middle."""
    with Catalog.open(started.station) as catalog, catalog.reading() as session:
        found = entries(session)
        assert verify_access_chain(found) == []
        said = [(item.recipient, item.accession, item.files, item.size_bytes) for item in found]
    sizes = [len(rice.bytes_of(name)) for name in rice.file_names()[:2]]
    # Each of the run's two files from the bucket and from the directory.
    assert sorted(said) == sorted(("anybody", runs["rice"][0], 1, size) for size in sizes * 2)
