"""The commands ``dsqc qc`` and ``dsqc metrics``: exit codes, what they print, how they refuse."""

import io
import json
import subprocess
import sys
from importlib.resources import files

import jsonschema_rs
import pytest

from dsqc import artefact
from dsqc.cli.main import main
from dsqc.metrics.catalogue import METRICS
from dsqc.model import Cell, Heading, Row, Sheet, Submission
from helpers.batches import clean_reads
from helpers.fastq_files import fastq, write_gzip


def schema(name):
    return json.loads(files("dsqc.schemas").joinpath(f"reports/{name}.schema.json").read_text(encoding="utf-8"))


@pytest.fixture
def good(tmp_path):
    return write_gzip(tmp_path / "good.fastq.gz", fastq(clean_reads(30, 100, seed=1)))


@pytest.fixture
def bad(tmp_path):
    return write_gzip(tmp_path / "bad.fastq.gz", fastq([(b"ACGT", b"III")]))


def test_a_good_file(good, capsys):
    assert main(["qc", str(good), "--lang", "en"]) == 0
    out = capsys.readouterr().out
    assert "good.fastq.gz" in out
    assert "✓" in out


def test_findings_end_with_3_unless_told(bad, tmp_path, capsys):
    assert main(["qc", str(bad), "-O", str(tmp_path / "out"), "--lang", "en"]) == 3
    out = capsys.readouterr().out
    assert "DSQC-D003 bad.fastq.gz record 1" in out
    assert "→" in out
    assert out.splitlines()[-1] == f"Report: {tmp_path / 'out/bad.html'}"
    assert main(["qc", str(bad), "--exit-zero"]) == 0


def test_korean(bad, tmp_path, capsys):
    main(["qc", str(bad), "-O", str(tmp_path / "out"), "--lang", "ko"])
    out = capsys.readouterr().out
    assert "오류 DSQC-D003" in out
    assert "보고서:" in out


def test_json(good, bad, capsys):
    assert main(["qc", str(good), str(bad), "--json"]) == 3
    printed = json.loads(capsys.readouterr().out)
    jsonschema_rs.validator_for(schema("qc_result")).validate(printed)
    file_schema = jsonschema_rs.validator_for(schema("qc_file"))
    for data in printed["files"]:
        file_schema.validate(data)
    assert [data["file"]["name"] for data in printed["files"]] == ["good.fastq.gz", "bad.fastq.gz"]


def test_standard_input(good, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(good.read_bytes())))
    assert main(["qc", "-", "--json"]) == 0
    (data,) = json.loads(capsys.readouterr().out)["files"]
    assert data["file"]["name"] == "stdin"
    assert data["metrics"]["read_count"] == 30


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere.fastq.gz"], "does not exist"),
        ([], "No data file"),
        (["."], "is a directory"),
        (["--run", "R1"], "Add --submission, --inbox, --outdir."),
    ],
)
def test_wrong_calls(arguments, says, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert main(["qc", *arguments]) == 2
    assert says in capsys.readouterr().err


def test_a_run_with_files_is_a_wrong_call(good, tmp_path, capsys):
    arguments = ["--submission", "s.json", "--run", "R1", "--inbox", str(tmp_path), "-O", str(tmp_path)]
    assert main(["qc", *arguments, str(good)]) == 2
    assert "Leave out the files" in capsys.readouterr().err


def test_a_run_of_a_submission(tmp_path, capsys):
    row = Row("run", 2, {"run_alias": Cell("RUN-1", "RUN-1", 2, "A")})
    sheet = Sheet("run", "run.tsv", (Heading("run_alias", "run_alias", "A"),), (row,))
    artefact.write_json(tmp_path / "submission.json", Submission({"run": sheet}).to_dict())
    arguments = ["--submission", str(tmp_path / "submission.json"), "--run", "RUN-1", "--inbox", str(tmp_path)]
    assert main(["qc", *arguments, "-O", str(tmp_path / "out"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == artefact.read_json(tmp_path / "out/qc.json")


def test_metrics_lists_all_and_shows_one(capsys):
    assert main(["metrics", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    jsonschema_rs.validator_for(schema("metrics")).validate(printed)
    assert [row["id"] for row in printed["metrics"]] == list(METRICS)
    assert main(["metrics", "--lang", "ko"]) == 0
    table = capsys.readouterr().out
    assert all(name in table for name in METRICS)
    assert main(["metrics", "length_n50", "--lang", "en"]) == 0
    assert "half of all bases" in capsys.readouterr().out
    assert main(["metrics", "n50"]) == 2
    assert "dsqc metrics" in capsys.readouterr().err


def test_progress_only_on_a_terminal(good, capsys, monkeypatch):
    assert main(["qc", str(good)]) == 0
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(["qc", str(good)]) == 0
    assert "good.fastq.gz: 30" in capsys.readouterr().err
    assert main(["qc", str(good), "--quiet"]) == 0
    assert capsys.readouterr().err == ""


def test_what_is_not_written_is_not_loaded(good):
    """A small file answers quickly: without -O neither Parquet nor HTML are loaded, without CRAM no htslib."""
    program = (
        "import sys; from dsqc.cli.main import main; main(['qc', sys.argv[1]]);"
        "print(sorted({'pyarrow', 'jinja2', 'pysam', 'sqlalchemy', 's3fs'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program, str(good)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
