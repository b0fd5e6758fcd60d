"""Batches: the sheet, the plan, one run of the workflow, and how a batch stands. Only ``dsqc.cli`` imports it.

Example::

    status = run_batch(RunOptions(Path("batch.tsv"), Path("batch.work")))
"""
