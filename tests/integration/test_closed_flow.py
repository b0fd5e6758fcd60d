"""A closed submission through the whole flow: nothing of its data in the clear on any disk of the station."""

import io
import json
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from sqlalchemy import delete

from dsqc.catalog.database import Catalog
from dsqc.catalog.models import EncryptionHeaderRecord
from dsqc.cli.main import main
from dsqc.crypt4gh import load_private, read_header
from dsqc.crypt4gh.header import opens
from dsqc.errors import ExitCode, SystemFault
from dsqc.model import Submission
from dsqc.stages.register import register
from dsqc.station import Station, load_station
from helpers.catalogs import actions, dump, problems
from helpers.closed import closed_copy, pieces_of, places_of, reads_of
from helpers.results import Judged, read
from helpers.stations import new_station

NAMES = ("rice-wgs", "yeast-cram")
DATA = ("*.fastq.gz", "*.cram")


def dsqc(*arguments: str | Path) -> int:
    return main([*map(str, arguments), "-q"])


def flow(source: Path, work: Path, station: Path) -> dict[str, Any]:
    """All stages of one submission by their commands; its receipt."""
    name = source.name
    inbox, results = work / "inbox" / name, work / "results" / name
    at = ("--station", station)
    assert dsqc("transfer", source, inbox, "--submission", name, "-O", results, *at) == ExitCode.DONE
    assert dsqc("validate", inbox, "--transfer", results / "transfer.json", "-O", results, *at) == ExitCode.DONE
    for run in Submission.from_dict(read(results / "submission.json")).runs():
        outdir = results / "runs" / run.key
        given = ("--submission", results / "submission.json", "--run", run.key, "--inbox", inbox)
        assert dsqc("qc", *given, "-O", outdir, *at) == ExitCode.DONE
    assert dsqc("judge", results, *at) == ExitCode.DONE
    assert dsqc("register", results, "--inbox", inbox, *at) == ExitCode.DONE
    found: dict[str, Any] = read(results / "receipt.json")
    return found


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A station that has taken two closed submissions; temporary files went into ``tmp`` there. For reading only."""
    path = tmp_path_factory.mktemp("closed")
    for folder in ("source", "tmp"):
        (path / folder).mkdir()
    new_station(path / "station", {})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(path / "tmp"))
        for name in NAMES:
            assert flow(closed_copy(name, path / "source" / name), path, path / "station")["registered"]
    return path


def data_of(work: Path) -> list[Path]:
    return sorted(path for pattern in DATA for path in (work / "source").rglob(pattern))


def station_of(work: Path) -> Station:
    return load_station(work / "station")


def test_no_piece_of_the_data_stands_anywhere(work: Path) -> None:
    pieces = pieces_of(data_of(work))
    pieces += [piece for path in data_of(work) if path.suffix == ".gz" for piece in reads_of(path)]
    assert len(pieces) > 2000
    assert places_of(pieces[:1] + pieces[-1:], work / "source") != []  # the search finds what is there
    assert places_of(pieces, *(work / name for name in ("inbox", "results", "station", "tmp"))) == []


def test_the_results_are_those_of_the_open_data(work: Path, tmp_path: Path) -> None:
    source = tmp_path / "rice-wgs"
    closed_copy("rice-wgs", source, "open")
    new_station(tmp_path / "station", {})
    receipt = flow(source, tmp_path, tmp_path / "station")
    assert all("encoding" not in item for item in receipt["objects"])
    for path in sorted((tmp_path / "results").rglob("*.dsqc.json")):
        assert read(work / path.relative_to(tmp_path)) == read(path)
    objects = sorted(
        path.read_bytes() for path in (tmp_path / "station/store/public/objects").rglob("*") if path.is_file()
    )
    assert objects == sorted(path.read_bytes() for path in source.glob("*.gz"))


def test_bodies_stand_under_their_own_digest_and_without_header(work: Path) -> None:
    manifest = read(next((work / "station/store/closed/submissions").glob("*1/manifest.json")))
    schema = json.loads(files("dsqc.schemas").joinpath("reports/manifest.schema.json").read_text(encoding="utf-8"))
    jsonschema_rs.validate(schema, manifest)
    for item in manifest["objects"]:
        assert item["key"].endswith(item["stored_sha256"])
        stored = work / "station/store/closed" / item["key"]
        assert stored.stat().st_size == item["stored_size_bytes"]
        assert not stored.read_bytes().startswith(b"crypt4gh")
        header = work / "station/store/headers/headers" / Path(item["key"]).relative_to("objects/sha256")
        assert read_header(io.BytesIO(header.read_bytes()), "header") == header.read_bytes()
    assert problems(station_of(work)) == []
    assert dsqc("storage", "verify", "--station", work / "station") == ExitCode.DONE


def test_an_export_is_for_its_recipient_alone(work: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("recipient", "outsider"):
        assert dsqc("storage", "keygen", tmp_path / name) == ExitCode.DONE
    capsys.readouterr()
    given = ("--to", tmp_path / "recipient.pub", "-o", tmp_path / "out", "--by", "kim", "--reason", "agreement 7")
    assert dsqc("storage", "export", "KRA00000001", *given, "--station", work / "station", "--json") == ExitCode.DONE
    told = json.loads(capsys.readouterr().out)
    schema = files("dsqc.schemas").joinpath("reports/storage_export.schema.json").read_text(encoding="utf-8")
    jsonschema_rs.validate(json.loads(schema), told)
    for row in told["files"]:
        sealed = tmp_path / "out" / row["name"]
        assert sealed.stat().st_size == row["size_bytes"]
        opened = tmp_path / "opened" / row["name"].removesuffix(".c4gh")
        assert dsqc("storage", "open", sealed, "--key", tmp_path / "recipient.sec", "-o", opened) == ExitCode.DONE
        assert opened.read_bytes() == (work / "source/rice-wgs" / opened.name).read_bytes()
    theirs = [sys.executable, "-m", "crypt4gh", "decrypt", "--sk", str(tmp_path / "recipient.sec")]
    done = subprocess.run(theirs, input=sealed.read_bytes(), capture_output=True, check=True)
    assert done.stdout == opened.read_bytes()

    nowhere = tmp_path / "never"
    assert dsqc("storage", "open", sealed, "--key", tmp_path / "outsider.sec", "-o", nowhere) == ExitCode.USAGE
    assert "is not encrypted to this key" in capsys.readouterr().err
    assert not nowhere.exists()
    assert actions(station_of(work), "rice-wgs")[-1] == "exported"
    assert dsqc("catalog", "history", "KRA00000001", "--verify", "--station", work / "station") == ExitCode.DONE


def test_a_damaged_object_is_not_exported(work: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(work / "station", tmp_path / "station")
    dsqc("storage", "keygen", tmp_path / "r")
    target = max((tmp_path / "station/store/closed/objects").rglob("*"), key=lambda path: path.stat().st_size)
    target.chmod(0o644)
    content = bytearray(target.read_bytes())
    content[100] ^= 1
    target.write_bytes(content)
    for accession in ("KRA00000001", "KRA00000002"):
        given = ("--to", tmp_path / "r.pub", "-o", tmp_path / accession, "--station", tmp_path / "station")
        dsqc("storage", "export", accession, *given)
    assert capsys.readouterr().err.count("is damaged") == 1
    exported = [path for name in ("KRA00000001", "KRA00000002") for path in (tmp_path / name).glob("*.c4gh")]
    assert len(exported) < 5
    assert not any(content[:50] in path.read_bytes() for path in exported)


def rotated(station: Path, old: Path, new: Path) -> None:
    """Name a new pair of keys in ``station.toml``."""
    text = (station / "station.toml").read_text(encoding="utf-8")
    said = f'public_key = "{new}.pub"\nprivate_key = "{new}.sec"\nprevious_private_keys = ["{old}.sec"]\n'
    (station / "station.toml").write_text(text.replace("[closed]\n", f"[closed]\n{said}", 1), encoding="utf-8")


def test_rotation_goes_on_after_a_kill_and_leaves_nothing_to_the_old_key(
    work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    station = tmp_path / "station"
    shutil.copytree(work / "station", station)
    old, new = station / "keys/station", tmp_path / "new"
    dsqc("storage", "keygen", new)
    rotated(station, old, new)
    bodies = {path: path.read_bytes() for path in (station / "store/closed").rglob("*") if path.is_file()}

    import dsqc.stages.closed as stage

    write, left = stage.write_stored_header, iter(range(3))

    def killed(*arguments: Any) -> None:
        write(*arguments)
        if next(left, None) is None:
            raise KeyboardInterrupt

    monkeypatch.setattr(stage, "write_stored_header", killed)
    assert dsqc("storage", "rotate", "--station", station) == ExitCode.INTERRUPTED
    monkeypatch.undo()
    capsys.readouterr()
    assert dsqc("storage", "rotate", "--station", station, "--json") == ExitCode.DONE
    told = json.loads(capsys.readouterr().out)
    schema = files("dsqc.schemas").joinpath("reports/storage_rotate.schema.json").read_text(encoding="utf-8")
    jsonschema_rs.validate(json.loads(schema), told)
    assert 0 < told["headers"] <= 5
    assert told["failed"] == []

    keys = [load_private(Path(f"{name}.sec"), lambda: "") for name in (new, old)]
    headers = [path.read_bytes() for path in (station / "store/headers").rglob("*") if path.is_file()]
    headers += [row["header"] for row in dump(load_station(station))["encryption_header"]]
    assert [[opens(header, key) for key in keys] for header in headers] == [[True, False]] * 10
    assert {path: path.read_bytes() for path in (station / "store/closed").rglob("*") if path.is_file()} == bodies
    Path(f"{old}.sec").unlink()
    text = (station / "station.toml").read_text(encoding="utf-8")
    (station / "station.toml").write_text(text.replace('previous_private_keys = ["', '# ["'), encoding="utf-8")
    dsqc("storage", "keygen", tmp_path / "r")
    given = ("--to", tmp_path / "r.pub", "-o", tmp_path / "out", "--station", station)
    assert dsqc("storage", "export", "KRA00000001", *given) == ExitCode.DONE
    assert "rotated" in actions(load_station(station), "rice-wgs")
    assert dsqc("catalog", "history", "KRA00000001", "--verify", "--station", station) == ExitCode.DONE


def test_rotation_without_the_old_key_says_what_it_needs(
    work: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    station = tmp_path / "station"
    shutil.copytree(work / "station", station)
    dsqc("storage", "keygen", tmp_path / "new")
    dsqc("storage", "keygen", tmp_path / "wrong")
    rotated(station, tmp_path / "wrong", tmp_path / "new")
    before = dump(load_station(station))
    assert dsqc("storage", "rotate", "--station", station) == ExitCode.FAULT
    assert "keep the keys of before" in capsys.readouterr().out
    assert dump(load_station(station)) == before


def test_headers_apart_open_what_a_catalog_without_them_knows(work: Path, tmp_path: Path) -> None:
    station = tmp_path / "station"
    shutil.copytree(work / "station", station)
    with Catalog.open(load_station(station)) as catalog:
        catalog.write(lambda session: session.execute(delete(EncryptionHeaderRecord)))
    dsqc("storage", "keygen", tmp_path / "r")
    given = ("--to", tmp_path / "r.pub", "-o", tmp_path / "out", "--station", station)
    assert dsqc("storage", "export", "KAR00000001", *given) == ExitCode.DONE
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_the_same_content_again_uses_the_object_that_is_there(tmp_path: Path) -> None:
    station = new_station(tmp_path / "station", {}).station
    first = Judged(access="closed")
    register(*first.write(tmp_path / "one", station), station)
    objects = sorted(path.name for path in (tmp_path / "station/store/closed/objects").rglob("*") if path.is_file())
    second = Judged(name="other-2026", email="lee@other.ac.kr", access="closed")
    receipt = register(*second.write(tmp_path / "two", station), station).receipt
    assert receipt["registered"]
    after = sorted(path.name for path in (tmp_path / "station/store/closed/objects").rglob("*") if path.is_file())
    assert after == objects
    assert problems(station) == []


@pytest.mark.parametrize("broken", ["write_stored_header", "keep_headers"])
def test_a_registration_that_dies_between_its_steps_ends_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    import dsqc.stages._register_closed as closed
    import dsqc.stages.register as stage

    station = new_station(tmp_path / "station", {}).station
    results, inbox = Judged(access="closed").write(tmp_path, station)

    def dies(*_arguments: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(closed if broken == "write_stored_header" else stage, broken, dies)
    with pytest.raises(KeyboardInterrupt):
        register(results, inbox, station)
    assert dump(station)["object"] == []
    monkeypatch.undo()
    assert register(results, inbox, station).registered
    assert len(dump(station)["encryption_header"]) == 3
    assert problems(station) == []
    objects = [path for path in (tmp_path / "station/store/closed/objects").rglob("*") if path.is_file()]
    assert len(objects) == 3


def test_tier_and_encryption_go_together_both_ways(tmp_path: Path) -> None:
    station = new_station(tmp_path / "station", {}).station
    with pytest.raises(SystemFault, match=r"transferred in the clear \(DSQC-P015\)"):
        register(*Judged(access="closed").write(tmp_path / "plain"), station)
    results, inbox = Judged(access="closed").write(tmp_path / "sealed", station)
    judged = Judged(access="open")
    judged.write(tmp_path / "sealed")
    shutil.copy(tmp_path / "sealed/results/rice-2026/transfer.json", tmp_path / "open.json")
    Judged(access="closed").write(tmp_path / "sealed", station)
    submission = judged.submission().to_dict()
    (results / "submission.json").write_text(json.dumps(submission), encoding="utf-8")
    judged.write_verdict(results)
    with pytest.raises(SystemFault, match=r"this one is open \(DSQC-P015\)"):
        register(results, inbox, station)
    stored = [path for path in (tmp_path / "station/store").rglob("objects/**/*") if path.is_file()]
    assert stored == []


@pytest.mark.s3
def test_a_closed_tier_in_s3_holds_bodies(tmp_path: Path, s3_bucket: Any) -> None:
    urls = {
        "public": f"{s3_bucket.url}/public",
        "closed": f"{s3_bucket.url}/closed",
        "headers": f"{s3_bucket.url}/headers",
    }
    made = new_station(tmp_path / "station", {}).station
    station = made.model_copy(update={"tiers": made.tiers.model_copy(update=urls), "s3": s3_bucket.options})
    judged = Judged(access="closed")
    receipt = register(*judged.write(tmp_path, station), station).receipt
    assert receipt["registered"]
    assert problems(station) == []
    client = s3_bucket.server.client()
    for item in receipt["objects"]:
        body = client.get_object(Bucket=s3_bucket.name, Key=f"closed/{item['key']}")["Body"].read()
        assert (tmp_path / "inbox/rice-2026" / f"{item['name']}.c4gh").read_bytes().endswith(body)
        assert len(body) == item["stored_size_bytes"]
        assert judged.bytes_of(item["name"]) not in body
