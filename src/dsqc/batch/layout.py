"""Where things stand in the working directory of a batch."""

from dataclasses import dataclass
from pathlib import Path

from dsqc.errors import UsageError

STAGES = ("transfer", "validate", "qc", "judge", "register")
"""The stages of one submission in their order; ``qc`` is one job a run."""
RUN_LOG = "logs/snakemake.log"
PAGE = "report/index.html"
RATES = "rates.json"
"""What this batch measured of its stages, for the next plan."""


@dataclass(frozen=True, slots=True)
class StageJob:
    """One job of the workflow: what it makes and where it logs, relative to the working directory."""

    stage: str
    submission: str
    run: str = ""

    @property
    def results(self) -> str:
        """Directory that its outputs stand in."""
        return f"results/{self.submission}" + (f"/runs/{self.run}" if self.stage == "qc" else "")

    @property
    def output(self) -> str:
        """The file whose existence says that the job is done."""
        names = {"transfer": "transfer", "validate": "validate", "judge": "verdict", "register": "receipt", "qc": "qc"}
        return f"{self.results}/{names[self.stage]}.json"

    @property
    def outputs(self) -> tuple[str, ...]:
        """Everything that a later stage reads of it; all of it is there, or the job is not done."""
        names = {
            "validate": ("validate.findings.jsonl", "submission.json", "profile.json", "profile.html"),
            "qc": ("findings.jsonl",),
        }.get(self.stage, ())
        return (self.output, *(f"{self.results}/{name}" for name in names))

    @property
    def log(self) -> str:
        """The job's standard error."""
        return f"logs/{self.stage}/{self.submission}" + (f"/{self.run}.log" if self.run else ".log")

    def inputs(self, runs: tuple[str, ...] = ()) -> tuple[str, ...]:
        """What it is made from.

        Args:
            runs: keys of the submission's runs, for ``judge``.
        """
        results = f"results/{self.submission}"
        if self.stage == "transfer":
            return (f"plan/{self.submission}.json",)
        if self.stage == "validate":
            return (f"{results}/transfer.json",)
        if self.stage == "qc":
            return (f"{results}/submission.json", f"{results}/transfer.json")
        if self.stage == "register":
            return (f"{results}/verdict.json",)
        validated = ("validate.json", "validate.findings.jsonl", "submission.json")
        measured = [item for run in runs for item in StageJob("qc", self.submission, run).outputs]
        return (f"{results}/transfer.json", *(f"{results}/{name}" for name in validated), *measured)

    @property
    def maybe_inputs(self) -> tuple[str, ...]:
        """What it is made from where it exists: a curator's decision; the options that the stage was called with."""
        options = f"options/{self.stage}.json"
        return (options, f"results/{self.submission}/decision.json") if self.stage == "register" else (options,)


def default_work(batch: str | Path) -> Path:
    """The working directory of a batch where none is named: ``<stem of the sheet>.work`` in the current directory."""
    name = str(batch).rstrip("/").rpartition("/")[2]
    return Path(f"{name.removesuffix('.tsv')}.work")


def find_work(place: Path) -> Path:
    """The working directory that ``place`` means: the directory itself, or the default one of a batch sheet.

    Raises:
        UsageError: no batch was run there.
    """
    work = place if (place / "plan.json").is_file() else default_work(place)
    if not (work / "plan.json").is_file():
        shown = place if place.is_dir() else work
        raise UsageError(f"No batch was run in {shown}.", hint="Name the working directory of `dsqc batch run`.")
    return work
