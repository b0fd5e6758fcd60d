"""Simulated runs with their true forms: platforms, strategies, organisms, and what makes real ones hard to tell.

Each run has a seed; its truth is what the forms of an honest submitter say. Nuisances are drawn with it: names that an
archive took away, trimmed reads, adapters, tails of G, conversion that is not complete, noise of strands and sexes,
nominal insert sizes with adapters, protocols that name nothing.
"""

import gzip
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pysam
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
LETTERS = np.frombuffer(b"ACGT", np.uint8)
COMPLEMENT = np.zeros(256, np.uint8)
COMPLEMENT[list(b"ACGTN")] = list(b"TGCAN")
FORTY = tuple(range(2, 42))
EIGHT = (2, 14, 21, 27, 32, 36, 41)
READS, GENOME_READS = 2_000, 5_400
SAMPLES = ("Leaf-07", "Leaf-08", "Root-01")

MODELS: dict[str, tuple[str, str, tuple[int, ...]]] = {
    "Illumina NovaSeq 6000": ("A0{0}:{1}:HG{2}DSX5:1:1101", "HG{2}DSX5", (2, 12, 23, 37)),
    "Illumina NovaSeq X": ("LH00{0}:{1}:22{2}LT3:1:1101", "22{2}LT3", (2, 9, 24, 40)),
    "NextSeq 2000": ("VH00{0}:{1}:AA{2}XXM5:1:1101", "AA{2}XXM5", (2, 12, 23, 37)),
    "NextSeq 500": ("NB55{0}:{1}:HA{2}BGXX:1:1101", "HA{2}BGXX", EIGHT),
    "Illumina MiSeq": ("M0{0}:{1}:000000000-{2}BC:1:1101", "000000000-{2}BC", FORTY),
    "Illumina HiSeq 2500": ("D00{0}:{1}:C{2}AANXX:1:1101", "C{2}AANXX", FORTY),
    "Illumina HiSeq 4000": ("K00{0}:{1}:H{2}ABBXX:1:1101", "H{2}ABBXX", EIGHT),
    "DNBSEQ-G400": ("V300{0}12{2}", "", FORTY),
    "MinION": ("", "", FORTY),
    "Sequel II": ("m64{0}_", "", FORTY),
}
"""Model -> beginning of read names, flow cell, qualities. {0}: number, {1}: run, {2}: letters."""
PLATFORMS = {"DNBSEQ-G400": "DNBSEQ", "MinION": "OXFORD_NANOPORE", "Sequel II": "PACBIO_SMRT"}
LONG = ("MinION", "Sequel II")
ORGANISMS = {
    "Homo sapiens": ("9606", 0.409), "Oryza sativa": ("4530", 0.436), "Arabidopsis thaliana": ("3702", 0.36),
    "Escherichia coli": ("562", 0.508), "Mycobacterium tuberculosis": ("1773", 0.656),
    "Staphylococcus aureus": ("1280", 0.328), "Plasmodium falciparum": ("5833", 0.193),
    "Saccharomyces cerevisiae": ("4932", 0.383), "Drosophila melanogaster": ("7227", 0.422),
    "Bos taurus": ("9913", 0.419), "Pseudomonas aeruginosa": ("287", 0.663), "Danio rerio": ("7955", 0.366),
}  # fmt: skip
ADAPTERS = {
    "TruSeq": b"AGATCGGAAGAGCACACGTCTGAACTCCAGTCACACGTACGTATCTCGTATGCCGTCTTCTGCTTG",
    "Nextera": b"CTGTCTCTTATACACATCTCCGAGCCCACGAGACACGTACGTATCTCGTATGCCGTCTTCTGCTTG",
    "small RNA": b"TGGAATTCTCGGGTGCCAAGGAACTCCAGTCACACGTACGTATCTCGTATGCCGTCTTCTGCTTG",
    "BGI/MGI": b"AAGTCGGAGGCCAAGCGGTCTTAGGAAGACAAACGTACGTAACAACTCCTTGGCTCACAGAACGAC",
}
PROTOCOLS = {
    "TruSeq": ("TruSeq DNA PCR-Free kit", "NEBNext Ultra II", "KAPA Hyper Prep", "libraries were made as usual"),
    "Nextera": ("Nextera XT", "Illumina DNA Prep (tagmentation)", "library preparation by the sequencing centre"),
    "small RNA": ("TruSeq Small RNA", "NEXTFLEX small RNA kit", "see paper"),
    "BGI/MGI": ("MGIEasy universal library kit", "as recommended"),
}
MARKERS = {
    "16S rRNA": ("CCTACGGGAGGCAGCAG", "GTGCCAGCAGCCGCGGTAA", "AGAGTTTGATCCTGGCTCAG"),
    "ITS": ("CTTGGTCATTTAGAGGAAGTAA", "GCATCGATGAAGAACGCAGC", "TCCTCCGCTTATTGATATGC"),
    "18S rRNA": ("CCAGCAGCTGCGGTAATTCC",),
    "COX1": ("GGTCAACAAATCATAAAGATATTGG", "TAAACTTCAGGGTGACCAAAAAATCA"),
}
HUMAN_BUILDS = {"GRCh38": "hg38", "GRCh37": "hg19", "T2T-CHM13v2.0": "hs1"}
STRATEGIES = (
    "WGS", "WGS", "WGS", "RNA-Seq", "RNA-Seq bam", "AMPLICON marker", "AMPLICON panel", "Bisulfite-Seq", "miRNA-Seq",
    "ATAC-seq", "ChIP-Seq", "WXS", "single cell", "human bam", "human bam", "metagenome", "RNA-Seq ribosomal",
)  # fmt: skip


@dataclass(slots=True)
class SimulatedRun:
    """One run on disk, and the rows of its honest form.

    Attributes:
        files: name -> read role.
        sheets: rows by sheet (``submission sample experiment run file``).
        kind: strategy and how it was simulated.
        truth: what reads may be asked, by the attribute of ``dsqc.judge.inferred``.
    """

    kind: str
    files: dict[str, str] = field(default_factory=dict)
    sheets: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    truth: dict[str, str] = field(default_factory=dict)


class Maker:
    """Makes one run.

    Args:
        folder: where its files are written.
        seed: of everything that is drawn.
        kind, model: one of STRATEGIES and of MODELS instead of those that are drawn.
    """

    def __init__(self, folder: Path, seed: int, kind: str = "", model: str = "") -> None:
        self.folder = folder
        self._kind, self._model = kind, model
        self.rng = np.random.default_rng([seed, 77])
        self.run = SimulatedRun("")
        self.experiment: dict[str, str] = {"library_id": "LIB-1", "sample_name": SAMPLES[0], "library_layout": "SINGLE"}
        self.row: dict[str, str] = {"run_alias": "RUN_1", "library_id": "LIB-1"}
        self.sample: dict[str, str] = {"sample_name": SAMPLES[0]}
        self.reference = ""

    def make(self, assemblies: dict[str, list[tuple[str, int]]]) -> SimulatedRun:
        """Draw and write the run.

        Args:
            assemblies: names and lengths of the chromosomes of the human builds.
        """
        kind = self._kind or str(self.rng.choice(STRATEGIES))
        self.run.kind = kind
        self._origin(kind)
        self._organism(kind)
        if kind == "human bam":
            self._human_bam(assemblies)
        elif kind == "RNA-Seq bam":
            self._spliced_bam(assemblies["GRCh38"])
        else:
            self._fastq(kind)
        self._dates()
        self.experiment["title"] = str(self.rng.choice(["", "library of a leaf", "test"])) or self.experiment.get(
            "title", ""
        )
        files = [{"file_name": name, "run_alias": "RUN_1", "read_role": role} for name, role in self.run.files.items()]
        for item in files:
            item["reference_name"] = self.reference
        others = [{"sample_name": name} for name in SAMPLES[1:]]
        libraries = [{"library_id": "LIB-2", "sample_name": SAMPLES[1]}]
        self.run.sheets = {
            "sample": [self.sample, *others], "experiment": [self.experiment, *libraries],
            "run": [self.row], "file": files,
        }  # fmt: skip
        return self.run

    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def pick(self, *those: str) -> str:
        return str(self.rng.choice(list(those)))

    def _origin(self, kind: str) -> None:
        models = [name for name in MODELS if name not in LONG]
        if kind == "WGS" and self.chance(0.5):
            models = list(LONG)
        self.model = self._model or self.pick(*models)
        self.platform = PLATFORMS.get(self.model, "ILLUMINA")
        prefix, cell, self.levels = MODELS[self.model]
        numbers = (
            f"{self.rng.integers(1000, 9999)}"[
                : 3 if "00" in prefix[:4] or "NB" in prefix or "V300" in prefix or "m64" in prefix else 4
            ],
            f"{self.rng.integers(1, 400)}",
            "".join(self.rng.choice(list("ABCDEFGHJK"), 3)),
        )
        if self.model in ("Illumina HiSeq 4000", "DNBSEQ-G400"):
            numbers = (numbers[0], numbers[1], f"{self.rng.integers(100, 999)}")
        self.prefix = prefix.format(*numbers)
        self.cell = cell.format(*numbers)
        self.nameless = self.chance(0.15)
        if self.chance(0.1):
            self.levels = FORTY if len(self.levels) < 9 else (2, 12, 23, 37)  # recalibrated, or binned by somebody
            self.rewritten = True
        else:
            self.rewritten = False
        self.experiment |= {"platform": self.platform, "instrument_model": self.model}
        if self.cell and self.chance(0.5):
            self.row["flowcell_id"] = self.cell
        self.day = date(2020, 1, 1) + timedelta(days=int(self.rng.integers(0, 2000)))

    def _organism(self, kind: str) -> None:
        name = self.pick(*ORGANISMS)
        if kind in ("human bam", "RNA-Seq bam"):
            name = "Homo sapiens"
        self.sample |= {"organism": name, "taxonomy_id": ORGANISMS[name][0]}
        self.gc = ORGANISMS[name][1] + float(self.rng.normal(0, 0.015))
        if kind == "metagenome":
            self.sample |= {"organism": "soil metagenome", "taxonomy_id": "410658"}
            self.gc = float(self.rng.uniform(0.35, 0.68))

    def _dates(self) -> None:
        if self.chance(0.9 if self.model in LONG else 0.5):
            self.row["run_date"] = (self.day + timedelta(days=int(self.rng.integers(0, 4)))).isoformat()
        back = int(self.rng.integers(0, 400))
        collected = (self.day - timedelta(days=back)).isoformat()
        self.sample["collection_date"] = self.pick(
            collected, collected[:7], collected[:4], f"{collected[:7]}/{self.day.isoformat()[:7]}"
        )

    # ---- reads ----

    def genome(self, size: int, gc: float | None = None) -> Bytes:
        share = self.gc if gc is None else gc
        windows = np.clip(self.rng.normal(share, 0.04, size // 500 + 1), 0.05, 0.95).repeat(500)[:size]
        is_gc = self.rng.random(size) < windows
        return LETTERS[np.where(is_gc, self.rng.integers(1, 3, size), 3 * self.rng.integers(0, 2, size))]

    def fragments(self, genome: Bytes, number: int, insert: int, spread: int) -> list[Bytes]:
        lengths = np.clip(self.rng.normal(insert, spread, number), 18, len(genome) // 2).astype(int)
        starts = self.rng.integers(0, len(genome) - lengths.max(), number)
        made = []
        for start, length, turned in zip(starts, lengths, self.rng.random(number) < 0.5, strict=True):
            piece = genome[start : start + length]
            made.append(COMPLEMENT[piece[::-1]] if turned else piece)
        return made

    def _fastq(self, kind: str) -> None:
        if self.model in LONG:
            self._long_reads()
            return
        paired = (self.chance(0.6) and kind not in ("miRNA-Seq",)) or kind == "single cell"
        length = int(self.rng.choice([75, 100, 150, 250]))
        family = {"ATAC-seq": "Nextera", "miRNA-Seq": "small RNA"}.get(kind, self.pick("TruSeq", "TruSeq", "Nextera"))
        if self.platform == "DNBSEQ" and family == "TruSeq" and kind != "miRNA-Seq":
            family = self.pick("BGI/MGI", "TruSeq")
        builders: dict[str, Callable[[], list[Bytes]]] = {
            "AMPLICON marker": self._marker, "AMPLICON panel": self._panel, "Bisulfite-Seq": self._bisulfite,
            "miRNA-Seq": self._small_rna, "single cell": self._plain, "RNA-Seq ribosomal": self._ribosomal,
        }  # fmt: skip
        self.insert = int(self.rng.choice([120, 180, 250, 350, 450]))
        fragments = builders.get(kind, self._plain)()
        self._attributes(kind, paired, length, family)
        first = [self._read(piece, length, family) for piece in fragments]
        second = [self._read(COMPLEMENT[piece[::-1]], length, family) for piece in fragments] if paired else []
        if kind == "single cell":
            size = int(self.rng.choice([26, 28]))
            first = [LETTERS[self.rng.integers(0, 4, size)] for _ in fragments]
            if self.chance(0.5):
                first = [np.concatenate([one, np.full(50, ord("T"), np.uint8)]) for one in first]
            second = [one[:91] for one in second]
        elif self.chance(0.3):
            cut = self.rng.integers(length // 2, length + 1, len(first))
            first = [one[:n] for one, n in zip(first, cut, strict=True)]
            second = [one[:n] for one, n in zip(second, cut, strict=bool(second))]
        elif self.chance(0.2) and self.levels == (2, 12, 23, 37):
            for one in first[::15]:
                one[len(one) // 3 :] = ord("G")
        if paired and kind != "single cell" and self.chance(0.15):
            self._write(
                "reads.fastq.gz", "single", [x for both in zip(first, second, strict=True) for x in both], woven=True
            )
        elif paired:
            self._write("reads_R1.fastq.gz", "R1", first, mate=1)
            self._write("reads_R2.fastq.gz", "R2", second, mate=2)
        else:
            self._write("reads.fastq.gz", "single", first)
        reads = len(first)
        if self.chance(0.7):
            self.row["expected_read_count"] = f"{reads}"

    def _attributes(self, kind: str, paired: bool, length: int, family: str) -> None:
        strategy = kind.partition(" ")[0]
        strategy = {"single": "RNA-Seq", "metagenome": "WGS"}.get(strategy, strategy)
        rna = strategy in ("RNA-Seq", "miRNA-Seq")
        source = "TRANSCRIPTOMIC" if rna else "METAGENOMIC" if kind in ("metagenome", "AMPLICON marker") else "GENOMIC"
        self.experiment |= {
            "library_strategy": strategy, "library_source": source, "library_layout": "PAIRED" if paired else "SINGLE",
            "library_construction_protocol": self.pick(*PROTOCOLS[family]), "sequencing_technique": "Bulk sequencing",
        }  # fmt: skip
        if kind == "single cell":
            self.experiment |= {
                "sequencing_technique": "Single-cell sequencing", "library_source": "TRANSCRIPTOMIC SINGLE CELL",
                "single_cell_isolation": "10x technology", "cell_barcode_read": "read1[start:0, length:16]",
            }  # fmt: skip
        elif self.chance(0.5):
            self.experiment["title"] = f"{'2x' if paired else '1x'}{length} bp"
        if paired and kind in ("WGS", "ChIP-Seq", "WXS", "Bisulfite-Seq"):
            self.experiment["insert_size"] = f"{self.insert + (120 if self.chance(0.3) else 0)}"
        if rna and self.chance(0.5):
            self.experiment["read_strand"] = self.pick("non-stranded", "mate 2 sense", "not applicable")

    def _plain(self) -> list[Bytes]:
        number = GENOME_READS if self.run.kind == "WGS" else READS
        return self.fragments(self.genome(300_000), number, self.insert, 40)

    def _marker(self) -> list[Bytes]:
        gene = self.pick(*MARKERS)
        primer = np.frombuffer(self.pick(*MARKERS[gene]).encode(), np.uint8)
        self.experiment |= {"target_gene": gene, "target_subfragment": "V4"}
        self.run.truth["target_gene"] = gene
        self.sample |= {"organism": "soil metagenome", "taxonomy_id": "410658"}
        species = [self.genome(320, 0.52) for _ in range(40)]
        spacer, trimmed = int(self.rng.integers(0, 4)), self.chance(0.15)
        made = []
        for which in self.rng.integers(0, 40, READS):
            front = LETTERS[self.rng.integers(0, 4, int(self.rng.integers(0, spacer + 1)))]
            made.append(species[which] if trimmed else np.concatenate([front, primer, species[which]]))
        return made

    def _panel(self) -> list[Bytes]:
        ends = [self.genome(200) for _ in range(int(self.rng.choice([4, 8, 12, 300])))]
        weights = self.rng.dirichlet(np.ones(len(ends)))
        return [ends[number] for number in self.rng.choice(len(ends), READS, p=weights)]

    def _bisulfite(self) -> list[Bytes]:
        made = self.fragments(self.genome(300_000), READS, self.insert, 40)
        methylated = float(self.rng.choice([0.01, 0.04, 0.08]))
        both_ways = self.chance(0.5)
        for number, piece in enumerate(made):
            converted = piece.copy()
            plus = not both_ways or self.rng.random() < 0.5
            old, new = (ord("C"), ord("T")) if plus else (ord("G"), ord("A"))
            converted[(piece == old) & (self.rng.random(len(piece)) > methylated)] = new
            made[number] = converted
        return made

    def _small_rna(self) -> list[Bytes]:
        known = [self.genome(22, 0.48) for _ in range(300)]
        weights = self.rng.dirichlet(np.full(300, 0.1))
        return [known[number] for number in self.rng.choice(300, READS, p=weights)]

    def _ribosomal(self) -> list[Bytes]:
        words = [
            b"GCCAGCAGCCGCGGTA",
            b"TTGTACACACCGCCCG",
            b"CTTAAAGGAATTGACG",
            b"CAGTACGAGAGGAACC",
            b"GGGATAACTGGCTTGT",
        ]
        unit = self.genome(7_000, 0.55)
        for word, at in zip(words, (600, 1500, 1100, 5900, 5300), strict=True):
            unit[at : at + 16] = np.frombuffer(word, np.uint8)
        share = float(self.rng.choice([0.02, 0.1, 0.7, 0.9]))
        number = int(share * READS)
        return self.fragments(unit, number, self.insert, 40) + self.fragments(
            self.genome(300_000), READS - number, self.insert, 40
        )

    def _read(self, piece: Bytes, length: int, family: str) -> Bytes:
        if len(piece) >= length:
            read = piece[:length].copy()
        else:
            tail = np.frombuffer(ADAPTERS[family] + (b"G" if len(self.levels) < 9 else b"A") * length, np.uint8)
            read = np.concatenate([piece, tail])[:length]
        wrong = self.rng.random(len(read)) < 0.004
        read[wrong] = LETTERS[self.rng.integers(0, 4, int(wrong.sum()))]
        return read

    def _long_reads(self) -> None:
        genome = self.genome(400_000)
        error = 0.03 if self.model == "MinION" else 0.002
        number = 600
        reads = self.fragments(genome, number, int(self.rng.choice([2_000, 6_000])), 1_000)
        for read in reads:
            wrong = self.rng.random(len(read)) < error
            read[wrong] = LETTERS[self.rng.integers(0, 4, int(wrong.sum()))]
        self.experiment |= {
            "library_strategy": "WGS", "library_source": "GENOMIC", "sequencing_technique": "Bulk sequencing",
            "library_construction_protocol": "ligation kit",
        }  # fmt: skip
        if not self.nameless:
            self.run.truth["run_date"] = self.day.isoformat()
        self._write("reads.fastq.gz", "single", reads)

    def _name(self, number: int, mate: int) -> str:
        if self.nameless:
            return f"SRR900001.{number + 1} {number + 1} length=100"
        if self.model == "MinION":
            name = uuid.UUID(int=int(self.rng.integers(1, 2**62)) << 64 | number)
            start = f"{self.day.isoformat()}T08:{number % 60:02d}:00Z"
            return f"{name} runid=ab12 ch={number % 500 + 1} start_time={start}"
        if self.model == "Sequel II":
            return f"{self.prefix}{self.day:%y%m%d}_095311/{number * 7 + 1}/ccs"
        if self.platform == "DNBSEQ":
            return f"{self.prefix[:10]}L1C001R001{number:07d}/{mate}"
        return f"{self.prefix}:{1000 + number * 7}:{1000 + number % 97} {mate}:N:0:ACGTACGT"

    def _write(self, name: str, role: str, reads: list[Bytes], *, mate: int = 1, woven: bool = False) -> None:
        levels = np.array(self.levels, np.uint8) + 33
        weights = np.linspace(1, 8, len(levels)) ** 2
        drawn = self.rng.choice(levels, sum(map(len, reads)), p=weights / weights.sum())
        lines, at = [], 0
        for number, read in enumerate(reads):
            which = number // 2 if woven else number
            quality = drawn[at : at + len(read)]
            at += len(read)
            title = self._name(which, number % 2 + 1 if woven else mate)
            lines.append(b"@%b\n%b\n+\n%b\n" % (title.encode(), read.tobytes(), quality.tobytes()))
        (self.folder / name).write_bytes(gzip.compress(b"".join(lines), 1, mtime=0))
        self.run.files[name] = role

    # ---- alignments ----

    def _header(self, chromosomes: list[tuple[str, int]]) -> list[str]:
        lines = ["@HD\tVN:1.6\tSO:unsorted", *(f"@SQ\tSN:{name}\tLN:{length}" for name, length in chromosomes)]
        own = self.chance(0.5)
        sample = SAMPLES[0] if own else self.pick("DNA-4711", "K12", SAMPLES[0])
        self.run.truth["sample_name"] = SAMPLES[0] if sample == SAMPLES[0] else ""
        library = self.pick("LIB-1", "lib_a")
        unit = f"{self.cell}.1" if self.cell else "unit1"
        platform = "DNBSEQ" if self.platform == "DNBSEQ" else "ILLUMINA"
        lines.append(f"@RG\tID:a\tSM:{sample}\tLB:{library}\tPL:{platform}\tPU:{unit}")
        return lines

    def _sam(self, header: list[str], records: list[str]) -> None:
        text, path = self.folder / "reads.sam", self.folder / "reads.bam"
        text.write_text("\n".join([*header, *records]) + "\n")
        pysam.view("-b", "-o", str(path), str(text), catch_stdout=False)
        text.unlink()
        self.run.files["reads.bam"] = ""

    def _human_bam(self, assemblies: dict[str, list[tuple[str, int]]]) -> None:
        build = self.pick(*assemblies)
        chromosomes = assemblies[build]
        alias = self.pick(build, HUMAN_BUILDS[build])
        self.run.truth |= {"reference": build}
        self.reference = alias
        self.sample["intended_reference"] = build
        paired = self.chance(0.5)
        self.insert = 350
        self._attributes("WGS", paired, 50, "TruSeq")
        small = self.chance(0.3)  # too few reads for the sex chromosomes
        sex = self.pick("male", "female")
        self.sample["sex"] = sex
        if not small:
            self.run.truth["sex"] = sex
        depth = {"chrX": 0.5 if sex == "male" else 1.0, "chrY": 0.45 * 0.5 if sex == "male" else 0.004, "chrM": 0}
        weights = np.array([length * depth.get(name, float(self.rng.normal(1, 0.04))) for name, length in chromosomes])
        number = (3_000 if small else 24_000) // (2 if paired else 1)
        where = self.rng.choice(len(chromosomes), number, p=weights / weights.sum())
        bases = LETTERS[np.where(self.rng.random((number, 50)) < self.gc, self.rng.integers(1, 3, (number, 50)), 0)]
        quality = "".join(chr(33 + level) for level in (self.levels * 50)[:50])
        records = []
        for row, chromosome in enumerate(where.tolist()):
            name, length = chromosomes[chromosome]
            place = int(self.rng.integers(1, length - 1000))
            text = bases[row].tobytes().decode()
            title = self._name(row, 1).partition(" ")[0].removesuffix("/1")
            if paired:
                insert = max(100, int(self.rng.normal(350, 40)))
                end, last = place + insert - 50, f"{text}\t{quality}\tRG:Z:a"
                records.append(f"{title}\t99\t{name}\t{place}\t60\t50M\t=\t{end}\t{insert}\t{last}")
                records.append(f"{title}\t147\t{name}\t{end}\t60\t50M\t=\t{place}\t{-insert}\t{last}")
            else:
                records.append(
                    f"{title}\t{16 * (row % 2)}\t{name}\t{place}\t60\t50M\t*\t0\t0\t{text}\t{quality}\tRG:Z:a"
                )
        self._sam(self._header(chromosomes), records)

    def _spliced_bam(self, chromosomes: list[tuple[str, int]]) -> None:
        self.run.truth |= {"reference": "GRCh38"}
        self.reference = "GRCh38"
        self.insert = 200
        self._attributes("RNA-Seq", False, 50, "TruSeq")
        share = float(self.rng.choice([0.03, 0.15, 0.3]))
        strand = self.pick("sense", "antisense", "non-stranded")
        sense = {"sense": 0.97, "antisense": 0.03, "non-stranded": 0.5}[strand]
        self.experiment["read_strand"] = strand
        self.run.truth["read_strand"] = strand
        quality = "".join(chr(33 + level) for level in (self.levels * 50)[:50])
        records = []
        for row in range(4_000):
            name, length = chromosomes[int(self.rng.integers(0, 22))]
            place = int(self.rng.integers(1, length - 100_000))
            text = LETTERS[self.rng.integers(0, 4, 50)].tobytes().decode()
            reverse, title = row % 2, self._name(row, 1).partition(" ")[0].removesuffix("/1")
            if self.rng.random() < share:
                plus = (self.rng.random() < sense) != bool(reverse)
                tag = f"\tXS:A:{'+' if plus else '-'}" if self.run.kind else ""
                cigar, last = f"25M{1000 + row}N25M", f"{text}\t{quality}\tRG:Z:a{tag}"
                records.append(f"{title}\t{16 * reverse}\t{name}\t{place}\t60\t{cigar}\t*\t0\t0\t{last}")
            else:
                records.append(f"{title}\t{16 * reverse}\t{name}\t{place}\t60\t50M\t*\t0\t0\t{text}\t{quality}\tRG:Z:a")
        self._sam(self._header(chromosomes), records)
