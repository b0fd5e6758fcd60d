"""Fingerprint the reads of data files: which reads they hold, whatever their order, names, format and compression.

A line a file: fingerprint of bases and qualities, fingerprint of bases alone, number of reads, name. The FASTQ files of
a run and the BAM or CRAM made of them agree: compare the line of all files together with that of the other. It tells
apart what differs by chance; it is no cryptographic checksum.

  dsqc fingerprint reads_R1.fastq.gz reads_R2.fastq.gz
  dsqc fingerprint aligned.cram --reference genome.fa
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dsqc.cli._options import add_exit_zero, add_threads
from dsqc.cli._output import print_findings, print_json, printable
from dsqc.language import Language, Text

if TYPE_CHECKING:
    from dsqc.fingerprint import Identity
    from dsqc.stages.fingerprint import FingerprintFile, FingerprintResult

SHOWN_FINDINGS = 5
DIGITS = 32


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``dsqc fingerprint FILE... [--reference FASTA|DIR]``."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="data files; - for standard input")
    reference_help = "reference sequences of CRAM files; a directory holds them by MD5"
    parser.add_argument("--reference", type=Path, metavar="FASTA|DIR", help=reference_help)
    add_threads(parser)
    add_exit_zero(parser)


def run(args: argparse.Namespace) -> int:
    """Fingerprint files, and say which of them hold the same."""
    from dsqc.stages.fingerprint import fingerprint

    result = fingerprint(*args.files, threads=args.threads, reference=args.reference)
    if args.json:
        print_json(result.to_dict())
    else:
        _print(result, args.lang)
        print_findings(result.findings, args.lang, SHOWN_FINDINGS)
    return result.exit_code


def _print(result: "FingerprintResult", language: Language) -> None:
    for item in result.files:
        print(_line(item.identity, item.name))
    if len(result.files) < 2:
        return
    if result.union is not None:
        together = Text("all {} files together", "파일 {}개 전체").get(language)
        print(_line(result.union, together.format(len(result.files))))
    _print_groups(Text("same reads: {}", "같은 리드: {}").get(language), result.same_reads, result.files)
    only = [group for group in result.same_sequences if group not in result.same_reads]
    text = Text("same sequences, other qualities: {}", "같은 서열, 다른 품질: {}")
    _print_groups(text.get(language), only, result.files)


def _line(identity: "Identity | None", name: str) -> str:
    if identity is None:
        return printable(f"{'-' * DIGITS}  {'-' * DIGITS}  -  {name}")
    found = identity.to_dict()
    return printable(f"{found['reads']}  {found['sequences']}  {found['read_count']}  {name}")


def _print_groups(text: str, groups: Sequence[Sequence[int]], files: Sequence["FingerprintFile"]) -> None:
    for group in groups:
        print(printable(text.format(", ".join(files[number].name for number in group))))
