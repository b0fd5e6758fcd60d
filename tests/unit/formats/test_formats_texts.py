"""Every phrase exists in both languages and takes the same values; findings of readers and of validate agree."""

import lzma
import re
from pathlib import Path
from string import Formatter

import pytest

from dsqc.findings import Location
from dsqc.formats import texts
from dsqc.formats.texts import Text, fill, one_of, tell
from dsqc.language import Language
from dsqc.stages._validate_files import check_content
from helpers.reads import bam, bgzf, fastq, make_reads, read_path

PHRASES = {name: item for name, item in vars(texts).items() if isinstance(item, Text)}
HANGUL = re.compile("[가-힣]")


@pytest.mark.parametrize("name", PHRASES)
def test_a_phrase_takes_the_same_values_in_both_languages(name: str) -> None:
    phrase = PHRASES[name]
    number = phrase.en.count("{")
    values = [f"<{index}>" for index in range(number)]
    filled = fill(phrase, *values)
    assert all(value in filled.en and value in filled.ko for value in values)
    assert len(list(Formatter().parse(phrase.ko))) >= number
    assert not HANGUL.search(phrase.en)
    assert HANGUL.search(phrase.ko) or name == "RANGE"


def test_korean_texts_hold_korean_phrases() -> None:
    item = tell("DSQC-F010", Location(path="r.gz"), fill(texts.CUT_INSIDE, texts.GZIP_HEADER), texts.WHOLE_FILE)
    assert "file ends inside a gzip header" in item.message(Language.EN)
    assert "파일이 gzip 헤더 안에서 끝남. 기대: 온전한 파일." in item.message(Language.KO)
    assert "file" not in item.message(Language.KO)


def test_a_quoted_value_is_shortened_in_both_languages() -> None:
    item = tell("DSQC-D028", Location(path="r.sam"), fill(texts.TAG_IS, "x" * 1000), texts.GOOD_TAGS)
    assert len(item.value) == len(item.parameters["value_ko"]) == 200


def test_choices() -> None:
    assert one_of(["gzip"]) == "gzip"
    assert one_of(["gzip", "bgzf"]) == Text("gzip or bgzf", "gzip 또는 bgzf")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("r.fastq", "plain"),
        ("r.fastq.gz", "plain"),
        ("r.fastq.gz", "zip"),
        ("r.fastq.gz", "empty"),
        ("r.fastq.xz", "xz"),
        ("r.bam", "fastq"),
        ("r.bam", "open"),
    ],
)
def test_readers_and_validate_say_the_same(name: str, kind: str, tmp_path: Path) -> None:
    text = fastq(make_reads(10))
    path = tmp_path / name
    path.write_bytes(
        {
            "plain": text,
            "zip": b"PK\x03\x04" + bytes(60),
            "empty": b"",
            "xz": lzma.compress(text),
            "fastq": bgzf([text]),
            "open": bam(tmp_path / "whole.bam", make_reads(10), [4] * 10)[:-28],
        }[kind]
    )
    cheap = [item.to_dict() for item in check_content(name, path)]
    whole = [item.to_dict() for item in read_path(path).log]
    for row in (*cheap, *whole):
        if row["code"] == "DSQC-F018":  # an error only where a file is to be registered
            row["severity"] = ""
    assert cheap
    assert cheap == whole
