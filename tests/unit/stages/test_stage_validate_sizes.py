"""Names and sizes alone: what is said of files that nobody can look into is what is said of those that one can."""

import gzip
import hashlib
from datetime import date
from pathlib import Path

import pytest

from dsqc.stages.validate import FILE_RULES, validate
from helpers.submissions import TODAY, good_tables, put, write_tsv

DAY = date.fromisoformat(TODAY)
READS = gzip.compress(b"@r1\nACGT\n+\nIIII\n", mtime=0)
SIZE = len(READS)


@pytest.mark.parametrize(
    ("name", "said_size", "codes"),
    [
        ("S1.fastq.gz", SIZE, []),
        ("S1.fastq.gz", SIZE + 1, ["DSQC-F007"]),
        ("s1.FASTQ.gz", SIZE, ["DSQC-F004", "DSQC-F003"]),
        ("S1.fastq.gz/inner", SIZE, ["DSQC-F016"]),
        (".dsqc/journal", SIZE, ["DSQC-F003"]),
    ],
)
@pytest.mark.parametrize("with_form", [True, False])
def test_names_and_sizes_say_what_the_files_say(
    tmp_path: Path, name: str, said_size: int, codes: list[str], *, with_form: bool
) -> None:
    tables = good_tables()
    md5 = hashlib.md5(READS, usedforsecurity=False).hexdigest()
    put(tables, "file", file_name="S1.fastq.gz", md5=md5, size_bytes=str(said_size))
    if not with_form:
        put(tables, "submission", form_id="no_such_form")
    write_tsv(tmp_path, tables)
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(READS)
    sizes = {path.name: None if path.is_dir() else path.stat().st_size for path in tmp_path.iterdir()}
    known, looked = validate(tmp_path, None, today=DAY, sizes=sizes), validate(tmp_path, None, today=DAY)
    assert known.findings.to_list() == looked.findings.to_list()
    assert set(codes) <= {item.code for item in known.findings}
    skipped = set(known.document["skipped_rules"]) - set(looked.document["skipped_rules"])
    assert skipped == set(FILE_RULES) - {"DSQC-F003", "DSQC-F004", "DSQC-F007", "DSQC-F016"}
