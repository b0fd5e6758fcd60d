"""A batch keeps its secrets too: in Snakemake's logs, the jobs' logs and command lines, results and the station."""

from pathlib import Path
from typing import Any

import pytest

from dsqc.batch.status import Outcome, batch_status
from dsqc.errors import ExitCode
from helpers.closed import SAMPLE_BATCH
from helpers.watched import Watched, spellings
from infra.s3 import SECRET_KEY

pytestmark = [pytest.mark.s3, pytest.mark.timeout(600)]

OTHERS = {
    "AWS_SESSION_TOKEN": "session-token/0123456789+abcdef==",
    "DSQC_HTTP_TOKEN": "token-of-the-batch-0123456789",
    "CATALOG_PASSWORD": "password-of-the-batch-0123456789",
    "KEY_PASSPHRASE": "passphrase of the batch 0123456789",
}
WRONG = "wrong-but-perhaps-right-elsewhere-0123456789"


def test_no_secret_is_in_what_a_batch_leaves(tmp_path: Path, s3_bucket: Any) -> None:
    client = s3_bucket.server.client()
    for item in (SAMPLE_BATCH / "hanwoo-rnaseq").iterdir():
        client.put_object(Bucket=s3_bucket.name, Key=f"in/hanwoo/{item.name}", Body=item.read_bytes())
    client.close()
    home = tmp_path / "home"
    watched = Watched(
        home, {**s3_bucket.server.environment, **OTHERS, "DSQC_HTTP_HOST": "nowhere.example"}, longest_s=280
    )
    (home / "batch.tsv").write_text(f"submission\tsource\nhanwoo\t{s3_bucket.url}/in/hanwoo\n", encoding="utf-8")
    given = ("batch", "run", home / "batch.tsv", "--work", home / "work", "--profile", "ci", "-v", "--debug")

    code, printed = watched.run(*given, AWS_SECRET_ACCESS_KEY=WRONG)
    assert code == ExitCode.FAULT, printed
    code, printed = watched.run(*given)
    assert code == ExitCode.DONE, printed
    assert batch_status(home / "work").totals == {Outcome.REGISTERED: 1}

    secrets = {name: value for value in (SECRET_KEY, WRONG, *OTHERS.values()) for name in spellings(value.encode())}
    left = {str(path): path.read_bytes() for path in home.rglob("*") if path.is_file() and not path.is_symlink()}
    assert any(".snakemake" in name and name.endswith(".log") for name in left)
    found = [(name, value) for name, content in left.items() for text, value in secrets.items() if text in content]
    assert found == []
    lines = watched.commands
    assert any(b"snakemake" in line for line in lines)
    assert any(b"batch\0shard" in line for line in lines)  # the jobs were seen
    assert [line for line in lines for text in secrets if text in line] == []
