"""A short run of the fuzzing, the same every time, and the oracle that it trusts."""

import pytest

from fuzz.fuzz_reads import fuzz, kinds, main
from fuzz.oracle import UNWRAP, judge_fastq
from helpers.reads import EXTENSIONS, WRAPPERS, fastq, make_reads, parse_slowly, read_bytes, split_at

PER_KIND = {"cram": 25, "cram-sealed": 25, "plain": 1500, "bam": 1000}
TEXT = fastq(make_reads(20, 9))


@pytest.mark.parametrize("name", kinds())
def test_no_mutation_is_taken_for_what_it_is_not(name: str) -> None:
    tally = fuzz(name, seed=20240229, mutations=PER_KIND.get(name, 500))
    assert tally.failures == []
    assert tally.mutations == PER_KIND.get(name, 500)
    assert tally.codes


@pytest.mark.parametrize("name", kinds())
def test_the_originals_are_valid(name: str) -> None:
    kind = kinds()[name]
    for original in kind.originals:
        data = kind.store(original)
        truth = kind.judge(data)
        found = read_bytes(data, kind.name)
        assert truth.valid
        assert found.codes == []
        assert truth.count == len(found.reads)


@pytest.mark.parametrize("kind", WRAPPERS)
def test_the_oracle_unwraps_what_was_wrapped_and_refuses_every_flip_in_it(kind: str) -> None:
    data = WRAPPERS[kind](split_at(TEXT, [300, 900]))
    assert UNWRAP[kind](data) == TEXT
    if kind != "plain":
        middle = len(data) // 2
        assert UNWRAP[kind](data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]) is None
        assert UNWRAP[kind](data[:-1]) is None
        assert UNWRAP[kind](data + b"x") is None
    assert read_bytes(data, "r.fastq" + EXTENSIONS[kind]).codes == []


def test_the_oracle_and_the_slow_parser_agree() -> None:
    reads, whole = parse_slowly(TEXT)
    assert whole
    assert [(read.bases.encode(), (read.qualities or "").encode()) for read in reads] == list(judge_fastq(TEXT).reads)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"@r\nACGT\n+\nIII\n",
        b"@r\nACGE\n+\nIIII\n",
        b"@r\nACGT\n+\nII I\n",
        b"@r\nNNNA\n+\nIIII\n",
        b"@r\n\n+\n\n",
        b"r\nACGT\n+\nIIII\n",
        b"@r\nACGT\nIIII\n",
        b"@r\nACGT\n+\n",
        b"@r\nACGT\n+\nIIII\n\n@r\nACGT\n+\nIIII\n",
        b"@" + b"x" * 257 + b"\nACGT\n+\nIIII\n",
        b">r\nACGT\n",
        b"@r\0\nACGT\n+\nIIII\n",
    ],
)
def test_the_oracle_knows_what_is_no_fastq(text: bytes) -> None:
    assert not judge_fastq(text).valid


def test_the_command_prints_its_sum(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--kind", "gzip", "--mutations", "20"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert '"mutations": 20, "failures": 0' in lines[-1]
