"""A batch whose submission lies in object storage."""

import os
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from dsqc.batch.status import Outcome, batch_status
from dsqc.errors import ExitCode
from helpers.sample_runs import run_batch_command

pytestmark = pytest.mark.s3


def test_a_submission_in_a_bucket_is_registered_and_a_change_is_noticed(tmp_path: Path, s3_bucket: Any) -> None:
    client = s3_bucket.server.client()
    for item in Path(str(files("dsqc.sample_batch").joinpath("yeast-cram"))).iterdir():
        client.put_object(Bucket=s3_bucket.name, Key=f"in/yeast/{item.name}", Body=item.read_bytes())
    sheet, work = tmp_path / "batch.tsv", tmp_path / "work"
    sheet.write_text(f"submission\tsource\nyeast\t{s3_bucket.url}/in/yeast\n", encoding="utf-8")
    environment = os.environ | s3_bucket.server.environment

    first = run_batch_command(sheet, work, "--profile", "ci", env=environment)

    assert first.returncode == ExitCode.DONE, first.stderr
    assert batch_status(work).totals == {Outcome.REGISTERED: 1}
    again = run_batch_command(sheet, work, "--profile", "ci", env=environment)
    assert "nothing to do" in again.stderr
    client.put_object(Bucket=s3_bucket.name, Key="in/yeast/CG-KCTC-5.cram", Body=b"CRAM\x03\x00 cut short")
    changed = run_batch_command(sheet, work, "--profile", "ci", env=environment)
    assert changed.returncode == ExitCode.FINDINGS, changed.stderr
    (submission,) = batch_status(work).submissions
    assert submission.outcome is Outcome.RETURNED
    # Files of what is registered are replaced only when somebody says so: the other content goes back.
    assert submission.reasons[-1].code == "DSQC-G003"
    client.close()
