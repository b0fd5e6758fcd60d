"""Batches: the sheet, the plan, one run of the workflow, and how a batch stands. Only ``dsqc.cli`` imports it.

Example::

    work = plan_batch(Path("batch.tsv"), Path("batch.work"), S3Options())
"""
