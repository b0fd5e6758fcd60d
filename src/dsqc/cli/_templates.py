"""``dsqc form template`` and ``dsqc form example``: a form to fill in, and one that is filled in."""

import argparse
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from dsqc.cli._options import action_options
from dsqc.cli._output import print_json
from dsqc.errors import ExitCode, UsageError
from dsqc.language import Language, Text

if TYPE_CHECKING:
    from dsqc.forms import Form
    from dsqc.forms.examples import Record
    from dsqc.forms.template import Template

WORKBOOK = "submission.xlsx"
SUFFIX = ".xlsx"
BOTH = "both"
NO_MODULES = "none"


def add_actions(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The arguments of both actions."""
    template = actions.add_parser(
        "template",
        parents=[action_options()],
        conflict_handler="resolve",
        help="the form as a workbook or TSV files to fill in",
    )
    add_form(template)
    _add_shape(template, "workbook to write (with --format tsv: directory); default: FIELD-PACKAGE-VERSION")
    example = actions.add_parser(
        "example",
        parents=[action_options()],
        conflict_handler="resolve",
        help="the form filled in with a valid example, and its data files",
    )
    add_form(example)
    _add_shape(example, "directory to write, with data files; or an .xlsx workbook, without them")
    example.add_argument("--minimal", action="store_true", help="only what is mandatory, nothing that is recommended")


def add_form(parser: argparse.ArgumentParser) -> None:
    """Which form: field, package and version."""
    parser.add_argument("field", metavar="FIELD", help="id of the research field (dsqc form list)")
    parser.add_argument("--package", required=True, metavar="PACKAGE", help="BioSample package")
    parser.add_argument(
        "--form-version", "--version", metavar="VERSION", help="version of the form (default: the newest)"
    )
    parser.add_argument("--kbds-strict", action="store_true", help="count the doubtful requirements of K-BDS as well")


def _add_shape(parser: argparse.ArgumentParser, output_help: str) -> None:
    parser.add_argument(
        "--lang",
        dest="languages",
        choices=[*Language, BOTH],
        metavar="{en,ko,both}",
        help="language of headings and notes (default: that of messages)",
    )
    parser.add_argument(
        "--module",
        action="append",
        metavar="MODULE",
        help="only the columns of this library module, for example single_cell; may be given again; none: of no module "
        "(default: all)",
    )
    parser.add_argument(
        "--format", choices=("xlsx", "tsv"), default="xlsx", help="a workbook, or six TSV files in UTF-8"
    )
    parser.add_argument("-o", "--output", type=Path, metavar="PATH", help=output_help)
    parser.add_argument("--force", action="store_true", help="write over files that are there")


def write_template(args: argparse.Namespace) -> int:
    """``dsqc form template``."""
    from dsqc.forms.template import write_text_sheets, write_workbook

    form = _form(args)
    template = _template(args, form, args.module)
    output: Path = args.output or Path(_default_name(form) + (SUFFIX if args.format == "xlsx" else ""))
    if args.format == "tsv":
        _check_directory(output)
        written = _free(args, [output / f"{sheet}.tsv" for sheet in form.sheets])
        write_text_sheets(output, template)
    else:
        _check_workbook(output)
        written = _free(args, [output])
        write_workbook(output, template)
    return _tell(args, form, written, f"{output} --no-files" if args.format == "xlsx" else str(output))


def write_example(args: argparse.Namespace) -> int:
    """``dsqc form example``."""
    from dsqc.forms.examples import example_files, example_record
    from dsqc.forms.template import write_text_sheets, write_workbook

    form = _form(args)
    record = example_record(form, minimal=args.minimal, modules=_named(args.module))
    template = _template(args, form, args.module or _modules_of(form, record))
    output: Path = args.output or Path(_default_name(form) + "-example")
    if output.suffix.casefold() == SUFFIX:
        if args.format == "tsv":
            raise UsageError(
                f"{output} is a workbook, not a directory.", hint="Give a directory, or leave out --format."
            )
        written = _free(args, [output])
        write_workbook(output, template, record)
        return _tell(args, form, written, f"{output} --no-files")
    _check_directory(output)
    files = example_files(record)
    forms = [f"{sheet}.tsv" for sheet in form.sheets] if args.format == "tsv" else [WORKBOOK]
    written = _free(args, [output / name for name in (*forms, *files)])
    if args.format == "tsv":
        write_text_sheets(output, template, record)
    else:
        write_workbook(output / WORKBOOK, template, record)
    _write_files(output, files)
    return _tell(args, form, written, str(output))


def _write_files(folder: Path, files: dict[str, bytes]) -> None:
    from dsqc.artefact import atomic_file

    for name, content in files.items():
        with atomic_file(folder / name) as file:
            file.write(content)


def _form(args: argparse.Namespace) -> "Form":
    from dsqc.forms import compose

    return compose(args.field, args.package, args.form_version, kbds_strict=args.kbds_strict)


def _template(args: argparse.Namespace, form: "Form", modules: Iterable[str] | None) -> "Template":
    from dsqc.forms.examples import find_modules
    from dsqc.forms.template import Template
    from dsqc.rules.codes import codes_of

    languages = (Language.KO, Language.EN) if args.languages == BOTH else (Language(args.languages or args.lang),)
    shown = None if modules is None else frozenset(module.id for module in find_modules(form, _named(modules)))
    return Template(form, languages, shown, codes_of)


def _named(modules: Iterable[str] | None) -> list[str]:
    return [module for module in modules or () if module != NO_MODULES]


def _modules_of(form: "Form", record: "Record") -> list[str]:
    """The library modules that apply to the example's libraries."""
    return [
        module.id
        for module in form.modules
        if any(module.condition.holds(lambda name, row=row: row.get(name, "")) for row in record[module.sheet])  # type: ignore[misc]
    ] or [NO_MODULES]


def _default_name(form: "Form") -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", f"{form.id}-{form.package}-{form.version}")


def _check_workbook(path: Path) -> None:
    if path.suffix.casefold() != SUFFIX:
        raise UsageError(f"{path} is no name of a workbook.", hint="Give a name that ends in .xlsx, or --format tsv.")
    if path.is_dir():
        raise UsageError(f"{path} is a directory.", hint="Give the name of a workbook in it.")


def _check_directory(path: Path) -> None:
    if path.exists() and not path.is_dir():
        raise UsageError(f"{path} is no directory.", hint="Give the directory that the files shall be written to.")


def _free(args: argparse.Namespace, paths: list[Path]) -> list[Path]:
    """``paths``, none of which is there yet, unless ``--force`` allows to write over it."""
    there = [str(path) for path in paths if path.exists()]
    if there and not args.force:
        raise UsageError(
            f"{', '.join(there)} {'exist' if there[1:] else 'exists'} already.",
            hint="Give another name, or --force to write over it.",
        )
    return paths


def _tell(args: argparse.Namespace, form: "Form", written: list[Path], checked: str) -> int:
    if args.json:
        print_json(
            {
                "schema_version": "1.0",
                "form": {"id": form.id, "version": form.version, "package": form.package},
                "files": [str(path) for path in written],
            }
        )
        return ExitCode.DONE
    for path in written:
        print(path)
    if args.format == "tsv" and not args.quiet:
        print(
            Text(
                "In Excel import them as text (Data, From Text): a double click lets it change dates and gene names.",
                "엑셀에서는 '데이터 > 텍스트에서 가져오기'로 여십시오. "
                "두 번 눌러 열면 날짜와 유전자 이름이 바뀔 수 있습니다.",
            ).get(args.lang)
        )
    if not args.quiet:
        print(Text(f"Check it with: dsqc validate {checked}", f"검사: dsqc validate {checked}").get(args.lang))
    return ExitCode.DONE
