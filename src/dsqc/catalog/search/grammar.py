"""What a query of the catalog says, as a tree; ``str`` of a tree is a query that parses to the same tree."""

import re
from dataclasses import dataclass

KEYWORDS = ("AND", "OR", "NOT")
"""In capitals; in other letters they are words like others."""
_PLAIN_WORD = re.compile(r"[^\W_][\w.%/+,;#@-]*")
_PLAIN_VALUE = re.compile(r"[^\s()\"\\*<>=][^\s()\"\\*]*")


@dataclass(frozen=True, slots=True)
class Words:
    """Text that is found in titles, names, descriptions or attributes."""

    text: str

    def __str__(self) -> str:
        plain = _PLAIN_WORD.fullmatch(self.text) and self.text not in KEYWORDS
        return self.text if plain else quoted(self.text)


@dataclass(frozen=True, slots=True)
class Term:
    """``field:value``, or with another sign (``< <= > >=``); ``is_prefix``: the value goes on (``value*``)."""

    field: str
    sign: str
    value: str
    is_prefix: bool = False

    def __str__(self) -> str:
        plain = _PLAIN_VALUE.fullmatch(self.value) and ".." not in self.value
        value = self.value if plain or (self.is_prefix and not self.value) else quoted(self.value)
        return f"{self.field}{self.sign}{value}{'*' if self.is_prefix else ''}"


@dataclass(frozen=True, slots=True)
class Range:
    """``field:low..high``, both included; an empty end is open."""

    field: str
    low: str
    high: str

    def __str__(self) -> str:
        return f"{self.field}:{self.low}..{self.high}"


@dataclass(frozen=True, slots=True)
class Not:
    """What ``item`` does not find."""

    item: "Node"

    def __str__(self) -> str:
        return f"-{_enclosed(self.item)}"


@dataclass(frozen=True, slots=True)
class And:
    """What all of ``items`` find; without items that is everything."""

    items: "tuple[Node, ...]" = ()

    def __str__(self) -> str:
        return " ".join(_enclosed(item) for item in self.items)


@dataclass(frozen=True, slots=True)
class Or:
    """What one of ``items`` finds."""

    items: "tuple[Node, ...]"

    def __str__(self) -> str:
        return " OR ".join(str(item) if isinstance(item, And) else _enclosed(item) for item in self.items)


Node = Words | Term | Range | Not | And | Or

EVERYTHING = And()
"""The query that asks nothing."""


def _enclosed(node: Node) -> str:
    return f"({node})" if isinstance(node, And | Or) else str(node)


def quoted(text: str) -> str:
    """``text`` in double quotes, with ``\\`` before quotes and backslashes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
