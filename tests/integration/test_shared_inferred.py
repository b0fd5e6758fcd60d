"""Form against file on the project's public reads and on the sample batch: no honest form disagrees with its files."""

import os
import sys
from pathlib import Path

import pytest

from dsqc.judge import infer, inferred_findings
from dsqc.limits import Limits
from dsqc.stages._judge_forms import Forms
from dsqc.stages._qc_measure import Options
from dsqc.stages.qc import measure_run
from dsqc.stages.validate import validate
from dsqc.taxonomy import open_taxonomy

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from confusion import tally_shared

DATA = Path(os.environ.get("DSQC_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
BATCH = Path(__file__).parents[2] / "test-data" / "batch"
SUBMISSIONS = sorted(path.name for path in BATCH.iterdir() if path.is_dir() and not path.name.startswith("_"))


def test_no_public_run_disagrees_with_its_own_form_and_many_do_with_those_of_others() -> None:
    found = tally_shared(DATA)
    assert found.false == []
    assert found.wrong["platform"]["agree"] == found.wrong["reference"]["agree"] == 0
    assert found.wrong["reference"]["disagree"] >= 16
    assert found.wrong["library_strategy"]["disagree"] >= 20
    assert found.wrong["library_strategy"]["agree"] == 0


@pytest.mark.parametrize("name", SUBMISSIONS)
def test_no_run_of_the_sample_batch_disagrees(name: str) -> None:
    folder = BATCH / name
    submission = validate(folder, None).submission
    forms = Forms(submission)
    for run in submission.runs():
        result = measure_run(submission, run, folder, Options(threads=1))
        files = [forms.file_result(run, item.data, item.name) for item in result.files]
        given = forms.run_result(forms.declared(run), files, result.data, taxonomy=open_taxonomy(), limits=Limits())
        inferences = infer(given)
        assert bool(inferences) == (result.data["state"] == "measured")  # seawater-metagenome has a damaged file
        assert list(inferred_findings(given, inferences)) == []
