"""What dsqc writes: whole or not at all, the same bytes for the same content."""

import errno
import fcntl
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsqc import artefact
from dsqc.errors import StorageFault, SystemFault

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_json_comes_back(tmp_path: Path, value: object) -> None:
    artefact.write_json(tmp_path / "a" / "b.json", value)
    assert artefact.read_json(tmp_path / "a" / "b.json") == value


def test_lines_come_back(tmp_path: Path) -> None:
    rows = [{"name": "벼\u2028잎"}, {"name": 2}, []]
    artefact.write_json_lines(tmp_path / "rows.jsonl", rows)
    assert artefact.read_json_lines(tmp_path / "rows.jsonl") == rows


def test_not_a_number_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        artefact.write_json(tmp_path / "a.json", float("nan"))
    assert list(tmp_path.iterdir()) == []


def test_a_broken_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    artefact.write_json(path, 1)

    def rows() -> object:
        yield {"row": 1}
        raise RuntimeError("the writer died")

    with pytest.raises(RuntimeError):
        artefact.write_json_lines(path, rows())  # type: ignore[arg-type]
    assert artefact.read_json(path) == 1
    assert [item.name for item in tmp_path.iterdir()] == ["a.json"]


KILLED_WRITER = """
import os, signal, sys
from pathlib import Path
from dsqc.artefact import atomic_file
with atomic_file(Path(sys.argv[1])) as file:
    file.write(b"half of a much longer text")
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_writer_left_is_taken_over_by_the_next(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    for _ in range(2):
        done = subprocess.run([sys.executable, "-P", "-c", KILLED_WRITER, str(path)], check=False)
        assert done.returncode == -signal.SIGKILL
        assert [item.name for item in tmp_path.iterdir()] == [".a.json.part"]
    artefact.write_json(path, 1)
    assert [item.name for item in tmp_path.iterdir()] == ["a.json"]
    assert path.read_text() == "1\n"
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_writer_leaves_alone_what_another_one_is_writing(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with artefact.atomic_file(path) as first:
        first.write(b"first")
        artefact.write_text(path, "second")
        assert path.read_text() == "second"
    assert path.read_text() == "first"
    assert [item.name for item in tmp_path.iterdir()] == ["a.txt"]


def test_many_writers_of_one_file_leave_one_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    texts = [str(number % 10) * (1 + number) * 97 for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda text: artefact.write_text(path, text), texts * 5))
    assert path.read_text() in texts
    assert [item.name for item in tmp_path.iterdir()] == ["a.txt"]


def test_a_link_put_in_the_way_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "theirs").write_text("theirs")
    (tmp_path / ".a.txt.part").symlink_to("theirs")
    artefact.write_text(tmp_path / "a.txt", "ours")
    assert (tmp_path / "theirs").read_text() == "theirs"
    assert (tmp_path / "a.txt").read_text() == "ours"


def test_a_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_file: int, _how: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    artefact.write_text(tmp_path / "a.txt", "x")
    assert (tmp_path / "a.txt").read_text() == "x"
    assert [item.name for item in tmp_path.iterdir()] == ["a.txt"]


def test_a_full_disk_is_a_storage_fault_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(StorageFault, match="disk is full"), artefact.atomic_file(tmp_path / "a"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageFault, match="Cannot write"):
        artefact.write_text(tmp_path / "file" / "below.txt", "x")


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b""])
def test_a_damaged_artefact_is_a_fault_with_a_way_out(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(SystemFault, match="run its stage again"):
        artefact.read_json(path)


def test_a_missing_artefact_names_the_way_out(tmp_path: Path) -> None:
    for read in (artefact.read_json, artefact.read_json_lines):
        with pytest.raises(SystemFault, match="Run the stage that writes it first"):
            read(tmp_path / "none.json")


def test_sha256(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert artefact.sha256_of(tmp_path / "a").startswith("ba7816bf8f01cfea")
