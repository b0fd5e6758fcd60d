"""Transfers from a real S3 server over a line that breaks in every way, and of processes that are killed."""

import json
import random
import signal
import time
from datetime import datetime, timedelta
from importlib.resources import files

import jsonschema_rs
import pytest
import stamina

from dsqc.artefact import read_json
from dsqc.cli.main import main
from dsqc.transfer.parts import PART_BYTES
from helpers.live import START_TIMEOUT_S, events_in, start, wait_for_event
from helpers.sources import visible, write_source
from infra.faulty import answer, faulty_proxy, flip, reset, stall

pytestmark = pytest.mark.s3

LARGE = "a_R1.fastq"
RANDOM = random.Random(5)
DATA = {LARGE: RANDOM.randbytes(2 * PART_BYTES + 12_345), "긴" * 83 + ".fastq": b"x" * 70_000, "empty.fastq": b""}
SIZE = sum(map(len, DATA.values()))
OF_LARGE = rb"GET /\S+a_R1"


@pytest.fixture(scope="module")
def stocked(s3_server):
    """A bucket that holds ``DATA`` as a submission without checksums in the sheet."""
    url = s3_server.make_bucket("faults")
    write_source(s3_server.data / "faults", DATA, [{"file_name": name} for name in DATA])
    return url


@pytest.fixture
def line(s3_server, stocked, monkeypatch):
    """A proxy to the server; whatever runs below uses it."""
    with faulty_proxy(s3_server.endpoint) as proxy:
        for name, value in {**s3_server.environment, "AWS_ENDPOINT_URL": proxy.endpoint}.items():
            monkeypatch.setenv(name, value)
        yield proxy


@pytest.fixture
def run(stocked, tmp_path):
    def run(*options: str) -> int:
        with stamina.set_testing(True, attempts=8, cap=True):
            return main(["transfer", stocked, str(tmp_path / "inbox"), "--lang", "en", *options])

    return run


def arrived(tmp_path) -> dict[str, bytes]:
    return {name: content for name, content in visible(tmp_path / "inbox").items() if name in DATA}


def fetched(tmp_path) -> int:
    return read_json(tmp_path / "inbox" / ".dsqc" / "transfer.timing.json")["fetched_bytes"]


@pytest.mark.parametrize(
    ("faults", "said"),
    [
        ([reset(3_000_000, when=OF_LARGE, times=5)], "the connection broke"),
        ([reset(when=OF_LARGE, times=3)], "the connection broke"),
        ([stall(2_000_000, when=OF_LARGE, times=2)], "nothing came for 1 seconds"),
        ([answer(503, when=rb"^GET", times=5), answer(503, when=OF_LARGE, times=5)], "out of order (SlowDown)"),
        ([answer(500, "InternalError", when=OF_LARGE, times=4)], "InternalError"),
    ],
    ids=["resets", "resets at once", "stalls", "503 storm", "500"],
)
def test_what_passes_is_tried_again_from_the_byte_that_came_last(line, run, tmp_path, capsys, faults, said):  # noqa: PLR0917
    line.plan(*faults)
    assert run("--stall-timeout", "1") == 0
    assert arrived(tmp_path) == DATA
    assert said in capsys.readouterr().err
    assert sum(fault.times for fault in faults) == 0
    assert fetched(tmp_path) < SIZE + 10_000


def test_a_bucket_in_another_region_is_found_by_botocore(line, run, tmp_path):
    line.plan(answer(301, "PermanentRedirect", when=OF_LARGE))
    assert run() == 0
    assert line.fired == ["answer 301"]
    assert arrived(tmp_path) == DATA


def test_a_byte_flipped_on_the_way_costs_its_part(line, run, tmp_path, capsys):
    line.plan(flip(PART_BYTES // 2, when=OF_LARGE))
    assert run() == 0
    assert arrived(tmp_path) == DATA
    assert line.fired == ["flip"]
    assert "were damaged and are fetched again" in capsys.readouterr().err


def test_a_file_that_is_refused_is_listed_and_the_others_come(line, run, tmp_path, capsys):
    line.plan(answer(403, "AccessDenied", when=OF_LARGE, times=99))
    assert run() == 3
    assert set(arrived(tmp_path)) == set(DATA) - {LARGE}
    printed = capsys.readouterr()
    assert "DSQC-F019" in printed.out
    assert "access is denied" in printed.out
    line.plan()
    assert run() == 0
    assert arrived(tmp_path) == DATA


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("ExpiredToken", "Get new ones and run the same command again"),
        ("RequestTimeTooSkewed", "Set this machine's clock"),
    ],
)
def test_a_store_that_refuses_in_the_middle_leaves_what_has_come(line, run, tmp_path, capsys, code, hint):  # noqa: PLR0917
    # The third part of the large file is refused: the first two stay.
    line.plan(answer(403, code, when=OF_LARGE + rb"(?s:.*)bytes=%d-" % (2 * PART_BYTES), times=99))
    assert run("--parallel", "1") == 1
    printed = capsys.readouterr().err
    assert hint in printed
    assert "The same command goes on from here." in printed
    line.plan()
    assert run() == 0
    assert arrived(tmp_path) == DATA
    assert fetched(tmp_path) <= SIZE - 2 * PART_BYTES


def test_a_network_that_is_gone_ends_the_run_and_the_next_goes_on(line, run, tmp_path, capsys, monkeypatch):
    def cut(_self, name: str, _offset: int, length: int) -> None:
        if name == LARGE and length == PART_BYTES:
            line.cut()

    with monkeypatch.context() as patch:
        patch.setattr("dsqc.transfer.events.Progress.part", cut)
        assert run("--retries", "1", "--parallel", "1") == 1
    assert "cannot be reached" in capsys.readouterr().err
    assert LARGE not in arrived(tmp_path)
    line.mend()
    assert run() == 0
    assert arrived(tmp_path) == DATA
    assert fetched(tmp_path) <= SIZE - PART_BYTES


def test_killed_again_and_again_it_sends_little_twice(line, stocked, tmp_path):
    """kill -9 at random moments; every run goes on where the last one was."""
    command = ("transfer", stocked, tmp_path / "inbox", "--parallel", "2", "--limit-rate", "40M", "--events", "-")
    kills = 0
    while kills < 3:
        process = start(*command)
        wait_for_event(process, lambda event: event["event"] == "begin" and event["file"] == LARGE)
        time.sleep(RANDOM.uniform(0, 0.6))
        process.kill()
        process.communicate(timeout=START_TIMEOUT_S)
        kills += 1
        whole = arrived(tmp_path)
        assert whole.items() <= DATA.items(), "a file has its name before it is whole"
    process = start(*command)
    _out, log = process.communicate(timeout=START_TIMEOUT_S)
    assert process.returncode == 0, log
    assert arrived(tmp_path) == DATA
    # What a kill may cost: the two parts on their way.
    assert line.passed_down <= 1.2 * SIZE + kills * 2 * PART_BYTES
    assert list((tmp_path / "inbox" / ".dsqc" / "parts").iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_interrupt_ends_soon_says_how_to_go_on_and_keeps_what_came(line, stocked, run, tmp_path, number):
    process = start("transfer", stocked, tmp_path / "inbox", "--limit-rate", "8M", "--events", tmp_path / "events")
    while not (tmp_path / "events").exists() or not any(e["event"] == "begin" for e in events_in(tmp_path / "events")):
        assert process.poll() is None
        time.sleep(0.05)
    time.sleep(2)
    process.send_signal(number)
    _out, log = process.communicate(timeout=START_TIMEOUT_S)
    assert process.returncode == 130, log
    assert "Traceback" not in log
    assert "The same command goes on from here." in log
    last = events_in(tmp_path / "events")[-1]
    assert (last["event"], last["state"]) == ("end", "interrupted")
    assert run() == 0
    assert arrived(tmp_path) == DATA
    assert fetched(tmp_path) < SIZE


def test_outside_its_windows_it_waits_and_says_so(line, stocked, tmp_path):
    soon = datetime.now().astimezone() + timedelta(hours=3)
    window = f"{soon:%H:%M}-{soon + timedelta(hours=1):%H:%M}"
    process = start("transfer", stocked, tmp_path / "inbox", "--window", window, "--events", "-")
    event = wait_for_event(process, lambda event: event["event"] == "waiting")
    assert event["windows"] == [window]
    assert 2.9 * 3600 < event["seconds"] <= 3 * 3600
    process.terminate()
    process.communicate(timeout=START_TIMEOUT_S)
    assert process.returncode == 130
    assert visible(tmp_path / "inbox") == {}


def test_events_have_their_published_shape_and_tell_all(line, run, tmp_path):
    line.plan(reset(3_000_000, when=OF_LARGE), stall(2_000_000, when=OF_LARGE), flip(5_000_000, when=OF_LARGE))
    assert run("--events", str(tmp_path / "events"), "--stall-timeout", "1", "--parallel", "1") == 0
    shape = json.loads(files("dsqc.schemas").joinpath("reports/transfer_event.schema.json").read_text(encoding="utf-8"))
    events = events_in(tmp_path / "events")
    for event in events:
        jsonschema_rs.validator_for(shape).validate(event)
    kinds = [event["event"] for event in events]
    assert kinds[0] == "plan"
    assert kinds[-1] == "end"
    assert set(kinds) >= {"plan", "estimate", "begin", "part", "retry", "stalled", "damaged", "done", "end"}
    assert {event["file"] for event in events if event["event"] == "done"} >= set(DATA)
    planned = sum(event["files"] for event in events if event["event"] == "plan")
    assert (events[-1]["copied"], events[-1]["left"], events[-1]["state"]) == (planned, 0, "done")


def test_an_object_that_changes_between_runs_is_fetched_anew_and_that_is_said(s3_server, line, run, tmp_path, capsys):
    path = s3_server.data / "faults" / LARGE
    line.plan(answer(403, "ExpiredToken", when=OF_LARGE + rb"(?s:.*)bytes=%d-" % PART_BYTES, times=99))
    assert run("--parallel", "1") == 1
    newer = DATA[LARGE][::-1]
    path.write_bytes(newer)
    try:
        line.plan()
        assert run() == 0
        assert arrived(tmp_path)[LARGE] == newer
        assert "changed at the source" in capsys.readouterr().err
    finally:
        path.write_bytes(DATA[LARGE])
