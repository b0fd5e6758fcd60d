"""What the judge compares runs with: their rows of the forms, and the names of the other rows."""

from collections.abc import Mapping, Sequence
from typing import Any

from dsqc.judge import Declared, FileResult, RunResult
from dsqc.model import Run, Submission
from dsqc.station import Limits
from dsqc.taxonomy import Taxonomy

EXPERIMENT_KEY = "library_id"
RUN_KEY = "run_alias"


class Forms:
    """The sheets of one submission, by their keys.

    Attributes:
        experiments: attributes of the experiments by library id, with the research field of the submission: what
            goals are chosen by. Of equal ones the first.
    """

    def __init__(self, submission: Submission) -> None:
        field = {"research_field": submission.get("form_id")}
        found = _attributes(submission, "experiment", EXPERIMENT_KEY)
        self.experiments = {key: values | field for key, values in found.items()}
        self._experiment_rows = _rows(submission, "experiment", EXPERIMENT_KEY)
        self._samples = {
            name.casefold(): values
            for name, values in reversed(_attributes(submission, "sample", "sample_name").items())
        }
        self._sample_rows = {
            name.casefold(): row for name, row in reversed(_rows(submission, "sample", "sample_name").items())
        }
        self._runs = _attributes(submission, "run", RUN_KEY)
        self._access_level = submission.get("access_level")
        self._references = {row.get("file_name"): row.get("reference_name") for row in submission.rows("file")}
        self._sample_names = {
            row.get("sample_name").casefold(): row.get("sample_name") for row in submission.rows("sample")
        }
        self._library_ids = {name.casefold(): name for name in self.experiments}

    def declared(self, run: Run) -> Declared:
        """The rows of a run; a broken reference between the sheets leaves it without: its finding was made before."""
        experiment = self.experiments.get(run.library_id, {})
        sample = experiment.get("sample_name", "").casefold()
        return Declared(
            run,
            self._runs.get(run.alias, {}),
            experiment,
            self._samples.get(sample, {}),
            self._sample_rows.get(sample),
            self._experiment_rows.get(run.library_id),
            self._access_level,
        )

    def file_result(self, run: Run, data: Mapping[str, Any], name: str) -> FileResult:
        """One measured file (content of ``<stem>.dsqc.json``) with its row."""
        row = next((item for item in run.files if item.name == name), None)
        about, identity = data.get("file") or {}, data.get("fingerprint") or {}
        return FileResult(
            name=name,
            role=row.read_role if row else "",
            reference=self._references.get(name, ""),
            row=row.row or None if row else None,
            format=about.get("format") or "",
            metrics=data["metrics"],
            tables=data.get("tables", {}),
            sha256=about.get("sha256") or "",
            reads=identity.get("reads") or "",
            read_count=identity.get("read_count") or 0,
        )

    def run_result(
        self,
        declared: Declared,
        files: Sequence[FileResult],
        measured: Mapping[str, Any],
        *,
        taxonomy: Taxonomy,
        limits: Limits,
    ) -> RunResult:
        """One run with everything that the reads are held against.

        Args:
            declared: its rows.
            files: its whole files.
            measured: its ``qc.json``.
            taxonomy, limits: as in ``dsqc.stages.judge.judge``.
        """
        return RunResult(
            declared=declared,
            metrics=measured.get("metrics") or {},
            files=files,
            taxonomy=taxonomy,
            limits=limits,
            measured=measured,
            pairs=(measured.get("pair") or {}).get("pairs"),
            sample_names=self._sample_names,
            library_ids=self._library_ids,
        )


def _attributes(submission: Submission, sheet: str, key: str) -> dict[str, dict[str, str]]:
    """Attributes of the rows of ``sheet`` by the value of ``key``; of equal ones the first."""
    found: dict[str, dict[str, str]] = {}
    for row in submission.rows(sheet):
        found.setdefault(row.get(key), {name: cell.value for name, cell in row.cells.items()})
    return found


def _rows(submission: Submission, sheet: str, key: str) -> dict[str, int]:
    """Row numbers of ``sheet`` by the value of ``key``; of equal ones the first."""
    found: dict[str, int] = {}
    for row in submission.rows(sheet):
        found.setdefault(row.get(key), row.number)
    return found
