"""Machine code of kernels is kept between runs where only this user can write; damage to it costs a compilation."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dsqc.kernels import _cache, _jit
from dsqc.kernels.length import count_lengths, longest_inside

SCRIPT = """
import sys
import numpy as np
from dsqc.kernels import _cache, _notice
from dsqc.kernels.length import count_lengths
compiled = []
_notice.listeners.append(compiled.append)
counts = np.zeros(4, np.int64)
longer = count_lengths(np.array([1, 3, 3, 9]), counts)
hit = "miss" if compiled else "hit"
print(longer, counts.tolist() == [0, 1, 0, 2], hit, "numba" in sys.modules, _cache.cache_directory())
"""


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("NUMBA_BOUNDSCHECK", "DSQC_CACHE_DIR")}
    return kept | more


def run(**more: str) -> tuple[str, bool, Path]:
    """Hit or miss, whether numba was imported, and the place of the cache."""
    command = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(command, env=environment(**more), capture_output=True, text=True, check=True)
    longer, right, hit, numba, place = done.stdout.split()
    assert (longer, right) == ("1", "True")
    return hit, numba == "True", Path(place)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, bool, Path]:
    """What the first run with a cache says; the cache is not changed any more."""
    return run(DSQC_CACHE_DIR=str(tmp_path_factory.mktemp("first") / "cache"))


@pytest.fixture
def place(first: tuple[str, bool, Path], tmp_path: Path) -> Path:
    """Below ``tmp_path / "cache"``: a copy of what the first run has left."""
    copy = tmp_path / "cache" / first[2].name
    shutil.copytree(first[2], copy)
    return copy


def test_the_second_run_neither_compiles_nor_imports_numba(
    first: tuple[str, bool, Path], place: Path, tmp_path: Path
) -> None:
    assert first[:2] == ("miss", True)
    assert first[2].parent.name == "cache"
    assert first[2].stat().st_mode & 0o77 == 0
    assert run(DSQC_CACHE_DIR=str(tmp_path / "cache")) == ("hit", False, place)


@pytest.mark.parametrize("damage", [lambda data: b"", lambda data: data[:40], lambda data: data[:-1] + b"x"])
def test_damaged_machine_code_costs_a_compilation(
    place: Path, tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    (path,) = place.glob("length-*.o")
    path.write_bytes(damage(path.read_bytes()))
    assert run(DSQC_CACHE_DIR=str(tmp_path / "cache"))[0] == "miss"
    assert run(DSQC_CACHE_DIR=str(tmp_path / "cache"))[0] == "hit"


def test_a_place_that_cannot_be_written_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no directory")
    _hit, _numba, place = run(DSQC_CACHE_DIR=str(tmp_path / "file"), TMPDIR=str(tmp_path))
    assert place.is_relative_to(tmp_path / f"dsqc-{os.getuid()}")


def test_a_place_that_others_can_write_is_not_trusted(place: Path, tmp_path: Path) -> None:
    assert run(DSQC_CACHE_DIR=str(tmp_path / "cache"))[2] == place
    place.chmod(0o777)
    assert run(DSQC_CACHE_DIR=str(tmp_path / "cache"), TMPDIR=str(tmp_path))[2] != place


def test_without_any_place_kernels_still_run(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    command = [
        sys.executable,
        "-c",
        SCRIPT.replace("_cache.cache_directory()", "None").replace(
            "compiled = []", "compiled = []; _cache._usable = lambda path: False"
        ),
    ]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "True", "miss", "True", "None"]


def test_of_many_processes_that_start_at_once_one_compiles(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SCRIPT]
    setting = environment(DSQC_CACHE_DIR=str(tmp_path / "cache"))
    started = [subprocess.Popen(command, env=setting, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    answers = [process.communicate()[0].split() for process in started]
    assert sorted(answer[2] for answer in answers) == ["hit", "hit", "hit", "miss"]


def test_a_killed_process_leaves_no_lock(place: Path, tmp_path: Path) -> None:
    (path,) = place.glob("length-*.o")
    path.unlink()
    hold = (
        "import fcntl, sys, time; f = open(sys.argv[1], 'ab'); fcntl.flock(f, fcntl.LOCK_EX); print(); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-uc", hold, path.with_suffix(".lock")], stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        holder.stdout.readline()
        with subprocess.Popen(
            [sys.executable, "-c", SCRIPT],
            env=environment(DSQC_CACHE_DIR=str(tmp_path / "cache")),
            stdout=subprocess.PIPE,
        ) as waiting:
            holder.kill()
            assert waiting.communicate()[0].split()[2] == b"miss"


def test_the_sources_of_a_module_and_of_those_it_calls_name_its_file() -> None:
    from dsqc.kernels import bam

    assert set(_cache._sources("dsqc.kernels.bam", {})) >= {"dsqc.kernels.bam", "dsqc.kernels._jit"}
    assert _cache.file_name(bam) == _cache.file_name(bam)
    assert _cache.file_name(bam) != _cache.file_name(__import__("dsqc.kernels.length", fromlist=["length"]))


def test_wrong_arguments_are_refused_before_the_kernel_runs() -> None:
    lengths = np.arange(4)
    with pytest.raises(TypeError, match="argument 1 must be a C-contiguous i8"):
        count_lengths(lengths, np.zeros(4))
    with pytest.raises(TypeError, match="argument 0"):
        count_lengths(np.arange(8)[::2], np.zeros(4, np.int64))
    with pytest.raises(TypeError, match="argument 1"):
        count_lengths(lengths, np.zeros((2, 2), np.int64))


def test_numbers_of_numpy_are_taken_as_those_of_python() -> None:
    starts = np.zeros(1, np.int64)
    lengths = np.array([5])
    assert longest_inside(np.int64(5), starts, starts, lengths) == longest_inside(5, starts, starts, lengths) == 5
    assert longest_inside(np.int32(4), starts, starts, lengths) == -1


def test_a_signature_names_arrays_and_scalars_only() -> None:
    signature = _jit.Signature("u1[::1], i8[:, ::1],b1 -> i8")
    assert signature.arguments == ("u1[::1]", "i8[:,::1]", "b1")
    assert signature.result == "i8"
    with pytest.raises(ValueError, match="takes no"):
        _jit.Signature("u1[::1], float")


def test_an_interrupt_waits_until_machine_code_is_loaded() -> None:
    done: list[str] = []
    before = signal.getsignal(signal.SIGINT)

    def load() -> None:
        with _cache._uninterrupted():
            signal.raise_signal(signal.SIGINT)
            done.append("the rest")

    with pytest.raises(KeyboardInterrupt):
        load()
    assert done == ["the rest"]
    assert signal.getsignal(signal.SIGINT) is before
