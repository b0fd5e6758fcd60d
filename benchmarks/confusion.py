"""How often "form against file" is right: simulated runs with honest forms and with one wrong attribute.

    python benchmarks/confusion.py --runs 600                  # confusion matrices, Markdown
    python benchmarks/confusion.py --calibrate --runs 600      # writes schemas/vocabularies/inference_calibration.tsv
    python benchmarks/confusion.py --shared ../shared/data     # the public files against the forms they deserve

Calibration takes seeds from 0 on, the matrices seeds from 1,000,000 on: no run is in both. Ends with exit code 1 where
more than 1 % of the honest attributes disagree.
"""

import argparse
import shutil
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from makers.runs import HUMAN_BUILDS, Maker, SimulatedRun
from shared_runs import SHARED, sheets_of

from dsqc.judge import FileResult, Inference, RunResult, infer
from dsqc.judge.inferred import model
from dsqc.limits import Limits
from dsqc.metrics.assemblies import assembly_named
from dsqc.metrics.contaminants import rows_of
from dsqc.model import Cell, Heading, Row, Sheet, Submission
from dsqc.stages._judge_forms import Forms
from dsqc.stages._qc_measure import Options
from dsqc.stages.qc import measure_run
from dsqc.taxonomy import open_taxonomy

HELD_OUT = 1_000_000
FURTHER = 500_000
RARE = (
    ("WGS", "MinION", 8), ("WGS", "Sequel II", 24), ("RNA-Seq bam", "", 8), ("Bisulfite-Seq", "", 30),
    ("single cell", "", 24), ("RNA-Seq ribosomal", "", 14), ("human bam", "Illumina MiSeq", 10),
)  # fmt: skip
"""Kinds, models and numbers of further runs for calibration: evidence that seeds alone give too seldom."""
MOST_FALSE = 0.01
WRONG_SHARE = 0.4
"""Share of a run's attributes that are made wrong, one at a time."""
CALIBRATION = Path(__file__).parents[1] / "schemas" / "vocabularies" / "inference_calibration.tsv"
WRONG: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "platform": ("experiment", "platform", ("OXFORD_NANOPORE", "PACBIO_SMRT", "ION_TORRENT")),
    "instrument_model": ("experiment", "instrument_model", ("Illumina Genome Analyzer", "Illumina MiniSeq")),
    "quality_values": ("experiment", "instrument_model", ("Illumina Genome Analyzer IIx", "Illumina NovaSeq X Plus")),
    "flow_cell": ("run", "flowcell_id", ("HXXXXXXXX",)),
    "run_date": ("run", "run_date", ("2016-01-01", "2027-01-01")),
    "collection_date": ("sample", "collection_date", ("2027-05-05",)),
    "library_layout": ("experiment", "library_layout", ("SINGLE", "PAIRED")),
    "read_length": ("experiment", "title", ("2x36",)),
    "insert_size": ("experiment", "insert_size", ("1500", "60")),
    "read_count": ("run", "expected_read_count", ("123456",)),
    "library_strategy": (
        "experiment",
        "library_strategy",
        ("WGS", "RNA-Seq", "Bisulfite-Seq", "AMPLICON", "miRNA-Seq"),
    ),
    "target_gene": ("experiment", "target_gene", ("RBCL", "matK")),
    "adapters": ("experiment", "library_construction_protocol", ("TruSeq Nano", "Nextera XT", "MGIEasy")),
    "read_strand": ("experiment", "read_strand", ("sense", "antisense", "non-stranded")),
    "gc": ("sample", "taxonomy_id", ("1773", "5833", "1280")),
    "reference": ("file", "reference_name", ("GRCh37", "GRCh38", "T2T-CHM13v2.0")),
    "sample_name": ("sample", "sample_name", ("Other-1",)),
    "sex": ("sample", "sex", ("male", "female")),
    "cell_barcode_read": ("experiment", "cell_barcode_read", ("read1[start:20, length:90]",)),
}
"""Attribute -> sheet, attribute of the form, values that are wrong where they differ from the honest one."""


@dataclass
class Tally:
    """Answers by attribute: of honest forms, and of the wrong attribute of a wrong form."""

    honest: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    wrong: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    bases: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    false: list[str] = field(default_factory=list)
    runs: int = 0

    @property
    def false_share(self) -> float:
        """Share of the honest attributes that disagree, of those that reads tell."""
        answers = sum((counter for counter in self.honest.values()), Counter())
        return answers["disagree"] / max(1, answers["agree"] + answers["disagree"])


def assemblies() -> dict[str, list[tuple[str, int]]]:
    """Names and lengths of the chromosomes of the human builds."""
    found: dict[str, list[tuple[str, int]]] = {build: [] for build in HUMAN_BUILDS}
    for row in rows_of("assemblies.tsv"):
        if row["assembly"] in found and not (row["assembly"] == "GRCh37" and row["length"] == "16571"):
            found[row["assembly"]].append((row["sequence"].replace("chrMT", "chrM"), int(row["length"])))
    return found


def submission_of(sheets: Mapping[str, list[dict[str, str]]]) -> Submission:
    """A submission out of rows."""
    return Submission({name: _sheet(name, rows) for name, rows in sheets.items()})


def _sheet(name: str, rows: list[dict[str, str]]) -> Sheet:
    keys = list(dict.fromkeys(key for row in rows for key in row))
    headings = tuple(Heading(key, key, chr(65 + number)) for number, key in enumerate(keys))
    made = []
    for number, row in enumerate(rows, 2):
        cells = {
            head.attribute: Cell(row.get(head.attribute, ""), row.get(head.attribute, ""), number, head.column)
            for head in headings
        }
        made.append(Row(name, number, cells))
    return Sheet(name, f"{name}.tsv", headings, tuple(made))


@dataclass(frozen=True)
class Measured:
    """One simulated run, measured once; forms may be put before it as often as one likes."""

    made: SimulatedRun
    data: Mapping[str, object]
    files: list[dict[str, object]]

    @classmethod
    def shared(cls, name: str, data: Path, folder: Path) -> "Measured":
        """Measure a public run."""
        made = SimulatedRun(name, sheets=sheets_of(name))
        for path in SHARED[name][0]:
            shutil.copyfile(data / path, folder / Path(path).name)
            made.files[Path(path).name] = ""
        submission = submission_of(made.sheets)
        (run,) = submission.runs()
        result = measure_run(submission, run, folder, Options(threads=1))
        return cls(made, result.data, [dict(item.data) for item in result.files])

    @classmethod
    def of(cls, seed: int, folder: Path, kind: str = "", model_name: str = "") -> "Measured":
        """Make and measure the run of a seed."""
        made = Maker(folder, seed, kind, model_name).make(assemblies())
        submission = submission_of(made.sheets)
        (run,) = submission.runs()
        result = measure_run(submission, run, folder, Options(threads=1, panel=lambda: None))
        for name in made.files:
            (folder / name).unlink()
        return cls(made, result.data, [dict(item.data) for item in result.files])

    def against(self, sheets: Mapping[str, list[dict[str, str]]]) -> tuple[RunResult, list[Inference]]:
        """What is inferred where the forms hold ``sheets``."""
        submission = submission_of(sheets)
        forms = Forms(submission)
        (run,) = submission.runs()
        files: list[FileResult] = [
            forms.file_result(run, item, str(entry["name"]))
            for item, entry in zip(self.files, self.data["files"], strict=True)
        ]
        result = forms.run_result(forms.declared(run), files, self.data, taxonomy=open_taxonomy(), limits=Limits())
        return result, infer(result)


def wrong_forms(
    made: SimulatedRun, rng: np.random.Generator, share: float
) -> Iterator[tuple[str, dict[str, list[dict[str, str]]]]]:
    """The forms of a run with one wrong attribute each, as far as the honest form says something there."""
    for attribute, (sheet, name, values) in WRONG.items():
        honest = made.sheets[sheet][0].get(name, "")
        others = [value for value in values if value != honest]
        if attribute == "reference":  # hg19 is GRCh37
            others = [value for value in others if assembly_named(value) != assembly_named(honest)]
        if not honest or not others or rng.random() > share:
            continue
        value = str(rng.choice(others))
        sheets = {key: [dict(row) for row in rows] for key, rows in made.sheets.items()}
        for row in sheets[sheet][: len(made.files) if sheet == "file" else 1]:
            row[name] = value
        if attribute == "gc":
            sheets["sample"][0]["organism"] = ""
        if attribute == "sample_name":  # the files of the run are those of another sample: rows change places
            if made.truth.get("sample_name") != honest:
                continue
            sheets["sample"] = [dict(made.sheets["sample"][0]), {"sample_name": value}]
            sheets["experiment"][0]["sample_name"] = value
        if attribute == "read_length":
            sheets["experiment"][0].pop("library_construction_protocol", None)
        yield attribute, sheets


def same_as_truth(item: Inference, made: SimulatedRun) -> bool | None:
    """Whether an inferred value is the true one; None where the truth is not such a value."""
    if item.attribute in made.truth:
        truth = made.truth[item.attribute]
        alike = {"mate 1 sense": "sense", "mate 2 sense": "antisense"}
        return alike.get(item.inferred, item.inferred) == truth if truth else None
    return None if item.agreement is model.Agreement.UNKNOWN else item.agreement is model.Agreement.AGREE


def rare_runs() -> Iterator[tuple[int, str, str]]:
    """Seed, kind and model of the further runs."""
    seed = FURTHER
    for kind, name, number in RARE:
        for _ in range(number):
            yield seed, kind, name
            seed += 1


def tally(seeds: Iterable[int | tuple[int, str, str]], *, every: bool = False) -> Tally:
    """Runs of ``seeds`` against honest and wrong forms.

    Args:
        seeds: of runs; with kind and model where they are not drawn.
        every: contradict on weak evidence too, so that it can be counted how often it is right.
    """
    found = Tally()
    least = model.LEAST_PROBABILITY
    model.LEAST_PROBABILITY = 0.0 if every else least
    try:
        for plan in seeds:
            seed, kind, name = (plan, "", "") if isinstance(plan, int) else plan
            with tempfile.TemporaryDirectory() as folder:
                measured = Measured.of(seed, Path(folder), kind, name)
            found.runs += 1
            _, inferences = measured.against(measured.made.sheets)
            for item in inferences:
                if not item.declared:
                    continue
                found.honest[item.attribute][item.agreement.value] += 1
                if item.agreement is model.Agreement.DISAGREE:
                    found.false.append(f"seed {seed} {measured.made.kind}: {item}")
                right = same_as_truth(item, measured.made)
                if item.inferred and right is not None:
                    found.bases[f"{item.attribute}/{item.basis}"][0] += right
                    found.bases[f"{item.attribute}/{item.basis}"][1] += 1
            if every:
                _count_conversion(measured, found)
            chance = np.random.default_rng([seed, 5])
            for attribute, sheets in () if every else wrong_forms(measured.made, chance, WRONG_SHARE):
                _, others = measured.against(sheets)
                answers = [item.agreement.value for item in others if item.attribute == attribute]
                found.wrong[attribute][answers[0] if answers else "cannot tell"] += 1
    finally:
        model.LEAST_PROBABILITY = least
    return found


def _count_conversion(measured: Measured, found: Tally) -> None:
    """That nothing was converted is only said against bisulfite sequencing: it is right of all other runs."""
    sheets = {key: [dict(row) for row in rows] for key, rows in measured.made.sheets.items()}
    sheets["experiment"][0]["library_strategy"] = "Bisulfite-Seq"
    for item in measured.against(sheets)[1]:
        if item.basis == "C as often as G":
            found.bases["library_strategy/C as often as G"][0] += measured.made.kind != "Bisulfite-Seq"
            found.bases["library_strategy/C as often as G"][1] += 1


def tally_shared(data: Path) -> Tally:
    """The public runs against their own forms, and against those of each other."""
    found = Tally()
    every: dict[str, Measured] = {}
    for name in SHARED:
        with tempfile.TemporaryDirectory() as folder:
            every[name] = Measured.shared(name, data, Path(folder))
        found.runs += 1
        for item in every[name].against(every[name].made.sheets)[1]:
            if item.declared:
                found.honest[item.attribute][item.agreement.value] += 1
            if item.agreement is model.Agreement.DISAGREE:
                found.false.append(f"{name}: {item}")
    for measured in every.values():
        for attribute, sheets in _others(measured.made, [other.made for other in every.values()]):
            _, others = measured.against(sheets)
            answers = [item.agreement.value for item in others if item.attribute == attribute]
            found.wrong[attribute][answers[0] if answers else "cannot tell"] += 1
    return found


def _others(made: SimulatedRun, every: list[SimulatedRun]) -> Iterator[tuple[str, dict[str, list[dict[str, str]]]]]:
    """The honest forms with one attribute of another run that says otherwise, once a value."""
    for attribute, (sheet, name, _) in WRONG.items():
        honest = made.sheets[sheet][0].get(name, "")
        values = {other.sheets[sheet][0].get(name, "") for other in every} - {honest, ""}
        if not honest or attribute in ("gc", "sample_name", "quality_values"):
            continue
        for value in sorted(values):
            sheets = {key: [dict(row) for row in rows] for key, rows in made.sheets.items()}
            sheets[sheet][0][name] = value
            yield attribute, sheets


def write_calibration(found: Tally, seeds: range) -> None:
    """Write how often each kind of evidence was right."""
    last = FURTHER + sum(number for _, _, number in RARE) - 1
    source = f"benchmarks/confusion.py, seeds {seeds.start} to {seeds.stop - 1} and {FURTHER} to {last}"
    lines = ["term\tright\tof\tsource"]
    lines += [f"{term}\t{right}\t{of}\t{source}" for term, (right, of) in sorted(found.bases.items())]
    CALIBRATION.write_text("\n".join(lines) + "\n", encoding="utf-8")


def markdown(found: Tally) -> str:
    """One line an attribute."""
    head = "| attribute | honest: agree | cannot tell | disagree | other value: agree | cannot tell | disagree |"
    lines = [head, "| --- " + "| ---: " * 6 + "|"]
    for attribute in found.honest:
        honest, wrong = found.honest[attribute], found.wrong.get(attribute, Counter())
        cells = [counter[answer] for counter in (honest, wrong) for answer in ("agree", "cannot tell", "disagree")]
        lines.append(f"| {attribute} | " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def tell(found: Tally) -> int:
    """Print the matrix and what is false; the exit code, 1 where that is too much."""
    print(markdown(found))
    print(f"\nruns {found.runs}, false disagree {100 * found.false_share:.2f} %")
    for line in found.false:
        print(line, file=sys.stderr)
    return int(found.false_share > MOST_FALSE)


def main() -> int:
    """Print the matrices."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=600)
    parser.add_argument("--calibrate", action="store_true")
    parser.add_argument("--shared", type=Path, help="the public data instead of simulated runs")
    arguments = parser.parse_args()
    if arguments.calibrate:
        seeds = range(arguments.runs)
        write_calibration(tally([*seeds, *rare_runs()], every=True), seeds)
        model._calibration.cache_clear()
        from dsqc.forms import vocabulary

        getattr(vocabulary.read_table, "cache_clear", lambda: None)()
    seeds = range(HELD_OUT, HELD_OUT + arguments.runs)
    found = tally_shared(arguments.shared) if arguments.shared else tally(seeds)
    return tell(found)


if __name__ == "__main__":
    sys.exit(main())
