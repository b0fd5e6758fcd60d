"""The journal of uploads: what a dead process began is handed on, what a live one holds is not."""

import subprocess
import sys
from pathlib import Path

import pytest

from dsqc.storage.journal import directory, upload_journal

PLACE = "http://127.0.0.1 s3://bucket/objects/x"
HOLDER = """
import sys, time
from dsqc.storage.journal import upload_journal
with upload_journal(sys.argv[1]) as journal:
    journal.note("its upload")
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def test_what_was_begun_and_not_finished_is_known_later() -> None:
    with upload_journal(PLACE) as journal:
        assert journal.upload_id() == ""
        journal.note("a longer upload id")
        journal.note("upload 1")
    with upload_journal(PLACE) as journal:
        assert journal.upload_id() == "upload 1"
    with upload_journal(PLACE + "y") as other:
        assert other.upload_id() == ""


def test_what_is_finished_leaves_nothing() -> None:
    with upload_journal(PLACE) as journal:
        journal.note("upload 1")
        journal.forget()
    with upload_journal(PLACE):
        pass
    assert list(directory().iterdir()) == []


def test_a_live_holder_is_left_alone_and_a_killed_one_inherited() -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDER, PLACE], stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        holder.stdout.readline()
        with upload_journal(PLACE) as journal:
            assert journal.upload_id() == ""
            journal.note("ours")
        holder.kill()
    with upload_journal(PLACE) as journal:
        assert journal.upload_id() == "its upload"


def test_two_threads_do_not_share_either() -> None:
    with upload_journal(PLACE) as first, upload_journal(PLACE) as second:
        first.note("first")
        second.note("second")
        assert (first.upload_id(), second.upload_id()) == ("first", "")


def test_where_nothing_can_be_written_it_forgets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    with upload_journal(PLACE) as journal:
        journal.note("upload 1")
        assert journal.upload_id() == ""


def test_only_the_user_may_look() -> None:
    with upload_journal(PLACE) as journal:
        journal.note("upload 1")
        assert [path.stat().st_mode & 0o077 for path in (directory(), *directory().iterdir())] == [0, 0]
