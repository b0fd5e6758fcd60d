"""`dsqc storage archive` and `dsqc storage restore`: data files in fewer bytes, and back."""

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsqc.cli._options import action_options, add_station, add_threads
from dsqc.errors import ExitCode, UsageError
from dsqc.language import Language, Text

if TYPE_CHECKING:
    from dsqc.archive import Outcome
    from dsqc.stages.archive import ArchiveResult

ARCHIVE = """\
Store FASTQ and BAM in fewer bytes: as CRAM 3.1, or as BGZF where CRAM does not hold the text.

An archived file is used only where it is proven to give back the content: it is decoded from the disk, and SHA-256 of
every decoded byte (names, bases, qualities, tags, header, their order) and the fingerprint of the reads must be those
of the original. Where that is not so, or saves too little, the file stays and the report says why. The original's
checksums are kept in the recipe; where its compression can be made again, its very bytes come back. Sealed (Crypt4GH)
files are left alone. The files named are never changed; an interrupted run continues with the same command.

Without files, the objects of the station's open tier are archived: as further copies in the same places, proven there,
with their recipes in the store and the catalog. The copies that were registered stay.

  dsqc storage archive reads_R1.fastq.gz reads_R2.fastq.gz -o archived
  dsqc storage archive aligned.bam -o archived --reference genome.fa
  dsqc storage archive --station station/
"""
RESTORE = """\
Give back the original of an archived file, and say whether it is the original byte for byte, or its content in another
compression. Nothing is written that is not proven.

  dsqc storage restore archived/reads_R1.fastq.gz.recipe.json -o reads_R1.fastq.gz
  dsqc storage restore 5f0c…(64 digits) --station station/ -o reads_R1.fastq.gz
"""
_SHA256 = re.compile(r"[0-9a-f]{64}")
REASONS = {
    "encrypted": Text("sealed, left alone", "암호화됨, 그대로 둠"),
    "format": Text("not FASTQ or BAM", "FASTQ나 BAM이 아님"),
    "archived": Text("CRAM already", "이미 CRAM"),
    "damaged": Text("damaged", "손상됨"),
    "no_reference": Text("no reference", "참조 서열 없음"),
    "not_exact": Text("would not come back exactly", "똑같이 되돌릴 수 없음"),
    "no_gain": Text("would save too little", "절약되는 크기가 작음"),
}
GIVES_BACK = {
    "file": Text("the file, byte for byte", "파일 바이트 그대로"),
    "content": Text("the content, byte for byte", "내용 바이트 그대로"),
}
DROPPED = Text("original dropped", "원본 삭제")


def add_actions(actions: Any) -> None:
    """Register ``archive`` and ``restore`` below ``dsqc storage``."""
    archive = _add(actions, "archive", "data files in fewer bytes, proven to give back their content", ARCHIVE)
    archive.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help="FASTQ or BAM (none: the station's objects)"
    )
    archive.add_argument("-o", "--outdir", type=Path, metavar="DIR", help="receives archived files and their recipes")
    add_station(archive)
    _add_work(archive)
    _add_reference(archive)
    archive.add_argument(
        "--embed-reference",
        action="store_true",
        help="keep the covered parts of the reference in the CRAM: larger, and needs no other file",
    )
    archive.add_argument("--encoding", choices=("bgzf", "cram"), help="only this one (default: CRAM, else BGZF)")
    archive.add_argument(
        "--least-saving",
        type=_fraction,
        default=0.01,
        metavar="FRACTION",
        help="smallest saving that is worth it (default: 0.01)",
    )
    archive.add_argument(
        "--content-only",
        action="store_true",
        help="do not try to make the original's compression again; faster, and another compression comes back",
    )
    archive.add_argument(
        "--drop-original",
        action="store_true",
        help="of the station's objects: delete what proven archived copies stand for, a day after it was last needed",
    )
    archive.add_argument(
        "--again", action="store_true", help="try also the objects that an earlier run left as they are"
    )
    archive.add_argument("--yes", action="store_true", help="drop also where one copy would be left")
    add_threads(archive)
    archive.set_defaults(run=run_archive)
    restore = _add(actions, "restore", "the original of an archived file", RESTORE)
    restore.add_argument(
        "source", metavar="RECIPE|SHA256", help="*.recipe.json beside the archived file, or an object of the station"
    )
    add_station(restore)
    _add_work(restore)
    restore.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="the file to write")
    _add_reference(restore)
    restore.set_defaults(run=run_restore)


def _add(actions: Any, name: str, help_text: str, description: str) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = actions.add_parser(
        name,
        help=help_text,
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[action_options()],
    )
    return made


def _add_work(parser: argparse.ArgumentParser) -> None:
    text = "directory for objects on their way (default: the system's temporary one)"
    parser.add_argument("--work", type=Path, metavar="DIR", help=text)


def _add_reference(parser: argparse.ArgumentParser) -> None:
    text = "reference sequences of BAM; a directory holds them by MD5"
    parser.add_argument("--reference", type=Path, metavar="FASTA|DIR", help=text)


def run_archive(args: argparse.Namespace) -> int:
    """Encode the files named, print what was saved."""
    from dsqc.archive import Options
    from dsqc.archive.options import Encoding
    from dsqc.cli._output import print_json
    from dsqc.stages.archive import archive_files
    from dsqc.station import load_station

    options = Options(
        encoding=Encoding(args.encoding) if args.encoding else None,
        reference=args.reference,
        embed_reference=args.embed_reference,
        least_saving=args.least_saving,
        find_wrapping=not args.content_only,
        threads=args.threads,
    )
    if args.files:
        if args.drop_original:
            raise UsageError("Your files are never deleted.", hint="--drop-original is for a station's objects.")
        if args.outdir is None:
            raise UsageError("Files need a directory to be archived into.", hint="Give -o DIR.")
        result = archive_files(args.files, args.outdir, options)
    else:
        if args.outdir is not None:
            raise UsageError("No file is named.", hint="Name files, or leave -o out to archive the station's objects.")
        from dsqc.stages.archive_store import archive_objects

        result = archive_objects(
            load_station(args.station),
            options,
            work=args.work,
            again=args.again,
            drop=args.drop_original,
            sure=args.yes,
        )
    if args.json:
        print_json(result.to_dict())
    else:
        print_result(result, args.lang)
    return result.exit_code


def print_result(result: "ArchiveResult", language: Language) -> None:
    """A line a file, a table by kind."""
    from dsqc.cli._output import print_table, printable

    headings = [Text("file", "파일"), Text("before", "전"), Text("after", "후"), Text("", ""), Text("result", "결과")]
    print_table(
        [item.get(language) for item in headings],
        [_row(item, language, item.name in result.dropped) for item in result.outcomes],
    )
    for item in result.outcomes:
        for note in item.notes:
            text = note if isinstance(note, str) else note.get(language)
            print(printable(f"{item.name}: {text}"))
    headings = [
        *(Text("format", "형식"), Text("container", "컨테이너"), Text("files", "파일 수"), Text("archived", "보관")),
        *(Text("before", "전"), Text("after", "후"), Text("of before", "비율")),
    ]
    rows = [_kind(row, language) for row in result.kinds()]
    total = result.to_dict()["total"]
    rows.append(_kind({"format": Text("total", "합계").get(language), "container": None, **total}, language))
    print()
    print_table([item.get(language) for item in headings], rows)


def _row(item: "Outcome", language: Language, dropped: bool) -> list[str]:
    from dsqc.cli._output import printable

    if item.recipe is None:
        words = [REASONS[str(item.reason)].get(language)]
    else:
        words = [
            str(item.recipe.encoding).upper(),
            GIVES_BACK["content" if item.recipe.losses else "file"].get(language),
        ]
    sizes = [f"{item.size_bytes:,}", f"{item.archived_bytes:,}", _share(item.size_bytes, item.archived_bytes)]
    text = ": ".join(words)
    return [printable(item.name), *sizes, f"{text}; {DROPPED.get(language)}" if dropped else text]


def _kind(row: dict[str, Any], language: Language) -> list[str]:
    before, after = row["bytes_before"], row["bytes_after"]
    name = row["format"] or Text("sealed or unknown", "암호화 또는 알 수 없음").get(language)
    numbers = [f"{row['files']:,}", f"{row['archived']:,}", f"{before:,}", f"{after:,}"]
    return [name, row["container"] or "", *numbers, _share(before, after)]


def _share(before: int, after: int) -> str:
    return f"{after / before:.1%}" if before else ""


def run_restore(args: argparse.Namespace) -> int:
    """Write the original of an archived file."""
    from dsqc.cli._output import print_json, printable
    from dsqc.stages.archive import restore_file
    from dsqc.station import load_station

    if _SHA256.fullmatch(args.source):
        from dsqc.stages.archive_store import restore_object

        station = load_station(args.station)
        restored = restore_object(station, args.source, args.output, args.reference, work=args.work)
    else:
        restored = restore_file(Path(args.source), args.output, args.reference)
    if args.json:
        stored = restored.stored
        print_json(
            {
                "schema_version": "1.0",
                "path": str(restored.path),
                "gives_back": "file" if restored.exact else "content",
                "size_bytes": stored.size_bytes,
                "md5": stored.md5,
                "sha256": stored.sha256,
            }
        )
        return ExitCode.DONE
    same = Text(
        "the original, byte for byte (SHA-256 {})",
        "원본과 바이트까지 같음(SHA-256 {})",
    )
    content = Text(
        "the original's content, byte for byte, in another compression (SHA-256 of this file {})",
        "원본과 내용은 바이트까지 같고 압축만 다름(이 파일의 SHA-256 {})",
    )
    text = (same if restored.exact else content).get(args.lang)
    print(printable(f"{restored.path}: {text.format(restored.stored.sha256)}"))
    return ExitCode.DONE


def _fraction(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < 1:
        raise argparse.ArgumentTypeError("a fraction, 0 or more and below 1")
    return number
