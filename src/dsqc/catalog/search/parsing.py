"""Reading a query: a small recursive descent that knows at every point where it is, for the caret.

::

    query   = and { "OR" and }
    and     = item { ["AND"] item }
    item    = ("-" | "NOT") item | "(" query ")" | term | words
    term    = field sign value            sign: ":" "=" "!=" "<" "<=" ">" ">="
    value   = word ["*"] | quoted ["*"] | [low] ".." [high]
"""

import re
import unicodedata

from dsqc.catalog.search.fields import Field, Kind, find_field, near_names, value_problem
from dsqc.catalog.search.folding import fold
from dsqc.catalog.search.grammar import And, Node, Not, Or, Range, Term, Words
from dsqc.errors import UsageError

DEEPEST = 40
"""Parentheses and negations inside each other."""
LONGEST = 4000
"""Characters of a query."""
_KEYWORD = re.compile(r"(AND|OR|NOT)(?=[\s()]|$)")
_TERM = re.compile(r"(\w[\w.-]*)\s*(:\s*(?:<=|>=|<|>)|!=|>=|<=|[:=<>])\s*")
_BARE = re.compile(r"[^\s()\"]+")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_HELP = "`dsqc catalog search --help-query` explains the language."


class QueryError(UsageError):
    """A query that cannot be read; the message shows it with a caret under ``position`` (from 0)."""

    def __init__(self, text: str, position: int, length: int, problem: str, hint: str = "") -> None:
        self.position = position
        shown, start, marked = _shown(text, position, max(length, 1))
        message = f"Cannot read the query: {problem}.\n  {shown}\n  {' ' * start}{'^' * marked}\n"
        super().__init__(message, hint=hint or _HELP)


def _shown(text: str, position: int, length: int) -> tuple[str, int, int]:
    """The part of ``text`` around ``position`` for a terminal, and where the carets stand in columns."""
    first = max(0, position - 60)
    part = text[first : position + length + 30]
    clean = ["�" if not char.isprintable() else char for char in part]
    wide = [2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in clean]
    start = position - first
    marked = sum(wide[start : start + length])
    return "".join(clean), sum(wide[:start]), max(marked, 1)


def parse(text: str) -> Node:
    """The tree of a query; an empty one asks nothing.

    Raises:
        QueryError: it cannot be read, names a field that there is not, or a value that the field cannot have.
    """
    for position, char in enumerate(text):
        if char == "\0" or unicodedata.category(char) == "Cs":
            raise QueryError(text, position, 1, "it holds a character that no text has")
    if len(text) > LONGEST:
        raise QueryError(text, LONGEST, 1, f"it is longer than {LONGEST} characters")
    parser = _Parser(text)
    parser.skip_space()
    if parser.at_end():
        return And()
    node = parser.either(0)
    if not parser.at_end():
        raise QueryError(text, parser.at, 1, "there is no parenthesis that this one closes")
    return node


class _Parser:
    """Where the reading of ``text`` stands; every method leaves behind the space after what it read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def at_end(self) -> bool:
        return self.at >= len(self.text)

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def skip_space(self) -> None:
        while self.peek().isspace():
            self.at += 1

    def keyword(self) -> str:
        match = _KEYWORD.match(self.text, self.at)
        return match.group(1) if match else ""

    def advance(self, count: int) -> None:
        self.at += count
        self.skip_space()

    def error(self, problem: str, position: int | None = None, length: int = 1, hint: str = "") -> QueryError:
        return QueryError(self.text, self.at if position is None else position, length, problem, hint)

    def either(self, depth: int) -> Node:
        items = [self.every(depth)]
        while self.keyword() == "OR":
            self.advance(2)
            items.append(self.every(depth))
        return items[0] if len(items) == 1 else Or(tuple(items))

    def every(self, depth: int) -> Node:
        items = [self.item(depth)]
        while not self.at_end() and self.peek() != ")" and self.keyword() != "OR":
            if self.keyword() == "AND":
                self.advance(3)
            items.append(self.item(depth))
        return items[0] if len(items) == 1 else And(tuple(items))

    def item(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise self.error(f"more than {DEEPEST} parentheses and negations stand inside each other")
        if self.at_end():
            raise self.error("something is missing at its end")
        keyword = self.keyword()
        if keyword == "NOT" or self.peek() == "-":
            self.advance(3 if keyword else 1)
            return Not(self.item(depth + 1))
        if keyword or self.peek() == ")":
            what = f"{keyword} joins two conditions" if keyword else "nothing stands before this parenthesis"
            raise self.error(what, length=len(keyword) or 1)
        if self.peek() == "(":
            return self.enclosed(depth)
        match = _TERM.match(self.text, self.at)
        return self.term(match) if match else self.words()

    def enclosed(self, depth: int) -> Node:
        opened = self.at
        self.advance(1)
        if self.peek() == ")":
            raise self.error("nothing stands between these parentheses", opened, self.at - opened + 1)
        node = self.either(depth + 1)
        if self.peek() != ")":
            raise self.error("this parenthesis is not closed", opened)
        self.advance(1)
        return node

    def words(self) -> Words:
        start = self.at
        text, _ = self.value()
        return self.checked_words(text, start)

    def checked_words(self, text: str, start: int) -> Words:
        if not fold(text):
            raise self.error("there is nothing to look for here", start, self.at - start)
        return Words(text)

    def value(self) -> tuple[str, bool]:
        """A bare or quoted value, and whether a ``*`` follows it."""
        start = self.at
        if self.peek() == '"':
            match = _QUOTED.match(self.text, self.at)
            if match is None:
                raise self.error("this quotation is not closed")
            text, is_prefix = re.sub(r"\\(.)", r"\1", match.group(1), flags=re.DOTALL), False
            self.at = match.end()
            if self.peek() == "*":
                self.at += 1
                is_prefix = True
        else:
            match = _BARE.match(self.text, self.at)
            if match is None:
                raise self.error("a value is missing here", start)
            text = match.group().removesuffix("*")
            is_prefix = text != match.group()
            self.at = match.end()
        self.skip_space()
        return text, is_prefix

    def term(self, match: re.Match[str]) -> Node:
        name, sign = match.group(1), match.group(2).lstrip(":").strip() or ":"
        field = find_field(name)
        if field is None:
            close = near_names(name)
            hint = f"Did you mean {' or '.join(close)}? {_HELP}" if close else ""
            hint = hint or f'{_HELP} Put words with a "{sign}" in quotation marks.'
            raise self.error(f"there is no field {name!r}", match.start(1), len(name), hint)
        start = self.at
        self.at = match.end()
        is_quoted = self.peek() == '"'
        value_start = self.at
        value, is_prefix = self.value()
        if field.kind is Kind.TEXT and sign in (":", "="):
            return self.checked_words(value, value_start)
        if ".." in value and not is_quoted and field.kind.has_order and sign in (":", "="):
            return self.range(field, value, start)
        plain = ":" if sign in ("=", "!=") else sign
        problem = value_problem(field, plain, value, is_prefix=is_prefix)
        if is_prefix and plain != ":":
            problem = f"* goes with {field.name}: only"
        if problem:
            raise self.error(problem, start, len(self.text[start : self.at].rstrip()))
        term = Term(field.name, plain, value, is_prefix)
        return Not(term) if sign == "!=" else term

    def range(self, field: Field, value: str, start: int) -> Range:
        low, _, high = value.partition("..")
        ends = [end for end in (low, high) if end]
        problem = next((found for end in ends if (found := value_problem(field, "<=", end))), "")
        if not ends or problem:
            problem = problem or "a range needs one end at least"
            raise self.error(problem, start, len(self.text[start : self.at].rstrip()))
        return Range(field.name, low, high)
