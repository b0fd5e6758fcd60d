"""Archive encoding: read data in fewer bytes, only where decoding is proven to give back every byte of the content.

A neighbour of ``catalog`` and ``transfer``, which it does not import; imports formats and fingerprint. Example::

    outcome = encode_file(Path("reads.fastq.gz"), Path("archived"), Options())
    if outcome.recipe:
        decode_file(outcome.path, outcome.recipe, Path("reads.fastq.gz"))
"""

from dsqc.archive.decode import Restored, decode_file, prove
from dsqc.archive.encode import Outcome, encode_file
from dsqc.archive.options import Options, Reason
from dsqc.archive.recipe import Content, Recipe, Stored

__all__ = [
    "Content",
    "Options",
    "Outcome",
    "Reason",
    "Recipe",
    "Restored",
    "Stored",
    "decode_file",
    "encode_file",
    "prove",
]
