"""What organisms are in the reads, by sketches of their words of 31 bases (FracMinHash).

  dsqc sketch reads.fastq.gz                        what of the panel is in a data file, with the share of its reads
  dsqc sketch reads.fastq.gz --panel panel.sketch  the same with another panel
  dsqc sketch show [panel.sketch]                  the genomes of a panel
  dsqc sketch build genome.gb -o panel.sketch      a panel of genomes that a station has (FASTA or GenBank)
  dsqc sketch build --list genomes.tsv --with-shipped -o panel.sketch
  dsqc sketch build GRCh38.fa.gz --name "Homo sapiens" --taxonomy-id 9606 --every 64 -o human.sketch
                                                   a denser one, by which dsqc scrub finds single reads

GenBank files tell name, taxonomy id and accession themselves; for FASTA give --name and --taxonomy-id, or a list: TSV
with the columns path, name, taxonomy_id, accession, role (organism, control, vector), part, hosts, source, licence,
recall (of a part that stands for the whole organism: the share of the words of its reads that it holds, 0.03-0.09).
A data file that is called build or show is named ./build, ./show.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsqc.cli._options import add_exit_zero, add_panel, add_station, add_threads
from dsqc.errors import ExitCode, UsageError
from dsqc.language import Language, Text

if TYPE_CHECKING:
    from dsqc.sketch import Panel
    from dsqc.stages.sketch import SketchFile

BUILD, SHOW = "build", "show"
NO_PANEL = Text("No panel of genomes: nothing is compared.", "유전체 패널이 없어 비교하지 않았습니다.")
TOO_LITTLE = Text("Too few reads to tell.", "리드가 적어 판단할 수 없습니다.")
NOTHING = Text("Nothing of the panel was found.", "패널의 유전체가 발견되지 않았습니다.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``dsqc sketch``."""
    parser.add_argument("what", nargs="+", metavar="FILE | show | build", help="data files, or what to do")
    parser.add_argument("--reference", type=Path, metavar="FASTA|DIR", help="reference sequences of CRAM files")
    add_panel(parser)
    add_station(parser)
    add_threads(parser)
    add_exit_zero(parser)
    group = parser.add_argument_group("build")
    group.add_argument("-o", "--output", type=Path, metavar="FILE", help="the panel to write")
    group.add_argument("--list", dest="listed", type=Path, metavar="TSV", help="genomes with what is known of them")
    group.add_argument("--name", default="", help="scientific name of the one genome named")
    group.add_argument("--taxonomy-id", type=int, default=0, metavar="ID", help="its NCBI Taxonomy id")
    group.add_argument("--accession", default="", help="its accession")
    group.add_argument("--with-shipped", action="store_true", help="begin with the small panel that dsqc ships")
    group.add_argument(
        "--every", type=int, metavar="N", help="keep one word of N (a power of two) instead of about 32,768 a genome"
    )
    group.add_argument("--force", action="store_true", help="write over a file that exists")


def run(args: argparse.Namespace) -> int:
    """Build, show, or look into data files."""
    if args.what[0] == BUILD:
        return _build(args, [Path(name) for name in args.what[1:]])
    if args.what[0] == SHOW:
        return _show(args)
    return _sketch(args)


def _build(args: argparse.Namespace, paths: list[Path]) -> int:
    from dsqc.sketch import open_panel
    from dsqc.sketch.building import Told, read_list
    from dsqc.stages.sketch import make_panel

    if args.output is None:
        raise UsageError("Where the panel goes is not said.", hint="Give -o FILE.")
    given = Told(name=args.name, taxonomy_id=args.taxonomy_id, accession=args.accession)
    if given != Told() and len(paths) != 1:
        raise UsageError("--name, --taxonomy-id and --accession are of one genome.", hint="Use --list for several.")
    genomes = [(path, given) for path in paths] + (read_list(args.listed) if args.listed else [])
    base = open_panel() if args.with_shipped else None
    return _print_panel(args, make_panel(genomes, args.output, base=base, force=args.force, every=args.every))


def _show(args: argparse.Namespace) -> int:
    from dsqc.sketch import open_panel

    if len(args.what) > 2:
        raise UsageError("One panel is shown at a time.", hint="Name one file.")
    panel = open_panel(Path(args.what[1])) if len(args.what) > 1 else _panel(args)
    if panel is None:
        raise UsageError("There is no panel: `none` was chosen.", hint="Name the panel to show.")
    return _print_panel(args, panel)


def _panel(args: argparse.Namespace) -> "Panel | None":
    """The panel that was asked for: in the call, by the environment, by the station; else that of dsqc."""
    import os

    from dsqc.sketch import choose_panel
    from dsqc.station import ENVIRONMENT_VARIABLE, load_station

    has_station = args.station is not None or os.environ.get(ENVIRONMENT_VARIABLE)
    station = load_station(args.station) if has_station and args.panel is None else None
    return choose_panel(args.panel, station.panel_path if station else None)


def _print_panel(args: argparse.Namespace, panel: "Panel") -> int:
    from dsqc.cli._output import print_json, print_table
    from dsqc.stages.sketch import describe_panel

    facts = describe_panel(panel)
    if args.json:
        print_json(facts)
        return ExitCode.DONE
    print(facts["version"])
    headings = (
        Text("genome", "유전체"),
        Text("taxonomy id", "분류 ID"),
        Text("accession", "등록번호"),
        Text("role", "구분"),
        Text("words", "단어 수"),
        Text("one kept of", "축척"),
        Text("kept", "남긴 수"),
    )
    rows = [
        (
            genome.label,
            str(genome.taxonomy_id),
            genome.accession,
            genome.role,
            f"{genome.words:,}",
            str(genome.scaled),
            f"{len(genome.hashes):,}",
        )
        for genome in panel.genomes
    ]
    print_table([heading.get(args.lang) for heading in headings], rows)
    return ExitCode.DONE


def _sketch(args: argparse.Namespace) -> int:
    from dsqc.cli._output import print_findings, print_json
    from dsqc.stages.sketch import sketch

    result = sketch(*args.what, panel=_panel(args), threads=args.threads, reference=args.reference)
    if args.json:
        print_json(result.to_dict())
        return result.exit_code
    for item in result.files:
        _print_file(item, args.lang, with_panel=result.panel is not None)
    print_findings(result.findings, args.lang)
    return result.exit_code


def _print_file(item: "SketchFile", language: Language, *, with_panel: bool) -> None:
    from dsqc.cli._output import print_table, printable
    from dsqc.sketch.composition import EXTENTS

    words, distinct = item.metrics["sketch_word_count"], item.metrics["distinct_word_count"]
    told = Text(
        f"{words:,} words looked at, {distinct:,} distinct", f"단어 {words:,}개 조사, 서로 다른 단어 {distinct:,}개"
    )
    print(printable(f"{item.name}: {told.get(language)}"))
    if not with_panel or item.metrics["organism_explained"] is None or not item.organisms["organism"]:
        text = NO_PANEL if not with_panel else TOO_LITTLE if item.metrics["organism_explained"] is None else NOTHING
        print(text.get(language))
        return
    headings = (Text("organism", "생물종"), Text("reads", "리드 비율"), Text("95 %", "95 %"), Text("found as", "판단"))
    table: dict[str, Any] = item.organisms
    names = ("organism", "share", "low", "high", "extent")
    rows = [
        (name, f"{share:.2%}", f"{low:.2%}–{high:.2%}", EXTENTS[extent].get(language))
        for name, share, low, high, extent in zip(*(table[key] for key in names), strict=True)
    ]
    rest = 1 - float(item.metrics["organism_explained"] or 0)
    rows.append((Text("(not explained)", "(설명되지 않음)").get(language), f"{rest:.2%}", "", ""))
    print_table([heading.get(language) for heading in headings], rows)
