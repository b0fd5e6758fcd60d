"""Whether a run goes to Slurm, and what its jobs are called there."""

from pathlib import Path

import pytest

from dsqc.batch.leftovers import job_prefix
from dsqc.batch.profiles import find_profile, uses_slurm


@pytest.mark.parametrize(
    ("profile", "extra", "slurm"),
    [
        ("slurm", (), True),
        ("local", (), False),
        ("local", ("--executor", "slurm"), True),
        ("slurm", ("-e", "local"), False),
        ("local", ("--executor=slurm",), True),
        ("slurm", ("--forcerun", "--executor", "local", "--jobs=2"), False),
    ],
)
def test_the_executor_of_a_run(profile: str, extra: tuple[str, ...], slurm: bool) -> None:
    assert uses_slurm(find_profile(profile), extra) is slurm


def test_jobs_are_named_after_the_working_directory(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "work")
    (tmp_path / "work").mkdir()

    assert job_prefix(tmp_path / "work") == job_prefix(tmp_path / "link")
    assert job_prefix(tmp_path / "work") != job_prefix(tmp_path / "other")
    assert set(job_prefix(tmp_path)) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
