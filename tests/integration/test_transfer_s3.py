"""Transfers from a real S3-compatible server."""

import os
import unicodedata
from pathlib import Path

import pytest
import stamina

from dsqc.artefact import read_json
from dsqc.cli.main import main
from dsqc.stages.transfer import transfer
from dsqc.station import S3Options
from dsqc.transfer.s3source import BLOCK_BYTES
from helpers.sources import md5, visible, write_source
from infra.s3 import s3_server as start_s3_server

pytestmark = pytest.mark.s3

NAME = "시료_R2.fastq"
DATA = {"a_R1.fastq": bytes(range(251)) * (2 * BLOCK_BYTES // 251) + b"tail", NAME: b"x", "empty.fastq": b""}


@pytest.fixture(autouse=True)
def _no_waiting():
    with stamina.set_testing(True, attempts=2, cap=True):
        yield


def upload(client, bucket: str, prefix: str, source: Path) -> None:
    for path in source.iterdir():
        client.put_object(Bucket=bucket, Key=f"{prefix}{path.name}", Body=path.read_bytes())


@pytest.mark.parametrize("prefix", ["", "in/KR-1/"])
def test_what_s3_holds_arrives_as_from_a_directory(s3_bucket, tmp_path, prefix):
    source = write_source(tmp_path / "source", DATA)
    upload(s3_bucket.server.client(), s3_bucket.name, prefix, source)
    here = transfer(str(source), tmp_path / "inbox-dir", tmp_path / "results-dir", submission="S")
    url = f"{s3_bucket.url}/{prefix}"
    there = transfer(url, tmp_path / "inbox", tmp_path / "results", submission="S", s3=s3_bucket.options)
    assert there.record == here.record
    assert there.log.counts() == {"error": 0, "warning": 0, "info": 0}
    assert visible(tmp_path / "inbox") == visible(tmp_path / "inbox-dir")
    again = transfer(url, tmp_path / "inbox", tmp_path / "results", submission="S", s3=s3_bucket.options)
    assert again.record == there.record
    assert read_json(tmp_path / "results" / "transfer.timing.json")["copied_bytes"] == 0


def test_a_changed_object_travels_again_and_others_do_not(s3_bucket, tmp_path):
    client = s3_bucket.server.client()
    source = write_source(tmp_path / "source", DATA)
    upload(client, s3_bucket.name, "", source)
    arguments = (s3_bucket.url, tmp_path / "inbox", tmp_path / "results")
    transfer(*arguments, s3=s3_bucket.options)
    client.put_object(Bucket=s3_bucket.name, Key=NAME, Body=b"other")
    result = transfer(*arguments, s3=s3_bucket.options)
    assert [row["code"] for row in result.record["findings"]] == ["DSQC-F006"]
    assert visible(tmp_path / "inbox")[NAME] == b"other"
    assert read_json(tmp_path / "results" / "transfer.timing.json")["copied_bytes"] == len(b"other")


def test_missing_unlisted_and_decomposed_names(s3_bucket, tmp_path):
    rows = [{"file_name": NAME, "md5": md5(b"x")}, {"file_name": "gone.fastq"}, {"file_name": "../a"}]
    source = write_source(tmp_path / "source", {}, rows)
    client = s3_bucket.server.client()
    upload(client, s3_bucket.name, "in/", source)
    client.put_object(Bucket=s3_bucket.name, Key=f"in/{unicodedata.normalize('NFD', NAME)}", Body=b"x")
    client.put_object(Bucket=s3_bucket.name, Key="in/other.txt", Body=b"x")
    client.put_object(Bucket=s3_bucket.name, Key="in/below/deep.fastq", Body=b"x")
    result = transfer(f"{s3_bucket.url}/in", tmp_path / "inbox", tmp_path / "results", s3=s3_bucket.options)
    codes = [(row["code"], row["value"]) for row in result.record["findings"]]
    assert sorted(codes) == [
        ("DSQC-F003", "gone.fastq"),
        ("DSQC-F004", "below/"),
        ("DSQC-F004", "other.txt"),
        ("DSQC-F014", "../a"),
    ]
    assert set(visible(tmp_path / "inbox")) == {"file.tsv", "submission.tsv", NAME}


def test_the_command_says_what_arrived(s3_bucket, tmp_path, capsys):
    upload(s3_bucket.server.client(), s3_bucket.name, "", write_source(tmp_path / "source", DATA))
    station = tmp_path / "station.toml"
    station.write_text(f'[s3]\nendpoint_url = "{s3_bucket.options.endpoint_url}"\n')
    arguments = ["transfer", s3_bucket.url, str(tmp_path / "inbox"), "-O", str(tmp_path / "results")]
    assert main([*arguments, "--station", str(station), "--lang", "en"]) == 0
    assert "copied 5; 0 errors" in capsys.readouterr().out


def test_keys_in_variables_of_the_stations_own(s3_bucket, tmp_path, monkeypatch):
    source = write_source(tmp_path / "source", DATA)
    upload(s3_bucket.server.client(), s3_bucket.name, "", source)
    for name, own in (("AWS_ACCESS_KEY_ID", "OWN_ACCESS"), ("AWS_SECRET_ACCESS_KEY", "OWN_SECRET")):
        monkeypatch.setenv(own, os.environ[name])
        monkeypatch.setenv(name, "of-somebody-else")
    endpoint = s3_bucket.options.endpoint_url
    options = S3Options(endpoint_url=endpoint, access_key_env="OWN_ACCESS", secret_key_env="OWN_SECRET")
    transfer(s3_bucket.url, tmp_path / "inbox", tmp_path / "results", s3=options)
    assert visible(tmp_path / "inbox") == visible(source)


@pytest.mark.parametrize(
    "wrong", [("AWS_SECRET_ACCESS_KEY", "a-very-wrong-secret"), ("AWS_ACCESS_KEY_ID", "nobody")], ids=["secret", "key"]
)
def test_wrong_credentials_are_said_without_the_secret(s3_bucket, tmp_path, monkeypatch, capsys, wrong):
    upload(s3_bucket.server.client(), s3_bucket.name, "", write_source(tmp_path / "source", DATA))
    monkeypatch.setenv(*wrong)
    assert main(["transfer", s3_bucket.url, str(tmp_path / "inbox")]) == 1
    captured = capsys.readouterr()
    assert "AWS_SECRET_ACCESS_KEY" in captured.err
    assert "a-very-wrong-secret" not in captured.err + captured.out
    assert visible(tmp_path / "inbox") == {}


@pytest.mark.parametrize("url", ["s3://no-such-bucket/x", "{bucket}/no/such/prefix"])
def test_a_source_that_does_not_exist_is_a_wrong_call(s3_bucket, tmp_path, capsys, url):
    assert main(["transfer", url.format(bucket=s3_bucket.url), str(tmp_path / "inbox")]) == 2
    assert "s3://" in capsys.readouterr().err


def test_a_server_that_dies_leaves_a_transfer_that_goes_on(tmp_path, monkeypatch, capsys):
    source = write_source(tmp_path / "source", DATA)
    with start_s3_server(tmp_path / "server") as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        server.make_bucket("passing")
        upload(server.client(), "passing", "", source)
        monkeypatch.setattr("dsqc.transfer.events.Progress.begin", lambda _self, name, *_: stop_before(server, name))
        assert main(["transfer", "s3://passing", str(tmp_path / "inbox")]) == 1
        assert "cannot be reached" in capsys.readouterr().err
        assert (
            {"file.tsv", "submission.tsv"} <= set(visible(tmp_path / "inbox")) < {"file.tsv", "submission.tsv", *DATA}
        )


def stop_before(server, name: str) -> None:
    if name == "a_R1.fastq":
        server.stop()
