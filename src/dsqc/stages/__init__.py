"""Stages: what the commands do, one public function each, which reads artefacts and writes artefacts.

A submission goes through transfer, validate, qc, judge, curate and register; ``fix``, ``migrate``, ``fingerprint``,
``report`` and ``docs`` stand beside that way. Modules that begin with ``_`` are parts of one stage. Example::

    from dsqc.stages.validate import validate
    result = validate(Path("my_submission"), Path("results"))
"""
