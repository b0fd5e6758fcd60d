"""The identity of a set of reads: the same from FASTQ, BAM and CRAM, whatever their order, names and compression.

Imported by stages; imports formats (the batch) and kernels. A sibling of metrics, which it does not import.
Example: ``one = Fingerprint(); one.add(batch); one.result(33) -> {"reads": ..., "sequences": ..., "read_count": ...}``.
"""

from dsqc.fingerprint.collector import Fingerprint, Identity, total

__all__ = ["Fingerprint", "Identity", "total"]
