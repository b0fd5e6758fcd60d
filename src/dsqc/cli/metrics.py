"""What every metric means: its unit, its definition, its source."""

import argparse
from typing import TYPE_CHECKING

from dsqc.cli._output import print_json, print_table
from dsqc.errors import ExitCode
from dsqc.language import Language, Text

if TYPE_CHECKING:
    from dsqc.metrics.collector import Metric


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``dsqc metrics [ID]``."""
    parser.add_argument("metric", nargs="?", metavar="ID", help="show one metric in full (default: list all)")


def run(args: argparse.Namespace) -> int:
    """List the metrics, or show one."""
    from dsqc.metrics.catalogue import METRICS, metric

    language: Language = args.lang
    shown = [metric(args.metric)] if args.metric else list(METRICS.values())
    if args.json:
        print_json({"schema_version": "1.0", "metrics": [_plain(item) for item in shown]})
    elif args.metric:
        _print_one(shown[0], language)
    else:
        headings = (Text("id", "ID"), Text("name", "이름"), Text("unit", "단위"), Text("of", "대상"))

        def cells(item: "Metric") -> tuple[str, ...]:
            return (item.id, item.name.get(language), item.unit, item.applies_to)

        print_table([heading.get(language) for heading in headings], [cells(item) for item in shown])
        print(Text("`dsqc metrics ID` shows the definition.", "`dsqc metrics ID`로 정의를 봅니다.").get(language))
    return ExitCode.DONE


def _plain(item: "Metric") -> dict[str, str]:
    return {
        "id": item.id,
        "name": item.name.en,
        "name_ko": item.name.ko,
        "unit": item.unit,
        "definition": item.definition.en,
        "definition_ko": item.definition.ko,
        "source": item.source,
        "applies_to": item.applies_to,
        "ga4gh": item.ga4gh,
    }


def _print_one(item: "Metric", language: Language) -> None:
    print(f"{item.id}  {item.name.get(language)}")
    print(f"    {item.definition.get(language)}")
    labels = (Text("unit", "단위"), Text("of", "대상"), Text("source", "출처"), Text("GA4GH id", "GA4GH ID"))
    for label, value in zip(labels, (item.unit, item.applies_to, item.source, item.ga4gh), strict=True):
        if value:
            print(f"    {label.get(language)}: {value}")
