"""The batch of the workflow's benchmark: each sample genome by short reads in pairs and by long reads, from a seed.

A submission a run, with forms that are sound; the mitochondrion's long reads come as unaligned BAM, its submissions are
closed, as human data is.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pysam

from dsqc.forms import compose
from dsqc.forms.examples import Record, example_record
from makers.illumina import Illumina
from makers.nanopore import Nanopore
from makers.pack import packed
from makers.sample_genomes import GENOMES, SampleGenome

SEED = 20261130
SIZES = {"toy": (1_000, 500_000), "medium": (100_000, 50_000_000), "full": (1_000_000, 500_000_000)}
"""Pairs of each short run, bases of each long one."""
FORMS = {
    "bacterium": ("infectious_disease", "Clinical_pathogen"),
    "virus": ("infectious_disease", "Virus"),
    "chloroplast": ("seed_crop", "Plant_fungi"),
    "mitochondrion": ("precision_medicine", "Human"),
}
REQUESTER = "참여기업의 대표 (representative of a participating company)"
"""Who may ask to withhold data."""
SHORT = {"library_layout": "PAIRED", "platform": "ILLUMINA", "instrument_model": "Illumina NovaSeq 6000"}
LONG = {"library_layout": "SINGLE", "platform": "OXFORD_NANOPORE", "instrument_model": "PromethION", "insert_size": ""}


@dataclass(frozen=True, slots=True)
class Made:
    """One submission: its name, its data files, and whether its genome is the true one."""

    name: str
    files: tuple[Path, ...]
    true_genome: bool


def make_batch(folder: Path, size: str, packages: Path | None) -> tuple[Path, list[Made]]:
    """Make the batch in ``folder``: the sheet, and what it lists."""
    made = [item for kind, genome in GENOMES.items() for item in _make(folder, kind, genome, size, packages)]
    sheet = folder / "batch.tsv"
    lines = ["submission\tsource", *(f"{item.name}\t{item.name}" for item in made)]
    sheet.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return sheet, made


def _make(folder: Path, kind: str, genome: SampleGenome, size: str, packages: Path | None) -> Iterator[Made]:
    sequence, true = genome.read(packages, SEED)
    pairs, bases = SIZES[size]
    for reads, library in (("short", SHORT), ("long", LONG)):
        name = f"{kind}-{reads}"
        place = folder / name
        place.mkdir(parents=True, exist_ok=True)
        files = []
        if reads == "short":
            maker = Illumina(pairs, SEED, "binned", sequence)
            for mate in (1, 2):
                files.append(place / f"{name}_R{mate}.fastq.gz")
                _write(files[-1], maker.fastq(mate))
        else:
            files.append(place / f"{name}.fastq.gz")
            _write(files[-1], Nanopore(bases, SEED, genome=sequence).fastq())
            if kind == "mitochondrion":
                files = [_to_bam(files[0])]
        _write_forms(place, files, kind, library)
        yield Made(name, tuple(files), true)


def _write(path: Path, blocks: Iterator[bytes]) -> None:
    with packed(path, "gzip") as write:
        for block in blocks:
            write(block)


def _to_bam(fastq: Path) -> Path:
    """The same reads as unaligned BAM; the FASTQ file goes."""
    path = fastq.with_name(fastq.name.replace(".fastq.gz", ".bam"))
    header = {"HD": {"VN": "1.6", "SO": "unsorted"}, "RG": [{"ID": "1", "SM": "sample", "PL": "ONT"}]}
    with pysam.FastxFile(str(fastq)) as reads, pysam.AlignmentFile(str(path), "wb", header=header) as out:
        for read in reads:
            record = pysam.AlignedSegment(out.header)
            record.query_name, record.flag = read.name, 4
            record.query_sequence = read.sequence
            record.query_qualities = pysam.qualitystring_to_array(read.quality)
            record.set_tag("RG", "1")
            out.write(record)
    fastq.unlink()
    return path


def _write_forms(place: Path, files: list[Path], kind: str, library: dict[str, str]) -> None:
    genome, name = GENOMES[kind], place.name
    access = "closed" if kind == "mitochondrion" else "open"
    given = {
        "submission": {"submission_alias": name, "bioproject": name, "access_level": access, "data_centre": "KOBIC"},
        "project": {"project_alias": name},
        "sample": {"sample_name": name, "organism": genome.organism, "taxonomy_id": genome.taxonomy_id},
        "experiment": {"library_id": name, "sample_name": name, "library_strategy": "WGS", **library},
        "run": {"file_type": "bam" if files[0].suffix == ".bam" else "fastq"},
    }
    if access == "closed":
        given["project"]["withholding_requester"] = REQUESTER
    record = example_record(compose(*FORMS[kind]), minimal=True, given=given)
    _list_files(record, files)
    for sheet, rows in record.items():
        headings = list(dict.fromkeys(key for row in rows for key in row))
        lines = ["\t".join(headings), *("\t".join(row.get(key, "") for key in headings) for row in rows)]
        (place / f"{sheet}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _list_files(record: Record, files: list[Path]) -> None:
    """The true files in place of the example's."""
    run = record["run"][0]["run_alias"]
    roles = ("R1", "R2") if len(files) == 2 else ("",)
    record["file"] = []
    for path, role in zip(files, roles, strict=True):
        md5 = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
        row = {"file_name": path.name, "run_alias": run, "md5": md5}
        record["file"].append(row | ({"read_role": role} if role else {}))
