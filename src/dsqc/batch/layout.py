"""Where things stand in the working directory of a batch."""

from dataclasses import dataclass
from pathlib import Path

from dsqc.errors import UsageError

STAGES = ("transfer", "validate", "qc", "judge", "register")
"""The stages of one submission in their order; ``qc`` is one job a run."""
RUN_LOG = "logs/snakemake.log"
PAGE = "report/index.html"


@dataclass(frozen=True, slots=True)
class StageJob:
    """One job of the workflow: what it makes and where it logs, relative to the working directory."""

    stage: str
    submission: str
    run: str = ""

    @property
    def output(self) -> str:
        """The file whose existence says that the job is done."""
        results = f"results/{self.submission}"
        if self.stage == "qc":
            return f"{results}/runs/{self.run}/qc.json"
        names = {"transfer": "transfer", "validate": "validate", "judge": "verdict", "register": "receipt"}
        return f"{results}/{names[self.stage]}.json"

    @property
    def log(self) -> str:
        """The job's standard error."""
        return f"logs/{self.stage}/{self.submission}" + (f"/{self.run}.log" if self.run else ".log")


def default_work(sheet: Path) -> Path:
    """The working directory of ``sheet`` where none is named: ``<its stem>.work`` in the current directory."""
    return Path(f"{sheet.stem}.work")


def find_work(place: Path) -> Path:
    """The working directory that ``place`` means: the directory itself, or the default one of a batch sheet.

    Raises:
        UsageError: no batch was run there.
    """
    work = place if place.is_dir() else default_work(place)
    if not (work / "plan.json").is_file():
        raise UsageError(f"No batch was run in {work}.", hint="Name the working directory of `dsqc batch run`.")
    return work
