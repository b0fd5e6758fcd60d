"""The page of a submission's columns for a curator: what matters first, then a card a column. One file, no network."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from dsqc.forms.attribute import Requirement
from dsqc.grouping import ABOUT_HEADINGS, MOST_RANGES, Range, parse_rows
from dsqc.language import Language, Text
from dsqc.report import labels
from dsqc.report.render import render as fill

MOST_ROWS = 40
"""Rows that the table of the most concerned rows lists."""
PLOT_WIDTH, PLOT_HEIGHT = 240, 56
"""View box of a histogram."""
_CLEAN = len(labels.SEVERITIES)
"""Rank of a column without findings."""

Data = Mapping[str, Any]


def render(
    profile: Data,
    groups: Sequence[Data],
    *,
    title: str = "",
    back: str = "",
    language: Language | None = None,
) -> str:
    """The page.

    Args:
        profile, groups: as in :func:`content`.
        title: name of the submission; its own alias where not given.
        back: link to the batch page, relative to this page.
        language: language that the page opens in; ``None`` for the browser's.
    """
    page = {"back": back, **content(profile, groups, title=title)}
    return fill("profile.html", language, page=page, labels=labels.PROFILE)


def content(profile: Data, groups: Sequence[Data], *, title: str = "") -> dict[str, Any]:
    """What the page shows, for this page and others.

    Args:
        profile: content of ``profile.json``.
        groups: ``groups`` of ``validate.json``.
    """
    placed: dict[tuple[str, str], list[Data]] = {}
    for group in groups:
        where = group["first"]["location"]
        attribute = "" if group["code"] in ABOUT_HEADINGS else where.get("attribute", "")
        placed.setdefault((where.get("sheet", ""), attribute), []).append(group)
    sheets = sorted((_sheet(sheet, placed) for sheet in profile["sheets"]), key=lambda sheet: sheet["order"])
    return {
        "title": title or profile["submission_alias"] or "–",
        "form": _form(profile),
        "versions": profile["rule_set_version"],
        "sheets": sheets,
        "strip": _strip(sheets),
        "others": [_group(group, frozenset()) for group in placed.get(("", ""), ())],
    }


def _form(profile: Data) -> str:
    form = profile["form"]
    return f"{form['id']}@{form['version']} × {form['package']}" if form else ""


def _sheet(sheet: Data, placed: Mapping[tuple[str, str], Sequence[Data]]) -> dict[str, Any]:
    name = sheet["name"]
    known = {column["attribute"] for column in sheet["columns"]}
    own = {attribute: groups for (place, attribute), groups in placed.items() if place == name}
    rows = _concerned_rows(name, own)
    listed = frozenset(row["number"] for row in rows)
    cards = [
        _card(name, column, own.get(column["attribute"], ()), sheet["row_count"], listed) for column in sheet["columns"]
    ]
    whole = [group for attribute, groups in own.items() if attribute not in known for group in groups]
    return {
        "name": name,
        "id": f"sheet-{name}",
        "row_count": f"{sheet['row_count']:,}",
        "column_count": f"{len(cards):,}",
        "path": sheet["path"],
        "groups": [_group(group, listed, with_attribute=True) for group in sorted(whole, key=_rank)],
        "remarks": [Text(item["expected"], item["expected_ko"]) for item in sheet["remarks"]],
        "cards": sorted((card for card in cards if card["is_remarked"]), key=lambda card: card["order"]),
        "plain": [card for card in cards if card["filled"] and not card["is_remarked"]],
        "empty": [card for card in cards if not card["filled"] and not card["is_remarked"]],
        "rows": rows,
        "order": min((_rank(group) for groups in own.values() for group in groups), default=(_CLEAN, 0)),
    }


def _rank(group: Data) -> tuple[int, int]:
    return list(labels.SEVERITIES).index(group["severity"]), -group["count"]


def _card(sheet: str, column: Data, groups: Sequence[Data], row_count: int, listed: frozenset[int]) -> dict[str, Any]:
    ordered = sorted(groups, key=_rank)
    remarks = [item for item in column["remarks"] if not item["code"]]
    worst = _rank(ordered[0])[0] if ordered else _CLEAN
    filled = column["filled"]
    said = filled - column["missing"]
    return {
        "id": _anchor(sheet, column["attribute"]),
        "name": column["attribute"],
        "letter": column["column"],
        "label": Text(column["label"], column["label_ko"]) if column["label"] else "",
        "requirement": Requirement(wanted).label if (wanted := column["requirement"]) else labels.PROFILE["unknown"],
        "order": (worst, -sum(group["count"] for group in ordered), not remarks),
        "count": sum(group["count"] for group in ordered),
        "style": _style(worst),
        "is_remarked": bool(ordered or remarks),
        "filled": filled,
        "fill": f"{100 * column['fill_rate']:.4g}",
        "said_share": f"{100 * said / row_count:.4g}" if row_count else "0",
        "fill_text": f"{_percent(column['fill_rate'])} ({filled:,})" if row_count else "–",
        "distinct": f"{column['distinct']:,}",
        "facts": _facts(column),
        "groups": [_group(group, listed) for group in ordered],
        "remarks": [_remark(item, listed) for item in remarks],
        "plot": _plot(column),
        "top": _top(column),
        "more_values": max(0, column["distinct"] - len(column["top"])),
    }


def _anchor(sheet: str, attribute: str) -> str:
    return f"column-{sheet}-{attribute}".replace(" ", "-")


def _style(rank: int) -> str:
    styles = [style for _label, style in labels.SEVERITIES.values()]
    return styles[rank] if rank < len(styles) else "remarked"


def _percent(share: float) -> str:
    """A share of rows; nearly all is not all, and nearly none not none."""
    percent = round(100 * share)
    if percent in (0, 100) and 0 < share < 1:
        return f"{100 * share:.3g} %" if percent == 0 else "> 99 %"
    return f"{percent} %"


def _facts(column: Data) -> list[tuple[Text, Text | str]]:
    """What is counted, in words: kinds, units, different values, spread."""
    words = labels.PROFILE
    kinds: list[Text] = [
        Text(f"{labels.KINDS[kind].en} {number:,}", f"{labels.KINDS[kind].ko} {number:,}")
        for kind, number in sorted(column["kinds"].items(), key=lambda pair: -pair[1])
    ]
    facts: list[tuple[Text, Text | str]] = [(words["distinct"], f"{column['distinct']:,}")]
    if kinds:
        facts.append((words["kinds"], Text(" · ".join(t.en for t in kinds), " · ".join(t.ko for t in kinds))))
    units = {unit: number for unit, number in column["units"].items() if unit}
    if units:
        facts.append((words["units"], " · ".join(f"{unit} {number:,}" for unit, number in units.items())))
    if column["numbers"]:
        spread = [column["numbers"][name] for name in ("min", "median", "max")]
        facts.append((words["spread"], " / ".join(f"{number:.6g}" for number in spread)))
    if column["dates"]:
        facts.append((words["dates"], f"{column['dates']['first']} – {column['dates']['last']}"))
    if column["untidy"]:
        facts.append((words["untidy"], f"{column['untidy']:,}"))
    if column["constant"]:
        facts.append((words["constant"], labels.YES))
    return facts


def _group(group: Data, listed: frozenset[int], *, with_attribute: bool = False) -> dict[str, Any]:
    first = group["first"]
    label, style = labels.SEVERITIES[group["severity"]]
    where = first["location"]
    is_headings = group["code"] in ABOUT_HEADINGS
    return {
        "code": group["code"],
        "label": label,
        "style": style,
        "count": f"{group['count']:,}",
        "attribute": where.get("attribute", "") if with_attribute and not is_headings else "",
        "message": Text(first["message"], first["message_ko"]),
        "fix": Text(first["fix"], first["fix_ko"]),
        "rows": None if is_headings else _row_links(where.get("sheet", ""), parse_rows(group["rows"]), listed),
        "named": _values(group["values"], group["value_count"]),
    }


def _remark(item: Data, listed: frozenset[int]) -> dict[str, Any]:
    return {
        "message": labels.REMARKS[item["kind"]],
        "expected": Text(item["expected"], item["expected_ko"]),
        "rows": _row_links("", parse_rows(item["rows"]), listed),
        "named": _values(item["values"], max(2, item["value_count"])),
    }


def _values(values: Sequence[Data], total: int) -> dict[str, Any] | None:
    """The commonest values of a group that has several."""
    if total < 2 or not values:
        return None
    return {
        "rows": [{**item, "count": f"{item['count']:,}"} for item in values],
        "more": f"{total - len(values):,}" if total > len(values) else "",
    }


def _row_links(sheet: str, ranges: Sequence[Range], listed: frozenset[int]) -> dict[str, Any] | None:
    """Rows of a group for people: ranges, those in the table of rows as links, and how many they are."""
    if not ranges:
        return None
    number = sum(last - first + 1 for first, last in ranges)
    return {
        "parts": [
            {
                "text": str(first) if first == last else f"{first}–{last}",
                "link": f"row-{sheet}-{first}" if sheet and first in listed else "",
            }
            for first, last in ranges[:MOST_RANGES]
        ],
        "more": len(ranges) > MOST_RANGES,
        "count": f"{number:,}",
    }


def _concerned_rows(sheet: str, own: Mapping[str, Sequence[Data]]) -> list[dict[str, Any]]:
    """The rows that most different faults lie in, with links to the columns of the faults."""
    counts: Counter[int] = Counter()
    columns: dict[int, dict[str, None]] = {}
    for attribute, groups in own.items():
        for group in groups:
            for first, last in parse_rows(group["rows"]):
                for row in range(max(first, 2), last + 1):
                    counts[row] += 1
                    columns.setdefault(row, {})[attribute] = None
    ordered = sorted(counts, key=lambda row: (-counts[row], row))[:MOST_ROWS]
    return [
        {
            "number": row,
            "id": f"row-{sheet}-{row}",
            "count": counts[row],
            "columns": [{"name": name or "–", "link": _anchor(sheet, name)} for name in columns[row]],
        }
        for row in ordered
    ]


def _strip(sheets: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Links to the columns that need a look, the worst first."""
    found = [
        {
            "sheet": sheet["name"],
            "name": card["name"],
            "link": card["id"],
            "style": card["style"],
            "count": card["count"],
            "order": card["order"],
        }
        for sheet in sheets
        for card in sheet["cards"]
    ]
    return sorted(found, key=lambda item: item["order"])


def _plot(column: Data) -> Markup | None:
    """A histogram of numbers or dates; nothing where the column holds neither, or only one value."""
    measured = column["numbers"] or column["dates"]
    is_main = measured is not None and measured["count"] * 2 > column["filled"] - column["missing"]
    if not is_main or not measured["bins"] or column["distinct"] < 3:
        return None
    bins = measured["bins"]
    highest = max(item["count"] for item in bins)
    width = PLOT_WIDTH / len(bins)
    bars = Markup("").join(
        Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"><title>{} – {}: {:,}</title></rect>').format(
            index * width + 0.5,
            PLOT_HEIGHT - _height(item["count"], highest),
            width - 1,
            _height(item["count"], highest),
            _edge(item["from"]),
            _edge(item["to"]),
            item["count"],
        )
        for index, item in enumerate(bins)
        if item["count"]
    )
    return Markup(
        '<svg class="histogram" role="img" viewBox="0 0 {} {}" preserveAspectRatio="none">{}</svg>'
        '<p class="edges"><span>{}</span><span>{}</span></p>'
    ).format(PLOT_WIDTH, PLOT_HEIGHT, bars, _edge(bins[0]["from"]), _edge(bins[-1]["to"]))


def _height(count: int, highest: int) -> float:
    """At least two units, so that a lone value far off is seen."""
    return max(2.0, (PLOT_HEIGHT - 2) * count / highest)


def _edge(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.6g}"


def _top(column: Data) -> list[dict[str, Any]]:
    highest = column["top"][0]["count"] if column["top"] else 1
    shown = column["top"] if column["distinct"] <= column["filled"] / 2 or highest > 1 else column["top"][:3]
    return [
        {"value": item["value"], "count": f"{item['count']:,}", "share": f"{100 * item['count'] / highest:.3g}"}
        for item in shown[:8]
    ]
