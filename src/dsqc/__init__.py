"""dsqc: ingestion and quality control for a national biological data station.

The house, from the door down; imports only ever go down::

    cli        parse, call one function, print
    batch      plan, run and watch many submissions (starts the workflow)
    stages     transfer validate qc judge curate register: one public function each
    judge report catalog transfer sending archive     do not import each other
    listing                               which files a submission lists, for both ends of the way
    rules metrics fingerprint storage submission      do not import each other
    columns personal                      diagnosis of whole columns; people in the data
    formats forms sketch taxonomy         bytes -> arrays; schemas -> forms; organisms in reads; organisms by name
    kernels crypt4gh                      numba: arrays in, arrays out; encryption of closed data
    findings grouping model accessions station limits artefact registry rule_data rule_set language logs
    locking pacing progress
    errors version

Data stands beside the code and travels in the wheel: ``dsqc.schemas`` (forms, vocabularies, the rule
registry, quality goals, shapes of what we write), ``dsqc.workflow`` and ``dsqc.profiles``.
"""

from typing import TYPE_CHECKING, Any

from dsqc.version import __version__

if TYPE_CHECKING:
    from dsqc.stages.qc import qc as qc

__all__ = ["__version__", "qc"]


def __getattr__(name: str) -> Any:
    # Lazy, so that `import dsqc` (and `dsqc --help`) loads neither numba nor pysam.
    if name == "qc":
        from dsqc.stages.qc import qc

        return qc
    raise AttributeError(f"module 'dsqc' has no attribute {name!r}")
