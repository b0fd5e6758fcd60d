"""Files become CRAM or BGZF and come back; what a decoder gets wrong is caught; what cannot be proven stays."""

import bz2
import gzip
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pysam
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsqc.archive import Options, Outcome, Reason, Recipe, decode_file, encode_file, prove
from dsqc.archive import decode as decoding
from dsqc.archive.decode import NotDecoded
from dsqc.archive.options import Encoding
from dsqc.errors import StorageFault, SystemFault, UsageError
from dsqc.model import Container
from helpers.bam_bytes import FASTA, HEADER, Fields, bam_bytes, records, tag
from helpers.reads import bgzf, fastq, gzip_members, make_reads

READS = make_reads(700, shortest=30)
TEXT = fastq(READS)


def schema(name: str) -> Any:
    return json.loads(files("dsqc.schemas").joinpath(f"reports/{name}.schema.json").read_text(encoding="utf-8"))


def kept(outcome: Outcome) -> Recipe:
    """The recipe, as it comes back from a file."""
    assert outcome.recipe is not None, (outcome.reason, outcome.notes)
    value = json.loads(json.dumps(outcome.recipe.to_dict()))
    assert list(jsonschema_rs.validator_for(schema("archive_recipe")).iter_errors(value)) == []
    assert Recipe.from_dict(value) == outcome.recipe
    return Recipe.from_dict(value)


def write(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def write_bam(folder: Path, data: bytes, name: str = "reads.bam") -> Path:
    with pysam.BGZFile(str(folder / name), "w") as file:
        file.write(data)
    return folder / name


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    return write(tmp_path, "reference.fa", FASTA.encode())


def bgzip(text: bytes) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        with pysam.BGZFile(f"{folder}/made", "w") as file:
            file.write(text)
        return Path(folder, "made").read_bytes()


def gnu_gzip(text: bytes) -> bytes:
    return subprocess.run(["gzip", "-c"], input=text, capture_output=True, check=True).stdout


WRAPPED: dict[str, tuple[str, Callable[[bytes], bytes], bool]] = {
    "plain": ("r.fastq", bytes, True),
    "gzip of zlib": ("r.fastq.gz", lambda text: gzip.compress(text, 9, mtime=77), True),
    "GNU gzip": ("r.fastq.gz", gnu_gzip, True),
    "gzip in members": ("r.fastq.gz", lambda text: gzip_members([text[:9_000], text[9_000:]]), False),
    "bgzip": ("r.fastq.gz", bgzip, True),
    "BGZF cut otherwise": ("r.fastq.gz", lambda text: bgzf([text[:9_000], text[9_000:50_000], text[50_000:]]), False),
    "bzip2": ("r.fastq.bz2", bz2.compress, True),
    "zstd": ("r.fastq.zst", lambda text: zstandard.compress(text, 19), False),
}


CASES = [*((kind, Encoding.CRAM) for kind in WRAPPED), ("plain", Encoding.BGZF), ("zstd", Encoding.BGZF)]


@pytest.mark.parametrize(("kind", "encoding"), CASES)
def test_fastq_comes_back(tmp_path: Path, kind: str, encoding: Encoding) -> None:
    name, wrap, exact = WRAPPED[kind]
    stored = wrap(TEXT)
    source = write(tmp_path, name, stored)
    outcome = encode_file(source, tmp_path / "out", Options(encoding=encoding, least_saving=-1))
    recipe = kept(outcome)
    assert recipe.content.record_count == len(READS)
    restored = decode_file(outcome.path, recipe, tmp_path / f"back-{name}")
    if exact:
        assert restored.exact
        assert restored.path.read_bytes() == stored
        assert recipe.losses == ()
    else:
        assert not restored.exact
        assert recipe.losses == ("container",)
        assert unpacked(restored.path, recipe.container) == TEXT
    assert source.read_bytes() == stored


def unpacked(path: Path, container: Container) -> bytes:
    data = path.read_bytes()
    return (
        zstandard.ZstdDecompressor().decompressobj().decompress(data)
        if container is Container.ZSTD
        else gzip.decompress(data)
    )


def test_the_cram_is_one_that_samtools_reads(tmp_path: Path) -> None:
    source = write(tmp_path, "r.fastq", TEXT)
    outcome = encode_file(source, tmp_path, Options())
    with pysam.AlignmentFile(str(outcome.path), check_sq=False) as file:
        assert file.is_cram
        assert file.version == (3, 1)
        first = next(file.fetch(until_eof=True))
    name, comment = READS[0].name.split(" ")
    assert (first.query_name, first.get_tag("CO"), first.query_sequence) == (name, comment, READS[0].bases)


def test_text_that_cram_does_not_hold_becomes_bgzf(tmp_path: Path) -> None:
    source = write(tmp_path, "r.fastq", TEXT.lower())
    outcome = encode_file(source, tmp_path, Options())
    assert kept(outcome).encoding is Encoding.BGZF
    assert "lower case" in str(outcome.notes[0])
    assert gzip.decompress(outcome.path.read_bytes()) == TEXT.lower()


MAPPED = Fields(
    flag=0, reference=0, position=10, mapping_quality=60, bin=4681, cigar=(12 << 4,), bases="ACGTTGCAACAC",
    qualities=bytes(12), tags=(tag("RG", "Z", "g1"), tag("NM", "C", 1), tag("MD", "Z", "11G0"), tag("XA", "s", 5)),
)  # fmt: skip


def many(item: Fields, number: int = 300) -> list[Fields]:
    return [
        item.but(name=b"read%d" % row, position=item.position + row % 300 if item.position >= 0 else -1)
        for row in range(number)
    ]


def test_aligned_reads_come_back_with_a_reference(tmp_path: Path, reference: Path) -> None:
    data = bam_bytes(many(MAPPED))
    source = write_bam(tmp_path, data)
    outcome = encode_file(source, tmp_path / "out", Options(reference=reference, least_saving=-9))
    recipe = kept(outcome)
    assert recipe.needs_reference
    restored = decode_file(outcome.path, recipe, tmp_path / "back.bam", reference)
    assert gzip.decompress(restored.path.read_bytes()) == data
    with pytest.raises(UsageError, match="reference"):
        decode_file(outcome.path, recipe, tmp_path / "other.bam")


def test_an_embedded_reference_needs_no_file(tmp_path: Path, reference: Path) -> None:
    data = bam_bytes(many(MAPPED))
    options = Options(reference=reference, embed_reference=True, least_saving=-9)
    outcome = encode_file(write_bam(tmp_path, data), tmp_path / "out", options)
    reference.unlink()
    restored = decode_file(outcome.path, kept(outcome), tmp_path / "back.bam")
    assert gzip.decompress(restored.path.read_bytes()) == data


@given(st.lists(records(), min_size=1, max_size=20), st.booleans())
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bam_comes_back_or_stays(tmp_path: Path, made: list[Fields], aligned: bool) -> None:
    """Tags of all types, records without place, qualities or bases, with unlikely flags: exact or refused."""
    header = HEADER if aligned else "@RG\tID:g1\n"
    if not aligned:
        made = [
            item.but(reference=-1, mate_reference=-1, position=-1, mate_position=-1, cigar=(), flag=4) for item in made
        ]
    data = bam_bytes(made, header)
    reference = write(tmp_path, "r.fa", FASTA.encode())
    outcome = encode_file(write_bam(tmp_path, data), tmp_path / "out", Options(reference=reference, least_saving=-99))
    if outcome.recipe is None:
        assert outcome.reason is Reason.NOT_EXACT
        assert outcome.path is None
        assert not list((tmp_path / "out").glob("*"))
        return
    (tmp_path / "back.bam").unlink(missing_ok=True)
    restored = decode_file(outcome.path, kept(outcome), tmp_path / "back.bam", reference)
    assert gzip.decompress(restored.path.read_bytes()) == data
    outcome.path.unlink()


def test_any_ordinary_unaligned_bam_is_taken(tmp_path: Path) -> None:
    item = Fields(bin=0, tags=(tag("RG", "Z", "g1"), tag("ac", "B", ("s", [1, 2])), tag("fl", "f", 1.5)))
    outcome = encode_file(
        write_bam(tmp_path, bam_bytes(many(item), "@RG\tID:g1\n")), tmp_path, Options(least_saving=-9)
    )
    assert kept(outcome).repairs.flips
    assert kept(outcome).repairs.tag_orders


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("r.fastq.gz.c4gh", b"crypt4gh\x01\0\0\0" + bytes(200), Reason.ENCRYPTED),
        ("r.fastq.gz", gzip_members([TEXT])[:-9], Reason.DAMAGED),
        ("r.fastq", b"", Reason.NO_GAIN),
        ("r.fastq", b"@a\nA\n+\nI\n", Reason.NO_GAIN),
        ("r.zip", b"PK\x03\x04" + bytes(600), Reason.FORMAT),
        ("r.sam", HEADER.encode() + b"a\t4\t*\t0\t0\t*\t*\t0\t0\tA\tI\n", Reason.FORMAT),
    ],
)
def test_what_stays(tmp_path: Path, name: str, data: bytes, reason: Reason) -> None:
    outcome = encode_file(write(tmp_path, name, data), tmp_path / "out", Options())
    assert (outcome.recipe, outcome.path, outcome.reason) == (None, None, reason)
    assert outcome.archived_bytes == len(data)
    assert not list(tmp_path.glob("out/*"))


def test_aligned_reads_stay_without_their_reference(tmp_path: Path) -> None:
    source = write_bam(tmp_path, bam_bytes(many(MAPPED)))
    assert encode_file(source, tmp_path, Options()).reason is Reason.NO_REFERENCE
    other = write(tmp_path, "other.fa", FASTA.replace("r1", "r2").encode())
    outcome = encode_file(source, tmp_path, Options(reference=other))
    assert outcome.reason is Reason.NO_REFERENCE
    assert "r1" in str(outcome.notes[0])


# A decoder that is wrong.


def change_text(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[bytes], bytes]:
    def changed(text: bytes) -> bytes:
        lines = text.split(b"\n")
        reads = [b"\n".join(lines[at : at + 4]) + b"\n" for at in range(0, len(lines) - 1, 4)]
        return b"".join(change(reads))

    return changed


WRONG: dict[str, Callable[[bytes], bytes]] = {
    "drops a read": change_text(lambda reads: reads[:7] + reads[8:]),
    "swaps two reads": change_text(lambda reads: [*reads[:3], reads[4], reads[3], *reads[5:]]),
    "changes a quality": change_text(lambda reads: [reads[0][:-2] + b"%\n", *reads[1:]]),
    "changes a name": change_text(lambda reads: [reads[0].replace(b"@run", b"@ran"), *reads[1:]]),
    "gives a read twice": change_text(lambda reads: [*reads, reads[-1]]),
    "ends early": lambda text: text[:-1],
    "gives nothing": lambda text: b"",
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_decoder_that_is_wrong_about_text_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    right = decoding.unpack_text
    monkeypatch.setattr(decoding, "unpack_text", lambda bam, form: iter([WRONG[fault](b"".join(right(bam, form)))]))
    outcome = encode_file(write(tmp_path, "r.fastq", TEXT), tmp_path / "out", Options(encoding=Encoding.CRAM))
    assert (outcome.recipe, outcome.reason) == (None, Reason.NOT_EXACT)
    assert not list(tmp_path.glob("out/*"))


@pytest.mark.parametrize("change", [lambda made: made[1:], lambda made: [made[1], made[0], *made[2:]]])
def test_a_decoder_that_is_wrong_about_records_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reference: Path, change: Callable[[list[Fields]], list[Fields]]
) -> None:
    made = many(MAPPED)
    wrong = bam_bytes(change(made))
    monkeypatch.setattr(decoding.Decoding, "_cram_bam", lambda self, decoder, reader: iter([wrong]))
    source = write_bam(tmp_path, bam_bytes(made))
    outcome = encode_file(source, tmp_path / "out", Options(reference=reference, least_saving=-9))
    assert (outcome.recipe, outcome.reason) == (None, Reason.NOT_EXACT)


def test_the_fingerprint_catches_what_decoding_by_recipe_does_not_see(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoding, "unpack_text", lambda bam, form: iter([len(list(bam)) * b"" + TEXT]))
    other = fastq([read._replace(bases=read.bases[::-1]) for read in READS])
    from dsqc.archive import candidates

    right = candidates.TextPacker.blocks

    def wrong(self: Any, text: Any) -> Iterator[bytes]:
        list(text)
        return right(self, [other])

    monkeypatch.setattr(candidates.TextPacker, "blocks", wrong)
    outcome = encode_file(write(tmp_path, "r.fastq", TEXT), tmp_path, Options(encoding=Encoding.CRAM))
    assert (outcome.recipe, outcome.reason) == (None, Reason.NOT_EXACT)
    assert "fingerprint" in str(outcome.notes[0])


@pytest.mark.parametrize("encoding", [Encoding.CRAM, Encoding.BGZF])
@pytest.mark.parametrize("place", [0.5, 0.99])
def test_a_flipped_bit_is_found_and_nothing_is_written(tmp_path: Path, encoding: Encoding, place: float) -> None:
    outcome = encode_file(write(tmp_path, "r.fastq", TEXT), tmp_path / "out", Options(encoding=encoding))
    recipe = kept(outcome)
    prove(outcome.path, recipe)
    data = bytearray(outcome.path.read_bytes())
    data[int(len(data) * place)] ^= 4
    outcome.path.write_bytes(data)
    with pytest.raises(NotDecoded):
        prove(outcome.path, recipe)
    with pytest.raises(StorageFault):
        decode_file(outcome.path, recipe, tmp_path / "back")
    assert not list(tmp_path.glob("*back*"))


def test_a_source_that_changes_meanwhile_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dsqc.archive import encode

    source = write(tmp_path, "r.fastq", TEXT)
    right = encode.identify

    def late(path: Path, *rest: Any) -> Any:
        source.write_bytes(TEXT[::-1])
        return right(path, *rest)

    monkeypatch.setattr(encode, "identify", late)
    with pytest.raises(SystemFault, match="changed"):
        encode_file(source, tmp_path / "out", Options())
    assert not list(tmp_path.glob("out/*"))


def test_recipes_that_are_none_are_refused(tmp_path: Path) -> None:
    value = kept(encode_file(write(tmp_path, "r.fastq", TEXT), tmp_path, Options())).to_dict()
    for wrong in ({}, value | {"schema_version": "2.0"}, value | {"encoding": "zip"}, value | {"content": {}}):
        with pytest.raises(SystemFault):
            Recipe.from_dict(wrong)


def test_killed_and_run_again(tmp_path: Path) -> None:
    """SIGKILL while the CRAM is written: nothing under a final name; the next run ends well and clears what is old."""
    write(tmp_path, "r.fastq", fastq(make_reads(6_000, shortest=60)))
    command = [sys.executable, "-m", "dsqc", "storage", "archive", "r.fastq", "-o", "out", "-q", "--encoding", "cram"]
    process = subprocess.Popen(command, cwd=tmp_path, start_new_session=True)
    try:
        while not list(tmp_path.glob("out/.r.fastq.cram.part")) and process.poll() is None:
            time.sleep(0.01)
    finally:
        # As when the machine dies: what it had started dies too.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    left = list(tmp_path.glob("out/.*.part"))
    assert left
    assert not (tmp_path / "out/r.fastq.cram").exists()
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert sorted(path.name for path in tmp_path.glob("out/*")) == ["r.fastq.cram", "r.fastq.recipe.json"]
