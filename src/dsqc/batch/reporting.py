"""The report of a batch, with what failed by a fault of ours: that stands in the events, not among the results."""

from pathlib import Path

from dsqc.batch.status import batch_status


def write_report(work: Path, *, run_pages: bool | None = None) -> Path:
    """Write the report of the batch in ``work``; arguments and result as of ``dsqc.stages.report.report``.

    Raises:
        UsageError: there is no batch.
        SystemFault: an artefact cannot be read, or the report cannot be written.
    """
    from dsqc.stages.report import report

    status = batch_status(work)
    return report(
        work,
        run_pages=run_pages,
        failed=[item.to_dict() for item in status.failed],
        failed_count=status.failed_count,
    )
