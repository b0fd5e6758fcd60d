"""Remove the reads of humans from data files, with the proof of what was removed.

  dsqc scrub R1.fastq.gz R2.fastq.gz --panel human.sketch -O cleaned   both mates of a pair go
  dsqc scrub aligned.bam --panel human.sketch -O cleaned                with its mate and other alignments
  dsqc scrub R1.fastq.gz R2.fastq.gz --list-only -O list                the list of reads only
  dsqc scrub aligned.bam --mask-headers -O cleaned                      masks people in header lines, removes nothing
  dsqc scrub my_submission --rename -O renamed                          file names without people, sheets in step

The cleaned files have the same names, order and container. scrub.json proves: fingerprint of what stays + that of what
went = that of the original. removed_reads.txt (names of reads, for you alone: mode 600) is not to be sent. A read goes
that has a word of 31 bases of the panel's human genomes (--least-words). What the panel does not hold is not found: the
small one that dsqc ships knows the mitochondrion and repeats, and removes few of the other human reads. Make one of a
whole reference (GRCh38, or CHM13, which you have):

  dsqc sketch build GRCh38.fa.gz --name "Homo sapiens" --taxonomy-id 9606 --every 64 -o human.sketch
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsqc.cli._options import add_panel, add_station, add_threads, chosen_station
from dsqc.errors import UsageError
from dsqc.language import Language, Text

if TYPE_CHECKING:
    from dsqc.stages.scrub import CleanResult

REMOVED = Text("{:,} of {:,} records removed from {}", "{2}: 레코드 {1:,}개 중 {0:,}개 제거")
ADDS_UP = Text("  fingerprint {} = stays {} + removed {}", "  지문 {} = 남은 것 {} + 제거한 것 {}")
EXPECTED = Text(
    "Of human reads this panel finds about: {} of the nuclear genome, {} of the mitochondrion.",
    "이 패널이 찾는 사람 리드: 핵 유전체의 약 {}, 미토콘드리아의 약 {}.",
)
FEW = Text(
    "Most human reads may still be there. Make a panel of a whole reference: see dsqc scrub --help.",
    "사람 리드가 대부분 남아 있을 수 있습니다. 참조 유전체 전체의 패널을 만드세요: dsqc scrub --help.",
)
LISTED = Text("Names of removed reads (not to be sent): {}", "제거한 리드 이름(보내지 마세요): {}")
WAS_DONE = Text("Done before; everything stands in {}.", "이미 처리되었습니다: {}.")
REFUSED = Text("Nothing was written: correct the files first.", "아무것도 쓰지 않았습니다. 파일을 먼저 고치세요.")
MASKED = Text("{:,} lines masked in {}", "{1}: {0:,}줄을 가림")
LEFT = Text("  left, as records refer to it: {}", "  레코드가 가리키므로 그대로 둠: {}")
SAME_READS = Text("  reads unchanged: fingerprint {} = {}", "  리드는 그대로임: 지문 {} = {}")
RENAMED = Text("{:,} files renamed, {:,} cells changed", "파일 {:,}개의 이름과 칸 {:,}개를 바꿈")
LISTED_NAMES = Text("Old and new names (not to be sent): {}", "이전 이름과 새 이름(보내지 마세요): {}")
NOT_KNOWN = Text("none", "없음")
ENOUGH = 0.9
"""Share of nuclear reads found from which no warning is given."""
SHOWN_DIGITS = 8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``dsqc scrub FILE... -O DIR``."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="the files of one run: FASTQ, BAM or CRAM")
    parser.add_argument("-O", "--outdir", type=Path, required=True, metavar="DIR", help="where the cleaned files go")
    parser.add_argument("--list-only", action="store_true", help="write the list of reads only")
    parser.add_argument("--mask-headers", action="store_true", help="mask people in headers and name lines instead")
    parser.add_argument(
        "--rename", action="store_true", help="give files of a submission names without people, sheets in step, instead"
    )
    parser.add_argument(
        "--least-words",
        type=_number,
        default=1,
        metavar="N",
        help="words from which a read goes (default: %(default)s)",
    )
    parser.add_argument("--reference", type=Path, metavar="FASTA|DIR", help="reference sequences of CRAM files")
    add_panel(parser)
    add_station(parser)
    add_threads(parser)


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 on")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Scrub or mask, and print what was done."""
    from dsqc.cli._output import print_findings, print_json
    from dsqc.sketch import choose_panel
    from dsqc.stages.scrub import scrub

    if args.list_only + args.mask_headers + args.rename > 1:
        raise UsageError("--list-only, --mask-headers and --rename are three things.", hint="Ask for one at a time.")
    if args.mask_headers:
        return _mask(args)
    if args.rename:
        return _rename(args)
    station = chosen_station(args.station)
    panel = choose_panel(args.panel, station.panel_path if station else None)
    if panel is None:
        raise UsageError("There is no panel to find human reads by.", hint="Name one with --panel.")
    result = scrub(
        *args.files,
        out=args.outdir,
        panel=panel,
        least=args.least_words,
        list_only=args.list_only,
        threads=args.threads,
        reference=args.reference,
    )
    if args.json:
        print_json(result.document or {"findings": result.findings.to_list()})
    elif result.document is None:
        print_findings(result.findings, args.lang)
        print(REFUSED.get(args.lang))
    else:
        _print(result, result.document, args.outdir, args.lang)
    return result.exit_code


def _mask(args: argparse.Namespace) -> int:
    from dsqc.cli._output import print_findings, print_json, printable
    from dsqc.stages.mask import mask_files

    result = mask_files(*args.files, out=args.outdir, threads=args.threads, reference=args.reference)
    if args.json:
        print_json(result.document or {"findings": result.findings.to_list()})
    elif result.document is None:
        print_findings(result.findings, args.lang)
        print(REFUSED.get(args.lang))
    else:
        for row in result.document["files"]:
            print(printable(MASKED.get(args.lang).format(row["masked_lines"], row["name"])))
            for text in row["shown"]:
                print(printable(f"  {text}"))
            for text in row["left"]:
                print(printable(LEFT.get(args.lang).format(text)))
            sums = (row["before"]["fingerprint"], row["after"]["fingerprint"])
            print(SAME_READS.get(args.lang).format(*(item["reads"][:SHOWN_DIGITS] for item in sums)))
    return result.exit_code


def _rename(args: argparse.Namespace) -> int:
    from dsqc.cli._output import print_json, printable
    from dsqc.errors import ExitCode
    from dsqc.stages.rename import rename_files

    if len(args.files) != 1:
        raise UsageError("--rename takes one submission.", hint="Name its directory, or its workbook.")
    document = rename_files(args.files[0], args.outdir).document
    if args.json:
        print_json(document)
        return ExitCode.DONE
    counts = document["files_renamed"], document["cells_changed"]
    print(RENAMED.get(args.lang).format(*counts))
    for name in document["names"]:
        print(printable(f"  {name}"))
    print(printable(LISTED_NAMES.get(args.lang).format(args.outdir / document["names_file"])))
    return ExitCode.DONE


def _print(result: "CleanResult", document: dict[str, Any], out: Path, language: Language) -> None:
    from dsqc.cli._output import printable

    if result.again:
        print(printable(WAS_DONE.get(language).format(out)))
    for row in document["files"]:
        counts = row["records_removed"], row["before"]["records"], row["name"]
        print(printable(REMOVED.get(language).format(*counts)))
        if row["after"]:
            sums = (row["before"]["fingerprint"], row["after"]["fingerprint"], row["removed"])
            print(ADDS_UP.get(language).format(*(item["reads"][:SHOWN_DIGITS] for item in sums)))
    expected = document["expected_removed"]
    shown = [NOT_KNOWN.get(language) if share is None else f"{share:.1%}" for share in expected.values()]
    print(EXPECTED.get(language).format(*shown))
    if (expected["nuclear"] or 0) < ENOUGH:
        print(FEW.get(language))
    print(printable(LISTED.get(language).format(out / document["names_file"]["name"])))
