"""Compiled kernels are kept between runs, in a place that only this user can write, and damage to it costs nothing."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SCRIPT = """
import numpy as np
from dsqc.kernels import _jit
@_jit.kernel
def add(values, other):
    return values.sum() + other
print(add(np.arange(4), 5), "hit" if add.stats.cache_hits else "miss", _jit._config.CACHE_DIR)
"""


def run(tmp_path: Path, **environment: str) -> tuple[str, str, Path]:
    script = tmp_path / "script.py"
    if not script.exists():
        script.write_text(SCRIPT)
    kept = {name: value for name, value in os.environ.items() if name not in ("NUMBA_CACHE_DIR", "DSQC_CACHE_DIR")}
    done = subprocess.run([sys.executable, script], env=kept | environment, capture_output=True, text=True, check=True)
    value, hit, place = done.stdout.split()
    return value, hit, Path(place)


def test_the_second_run_does_not_compile(tmp_path: Path) -> None:
    first = run(tmp_path, DSQC_CACHE_DIR=str(tmp_path / "cache"))
    second = run(tmp_path, DSQC_CACHE_DIR=str(tmp_path / "cache"))
    assert first[:2] == ("11", "miss")
    assert second[:2] == ("11", "hit")
    assert first[2].is_relative_to(tmp_path / "cache")
    assert first[2].stat().st_mode & 0o77 == 0


@pytest.mark.parametrize("ending", ["nbi", "nbc"])
@pytest.mark.parametrize("damage", [lambda data: b"", lambda data: data[:20], lambda data: b"x" * len(data)])
def test_a_damaged_cache_costs_a_compilation(tmp_path: Path, ending: str, damage: Callable[[bytes], bytes]) -> None:
    place = run(tmp_path, DSQC_CACHE_DIR=str(tmp_path / "cache"))[2]
    files = list(place.rglob(f"*.{ending}"))
    assert files
    for path in files:
        path.write_bytes(damage(path.read_bytes()))
    assert run(tmp_path, DSQC_CACHE_DIR=str(tmp_path / "cache"))[0] == "11"
    assert run(tmp_path, DSQC_CACHE_DIR=str(tmp_path / "cache"))[:2] == ("11", "hit")


def test_a_place_that_cannot_be_written_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no directory")
    value, _hit, place = run(tmp_path, DSQC_CACHE_DIR=str(tmp_path / "file"), TMPDIR=str(tmp_path))
    assert value == "11"
    assert place.is_relative_to(tmp_path / f"dsqc-{os.getuid()}")


def test_a_place_that_others_can_write_is_not_trusted(tmp_path: Path) -> None:
    place = run(tmp_path, DSQC_CACHE_DIR=str(tmp_path / "cache"))[2]
    place.chmod(0o777)
    assert run(tmp_path, DSQC_CACHE_DIR=str(tmp_path / "cache"), TMPDIR=str(tmp_path))[2] != place


def test_checked_runs_have_a_cache_of_their_own(tmp_path: Path) -> None:
    plain = run(tmp_path, DSQC_CACHE_DIR=str(tmp_path / "cache"))[2]
    checked = run(tmp_path, DSQC_CACHE_DIR=str(tmp_path / "cache"), NUMBA_BOUNDSCHECK="1")[2]
    assert plain != checked


def test_many_processes_may_start_at_once(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    environment = os.environ | {"DSQC_CACHE_DIR": str(tmp_path / "cache")}
    started = [
        subprocess.Popen([sys.executable, tmp_path / "script.py"], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    assert [process.communicate()[0].split()[0] for process in started] == ["11"] * 4
