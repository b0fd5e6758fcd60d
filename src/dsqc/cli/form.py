"""The registration forms: which there are, what one asks for, its workbook, a filled example and its JSON Schema.

dsqc form list
dsqc form show FIELD --package PACKAGE [--sheet sample]
dsqc form template FIELD --package PACKAGE [--lang ko|en|both] -o my.xlsx
dsqc form example FIELD --package PACKAGE -o my_example
dsqc form schema FIELD --package PACKAGE -o form.schema.json
dsqc form migrate SUBMISSION -o newer/          a copy that names the newest version of its form
dsqc form page --fetch -o dsqc-form.html        a page that validates forms in a browser, without a network
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsqc.cli._form_page import add_page, write_page
from dsqc.cli._options import action_options
from dsqc.cli._output import print_json, print_table, printable
from dsqc.cli._templates import add_actions, add_form, write_example, write_template
from dsqc.errors import ExitCode
from dsqc.language import Language, Text

if TYPE_CHECKING:
    from dsqc.forms import Attribute, Form, FormVersion
    from dsqc.stages.migrate import MigrateResult

SHOWN_TERMS = 6
"""Terms of a vocabulary that a table shows; ``--json`` has them all."""

SHOWN_UNDECIDED = 20
"""What is left to decide that is shown; ``--json`` has it all."""

HEADINGS = {
    "id": Text("id", "아이디"),
    "name": Text("research field", "연구분야"),
    "group": Text("group", "구분"),
    "version": Text("version", "버전"),
    "packages": Text("packages", "패키지"),
    "attribute": Text("attribute", "항목"),
    "label": Text("label", "이름"),
    "requirement": Text("requirement", "필수 여부"),
    "type": Text("type", "유형"),
    "allowed": Text("allowed", "허용값"),
    "example": Text("example", "예"),
}
REQUIREMENTS = {
    "mandatory": Text("mandatory", "필수"),
    "conditional": Text("mandatory if", "조건부 필수"),
    "one_of_group": Text("at least one of", "택일 필수"),
    "recommended": Text("recommended", "권장"),
    "optional": Text("optional", "선택"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``dsqc form``."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    shared = action_options()
    actions.add_parser("list", parents=[shared], help="the research fields and the packages that each takes")
    show = actions.add_parser("show", parents=[shared], help="every attribute of one form")
    add_form(show)
    show.add_argument(
        "--sheet", metavar="SHEET", help="only this sheet (submission project sample experiment run file)"
    )
    schema = actions.add_parser("schema", parents=[shared], help="the form as JSON Schema 2020-12")
    add_form(schema)
    schema.add_argument("-o", "--output", type=Path, metavar="FILE", help="write it to FILE, not to standard output")
    _add_migrate(
        actions.add_parser("migrate", parents=[shared], help="move a submission to a newer version of its form")
    )
    add_actions(actions)
    add_page(actions)


def _add_migrate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("submission", type=Path, metavar="SUBMISSION", help="directory, or .xlsx workbook")
    parser.add_argument("--to", metavar="VERSION", help="version to go to (default: the newest)")
    parser.add_argument(
        "--from", dest="before", metavar="VERSION", help="version it was filled in for (default: the one it names)"
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="OUT",
        help="directory for the copy, or name of the new workbook; migration.tsv stands beside it",
    )


def run(args: argparse.Namespace) -> int:
    """Do what ``args.action`` names."""
    actions = {
        "list": _list,
        "show": _show,
        "schema": _schema,
        "migrate": _migrate,
        "template": write_template,
        "example": write_example,
        "page": write_page,
    }
    return actions[args.action](args)


def _list(args: argparse.Namespace) -> int:
    from dsqc.forms import load_fields
    from dsqc.forms.describe import describe_fields

    fields = load_fields()
    if args.json:
        print_json(describe_fields(fields.values()))
        return ExitCode.DONE
    headings = [HEADINGS[name].get(args.lang) for name in ("id", "name", "group", "version", "packages")]
    rows = (
        [
            field.id,
            field.name.get(args.lang),
            field.group_name.get(args.lang),
            ", ".join(_version(item, args.lang) for item in reversed(field.versions)),
            ", ".join(field.packages),
        ]
        for field in fields.values()
    )
    print_table(headings, rows)
    return ExitCode.DONE


def _version(item: "FormVersion", language: Language) -> str:
    """A version, with how it stands where it is not the usual way."""
    return item.version if item.status == "current" else f"{item.version} ({item.status.label.get(language)})"


def _show(args: argparse.Namespace) -> int:
    from dsqc.forms.describe import describe_form

    form = _composed(args)
    sheets = _chosen_sheets(form, args.sheet)
    if args.json:
        print_json(describe_form(form, sheets))
        return ExitCode.DONE
    print(f"{form.field.name.get(args.lang)} × {form.package} ({form.reference})")
    for sheet in sheets:
        print(f"\n{sheet} ({form.sheets[sheet].label.get(args.lang)})")
        _print_attributes(form, sheet, args.lang)
    return ExitCode.DONE


def _composed(args: argparse.Namespace) -> "Form":
    from dsqc.forms import compose

    return compose(args.field, args.package, args.form_version, kbds_strict=args.kbds_strict)


def _chosen_sheets(form: "Form", sheet: str | None) -> list[str]:
    from dsqc.forms.compose import nearest

    if sheet is None:
        return list(form.sheets)
    if sheet not in form.sheets:
        from dsqc.errors import UsageError

        raise UsageError(f"A form has no sheet {sheet!r}.", hint=nearest(sheet, form.sheets))
    return [sheet]


def _print_attributes(form: "Form", sheet: str, language: Language) -> None:
    names = ("attribute", "label", "requirement", "type", "allowed", "example")
    ordered = sorted(form.columns(sheet).values(), key=lambda item: item.requirement.rank)
    rows: list[list[str]] = []
    for item in ordered:
        wanted = _requirement(form, item, sheet, language)
        rows.append([item.name, item.label.get(language), wanted, item.type, _allowed(item), item.example])
    print_table([HEADINGS[name].get(language) for name in names], rows)


def _requirement(form: "Form", item: "Attribute", sheet: str, language: Language) -> str:
    word = REQUIREMENTS[item.requirement.value].get(language)
    if item.requirement.value == "one_of_group":
        return f"{word} {', '.join(form.sheets[sheet].groups()[item.group])}"
    if item.condition is None:
        return word
    return f"{word} {item.condition}" if item.requirement.value == "conditional" else f"{word} ({item.condition})"


def _allowed(item: "Attribute") -> str:
    """Vocabulary, units, range or pattern, whatever tells most."""
    from dsqc.forms import vocabulary

    parts: list[str] = []
    if item.vocabulary:
        terms = vocabulary(item.vocabulary).terms
        more = f" … ({len(terms)})" if len(terms) > SHOWN_TERMS else ""
        parts.append("; ".join(terms[:SHOWN_TERMS]) + more)
    if item.units:
        parts.append(" | ".join(item.units))
    if item.range_text:
        parts.append(item.range_text)
    if item.pattern is not None and not item.vocabulary and not item.units and not item.range_text:
        parts.append(item.pattern.name if item.pattern.is_named else item.pattern.regex)
    return ", ".join(parts)


def _schema(args: argparse.Namespace) -> int:
    from dsqc.artefact import write_json
    from dsqc.forms import json_schema

    schema: dict[str, Any] = json_schema(_composed(args))
    if args.output is None:
        print_json(schema)
    else:
        write_json(args.output, schema)
    return ExitCode.DONE


def _migrate(args: argparse.Namespace) -> int:
    from dsqc.stages.migrate import migrate

    result = migrate(args.submission, args.output, to=args.to, before=args.before)
    if args.json:
        print_json(result.document())
    else:
        _print_migration(result, args.lang)
    return ExitCode.FINDINGS if result.undecided else ExitCode.DONE


def _print_migration(result: "MigrateResult", language: Language) -> None:
    form, before = result.form, result.before
    if not result.written:
        print(
            Text(
                f"The submission names {form.reference} already; nothing was written.",
                f"제출이 이미 {form.reference} 버전입니다. 쓴 것이 없습니다.",
            ).get(language)
        )
        return
    for item in result.undecided[:SHOWN_UNDECIDED]:
        where = f"{item.sheet} {item.column}{item.row or ''}".rstrip()
        value = f' "{item.value}"' if item.value else ""
        expected = f" ({item.expected})" if item.expected else ""
        print(printable(f"{where} {item.attribute}{value}: {item.reason.get(language)}{expected}"))
    rest = len(result.undecided) - SHOWN_UNDECIDED
    if rest > 0:
        print(
            Text(f"… and {rest} more (--json lists all).", f"… 외 {rest}건(--json으로 모두 볼 수 있습니다).").get(
                language
            )
        )
    changed, left, copied = len(result.changes), len(result.undecided), _copy(result)
    print(
        Text(
            f"{form.id} {before} → {form.version}: {changed} cells changed, {left} left to decide. "
            f"Changes: {result.written[-1]}. Next: dsqc validate {copied}",
            f"{form.id} {before} → {form.version}: {changed}개 칸을 바꾸었고 {left}건은 판단이 필요합니다. "
            f"바꾼 내용: {result.written[-1]}. 다음: dsqc validate {copied}",
        ).get(language)
    )


def _copy(result: "MigrateResult") -> Path:
    """What to validate: the one workbook, or the directory of the copy."""
    copied = result.written[:-1]
    return copied[0] if len(copied) == 1 else copied[0].parent
