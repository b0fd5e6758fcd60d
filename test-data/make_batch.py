"""Make the sample batch of `dsqc demo`: ten submissions over nine research fields, seeded.

Usage: python test-data/make_batch.py   (rewrites test-data/batch and test-data/SOURCES.tsv)

Three are broken as real ones are: faults in the form, a gzip that was cut in transit, mates that do not belong
together. One is sound but weak, so that a curator has something to decide.
"""

import csv
import datetime
import hashlib
import shutil
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import numpy as np
import simulate_reads as sim
import xlsxwriter
from sample_forms import COMMON, SUBMISSIONS, Described

from dsqc.forms import compose

HERE = Path(__file__).parent
BATCH = HERE / "batch"
SHEETS = ("submission", "project", "sample", "experiment", "run", "file")
NOVASEQ = "A01234:55:HGXXXDSX5"
MISEQ = "M03456:71:000000000-KB7RT"
INDEX = "ACGTACGT+TTGGCCAA"


def pairs_to(folder: Path, stem: str, pairs: Iterable[tuple[sim.Read, sim.Read]], bgzf: bool = False) -> None:
    """Write ``stem_R1.fastq.gz`` and ``stem_R2.fastq.gz``."""
    both = list(pairs)
    write = sim.write_bgzf if bgzf else sim.write_gzip
    write(folder / f"{stem}_R1.fastq.gz", (one for one, _ in both))
    write(folder / f"{stem}_R2.fastq.gz", (two for _, two in both))


def rice(folder: Path, rng: np.random.Generator) -> None:
    genome = sim.genome(rng, 200_000, 0.436)
    for stem in ("KR-RICE-001", "KR-RICE-002"):
        pairs_to(
            folder,
            stem,
            sim.illumina_pairs(rng, genome, 2500, 150, (350, 60), NOVASEQ, INDEX, sim.binned_qualities),
            bgzf=stem.endswith("2"),
        )


def virus(folder: Path, rng: np.random.Generator) -> None:
    genome = sim.genome(rng, 29_903, 0.38)
    windows = [(start, start + 390) for start in range(30, 29_000, 310)]
    reads = sim.illumina_pairs(rng, genome, 2500, 220, (390, 1), MISEQ, "1", sim.graded_qualities, windows)
    pairs_to(folder, "hCoV-KR-0417", reads)


def pathogen(folder: Path, rng: np.random.Generator) -> None:
    genome = sim.genome(rng, 150_000, 0.655)
    sim.write_gzip(folder / "TB-KR-07.fastq.gz", sim.nanopore_reads(rng, genome, 160, 3500, 15))


def human(folder: Path, rng: np.random.Generator) -> None:
    genome = sim.genome(rng, 120_000, 0.41)
    reads = sim.hifi_reads(rng, genome, 60, 7000)
    sim.write_unaligned_bam(folder / "PM-0031.hifi.bam", reads, "PM-0031", "PACBIO")


def cattle(folder: Path, rng: np.random.Generator) -> None:
    transcripts = sim.genome(rng, 90_000, 0.5)
    reads = sim.illumina_pairs(rng, transcripts, 5000, 76, (180, 30), NOVASEQ, INDEX, sim.binned_qualities)
    sim.write_gzip(folder / "HW-LIVER-12.fastq.gz", (one for one, _ in reads))


def yeast(folder: Path, rng: np.random.Generator) -> None:
    sim.write_cram(folder / "CG-KCTC-5.cram", sim.genome(rng, 60_000, 0.38), 3000, 150, rng, "CG-KCTC-5")


def gut(folder: Path, rng: np.random.Generator) -> None:
    genome = sim.genome(rng, 1500, 0.53)
    reads = sim.illumina_pairs(
        rng, genome, 2000, 250, (440, 1), MISEQ, "3", partial(sim.graded_qualities, end=26), [(340, 800)]
    )
    pairs_to(folder, "GUT-014", reads)


def seawater(folder: Path, rng: np.random.Generator) -> None:
    genome = sim.genome(rng, 300_000, 0.45)
    pairs_to(
        folder, "SEA-JJ-03", sim.illumina_pairs(rng, genome, 2500, 150, (300, 50), NOVASEQ, INDEX, sim.binned_qualities)
    )
    # Cut in transit after the checksum was taken from what had arrived: the MD5 agrees, the stream ends too early.
    cut = folder / "SEA-JJ-03_R2.fastq.gz"
    cut.write_bytes(cut.read_bytes()[: int(cut.stat().st_size * 0.6)])


def soil(folder: Path, rng: np.random.Generator) -> None:
    genome = sim.genome(rng, 300_000, 0.6)
    make = partial(
        sim.illumina_pairs,
        rng,
        genome,
        length=150,
        insert=(320, 50),
        machine=NOVASEQ,
        index=INDEX,
        qualities=sim.binned_qualities,
    )
    # R2 of another library was put beside R1: as many reads, other names.
    ours, other = list(make(pairs=2200)), list(make(pairs=2200))
    pairs_to(folder, "SOIL-B2", ((one, two) for (one, _), (_, two) in zip(ours, other, strict=True)))


def drug(folder: Path, rng: np.random.Generator) -> None:
    transcripts = sim.genome(rng, 90_000, 0.49)
    weak = partial(sim.graded_qualities, start=29, end=14)
    pairs_to(folder, "HEPG2-D3", sim.illumina_pairs(rng, transcripts, 2200, 100, (200, 40), MISEQ, "7", weak))


MAKERS: dict[str, Callable[[Path, np.random.Generator], None]] = {
    "rice-wgs": rice,
    "sarscov2-amplicon": virus,
    "tuberculosis-nanopore": pathogen,
    "human-hifi": human,
    "hanwoo-rnaseq": cattle,
    "yeast-cram": yeast,
    "gut-16s": gut,
    "seawater-metagenome": seawater,
    "soil-metagenome": soil,
    "hepg2-drug-response": drug,
}


def rows_of(described: Described, folder: Path) -> dict[str, list[dict[str, str]]]:
    """All six sheets, with checksums and sizes of the files as they stand."""
    sheets = {name: [dict(row) for row in described.sheets[name]] for name in SHEETS}
    sheets["submission"][0] = COMMON["submission"] | sheets["submission"][0]
    sheets["project"][0] = COMMON["project"] | sheets["project"][0]
    for row in sheets["file"]:
        content = (folder / row["file_name"]).read_bytes()
        row["md5"] = hashlib.md5(content, usedforsecurity=False).hexdigest()
        row["size_bytes"] = str(len(content))
    return sheets


def with_korean_headings(sheets: dict[str, list[dict[str, str]]]) -> dict[str, list[dict[str, str]]]:
    """The same sheets under the Korean labels of their form: dsqc takes both."""
    row = sheets["submission"][0]
    form = compose(row["form_id"], row["package"])
    columns = {name: form.columns(name) for name in SHEETS}
    return {
        name: [{columns[name][attribute].label.ko: value for attribute, value in row.items()} for row in rows]
        for name, rows in sheets.items()
    }


def write_tsv(folder: Path, sheets: dict[str, list[dict[str, str]]]) -> None:
    """One TSV a sheet, as an editor on any system writes it."""
    for name, rows in sheets.items():
        with (folder / f"{name}.tsv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), delimiter="\t", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


def write_workbook(path: Path, sheets: dict[str, list[dict[str, str]]]) -> None:
    """One workbook with a sheet an object, everything as text, and always the same bytes."""
    with xlsxwriter.Workbook(path) as workbook:
        workbook.set_properties({"created": datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)})
        for name, rows in sheets.items():
            sheet = workbook.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            for column, heading in enumerate(rows[0]):
                sheet.write_string(0, column, heading)
                for number, row in enumerate(rows, start=1):
                    sheet.write_string(number, column, row[heading])


def main() -> None:
    """Make everything anew; the same seed gives the same submissions."""
    for old in BATCH.iterdir():
        if old.is_dir():
            shutil.rmtree(old)
    sources = []
    for number, (name, described) in enumerate(SUBMISSIONS.items()):
        folder = BATCH / name
        folder.mkdir()
        MAKERS[name](folder, np.random.default_rng([2026, number]))
        sheets = rows_of(described, folder)
        if described.korean_headings:
            sheets = with_korean_headings(sheets)
        if described.workbook:
            write_workbook(folder / "submission.xlsx", sheets)
        else:
            write_tsv(folder, sheets)
        for path in sorted(folder.iterdir()):
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            sources.append((f"batch/{name}/{path.name}", digest, described.what))
    with (BATCH / "batch.tsv").open("w", encoding="utf-8") as file:
        file.write("submission\tsource\n")
        file.writelines(f"{name}\t{name}\n" for name in SUBMISSIONS)
    with (BATCH / "expected.tsv").open("w", encoding="utf-8") as file:
        file.write("submission\tstate\tcodes\n")
        file.writelines(f"{name}\t{item.state}\t{' '.join(item.codes)}\n" for name, item in SUBMISSIONS.items())
    with (HERE / "SOURCES.tsv").open("w", encoding="utf-8") as file:
        file.write("path\torigin\tlicence\tsha256\twhy\n")
        for path, digest, why in sources:
            file.write(f"{path}\tsimulated by test-data/make_batch.py\tApache-2.0\t{digest}\t{why}\n")


if __name__ == "__main__":
    main()
