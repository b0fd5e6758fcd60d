"""File names without people: mates keep theirs apart, the sheets follow, the submission is not touched."""

import stat
from pathlib import Path

import jsonschema_rs
import pytest

from dsqc.artefact import read_json
from dsqc.errors import UsageError
from dsqc.stages.rename import KEY, REPORT, pseudonymous, rename_files

SCHEMA = Path(__file__).parents[3] / "schemas" / "reports" / "rename.schema.json"


def test_people_become_pseudonyms_and_the_rest_stays() -> None:
    files = ["홍길동_R1.fastq.gz", "홍길동_R2.fastq.gz", "Kim_Minji_900101-1234567.bam", "S1_R1.fastq.gz"]
    assert pseudonymous(files) == {
        "Kim_Minji_900101-1234567.bam": "P0002_P0001.bam",
        "홍길동_R1.fastq.gz": "P0003_R1.fastq.gz",
        "홍길동_R2.fastq.gz": "P0003_R2.fastq.gz",
    }


def test_a_submission_is_renamed_with_its_sheets(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "홍길동_R1.fastq").write_text("@r\nA\n+\nI\n")
    (folder / "S2.fastq").write_text("@r\nC\n+\nI\n")
    sheet = "file_name\trun_alias\tnote\n홍길동_R1.fastq\tr1\tof 홍길동_R1.fastq\nS2.fastq\tr2\t\n"
    (folder / "file.tsv").write_text(sheet)
    (folder / "run.tsv").write_text("run_alias\nr1\n")
    for _ in range(2):
        result = rename_files(folder, tmp_path / "out")
        jsonschema_rs.validator_for(read_json(SCHEMA)).validate(result.document)
        assert (result.document["files_renamed"], result.document["cells_changed"]) == (1, 1)
    made = {path.name for path in (tmp_path / "out").iterdir()}
    assert made == {"P0001_R1.fastq", "S2.fastq", "file.tsv", "run.tsv", KEY, REPORT}
    wanted = "file_name\trun_alias\tnote\nP0001_R1.fastq\tr1\tof 홍길동_R1.fastq\nS2.fastq\tr2\t\n"
    assert (tmp_path / "out" / "file.tsv").read_text() == wanted
    assert (tmp_path / "out" / "P0001_R1.fastq").read_text() == "@r\nA\n+\nI\n"
    assert stat.S_IMODE((tmp_path / "out" / KEY).stat().st_mode) == 0o600
    assert (folder / "file.tsv").read_text() == sheet
    assert "홍길동" not in (tmp_path / "out" / REPORT).read_text()
    with pytest.raises(UsageError, match="submission itself"):
        rename_files(folder, folder)
    (tmp_path / "out" / "S2.fastq").unlink()
    (tmp_path / "out" / "S2.fastq").write_text("another")
    with pytest.raises(UsageError, match="another file"):
        rename_files(folder, tmp_path / "out")
