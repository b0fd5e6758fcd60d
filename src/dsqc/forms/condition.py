"""Conditions of the forms: a tiny expression language, parsed from data and never from prose.

::

    library_strategy in ["WXS", "Targeted-Capture"] or library_selection is "Hybrid Selection"
    host given and not sample_matrix is "mock community"
    geo_loc_name begins with "South Korea"
    submission.access_level is "closed"

Four tests (``is``, ``in``, ``begins with``, ``given``) joined by ``not``, ``and``, ``or`` and parentheses, binding in
that order. Values stand in double quotes and are compared without letter case. A bare name is an attribute of the same
row; ``sheet.attribute`` is one of a tied row (``dsqc.forms.ties``): where several rows are tied, one that fits is
enough. ``given`` means a value that is no missing-value term. A form knows its ``package`` and ``package_kind``, so
composing a form folds them away.
"""

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from dsqc.errors import SystemFault
from dsqc.forms.vocabulary import is_missing_term

Values: TypeAlias = Callable[[str], str | Iterable[str]]
"""Gives the value of an attribute by its name; several where several rows are tied; empty where there is none."""


class Condition(ABC):
    """An expression over values of attributes. ``str`` gives the text that parses to the same condition."""

    __slots__ = ()

    @abstractmethod
    def holds(self, values: Values) -> bool:
        """Whether the condition holds for ``values``."""

    @abstractmethod
    def names(self) -> frozenset[str]:
        """Attributes that the condition looks at."""

    @abstractmethod
    def fold(self, known: Mapping[str, str]) -> "Condition | bool":
        """The condition with the values of ``known`` put in; a bool where nothing else is left to know."""


@dataclass(frozen=True, slots=True)
class Comparison(Condition):
    """A test of one attribute."""

    name: str

    def names(self) -> frozenset[str]:
        """The one attribute."""
        return frozenset({self.name})

    def holds(self, values: Values) -> bool:
        """Whether one of the attribute's values fits."""
        found = values(self.name)
        candidates = (found,) if isinstance(found, str) else found
        return any(self.fits(value) for value in candidates)

    def fold(self, known: Mapping[str, str]) -> "Condition | bool":
        """Decided where the attribute is known."""
        return self.fits(known[self.name]) if self.name in known else self

    @abstractmethod
    def fits(self, value: str) -> bool:
        """Whether ``value`` passes the test."""


@dataclass(frozen=True, slots=True)
class Is(Comparison):
    """``name is "value"``."""

    value: str

    def fits(self, value: str) -> bool:
        """Equality without letter case."""
        return value.casefold() == self.value.casefold()

    def __str__(self) -> str:
        return f"{self.name} is {_quoted(self.value)}"


@dataclass(frozen=True, slots=True)
class In(Comparison):
    """``name in ["value", "value"]``."""

    choices: tuple[str, ...]

    def fits(self, value: str) -> bool:
        """Membership without letter case."""
        return value.casefold() in {choice.casefold() for choice in self.choices}

    def __str__(self) -> str:
        return f"{self.name} in {_listed(self.choices)}"


@dataclass(frozen=True, slots=True)
class BeginsWith(Comparison):
    """``name begins with "start"`` or ``name begins with ["start", "start"]``."""

    starts: tuple[str, ...]

    def fits(self, value: str) -> bool:
        """One of the starts, without letter case."""
        return value.casefold().startswith(tuple(start.casefold() for start in self.starts))

    def __str__(self) -> str:
        starts = _quoted(self.starts[0]) if len(self.starts) == 1 else _listed(self.starts)
        return f"{self.name} begins with {starts}"


@dataclass(frozen=True, slots=True)
class Given(Comparison):
    """``name given``: a value is there, and it is no missing-value term."""

    def fits(self, value: str) -> bool:
        """Neither empty nor a missing-value term."""
        return bool(value) and not is_missing_term(value)

    def __str__(self) -> str:
        return f"{self.name} given"


@dataclass(frozen=True, slots=True)
class Not(Condition):
    """``not …``."""

    inner: Condition

    def holds(self, values: Values) -> bool:
        """The opposite of the inner condition."""
        return not self.inner.holds(values)

    def names(self) -> frozenset[str]:
        """Those of the inner condition."""
        return self.inner.names()

    def fold(self, known: Mapping[str, str]) -> "Condition | bool":
        """The opposite of the folded inner condition."""
        folded = self.inner.fold(known)
        return not folded if isinstance(folded, bool) else Not(folded)

    def __str__(self) -> str:
        return f"not {_enclosed(self.inner, AllOf, AnyOf)}"


@dataclass(frozen=True, slots=True)
class _Joined(Condition):
    parts: tuple[Condition, ...]

    def __post_init__(self) -> None:
        if len(self.parts) < 2:
            raise ValueError("a joined condition has at least two parts")

    def names(self) -> frozenset[str]:
        """Those of all parts."""
        return frozenset().union(*(part.names() for part in self.parts))

    def _fold(self, known: Mapping[str, str], deciding: bool) -> "list[Condition] | bool":
        """The parts that stay; or the decision, where one part is ``deciding`` or all parts fall away."""
        left: list[Condition] = []
        for part in self.parts:
            folded = part.fold(known)
            if isinstance(folded, bool):
                if folded is deciding:
                    return deciding
            else:
                left.append(folded)
        return left or not deciding


@dataclass(frozen=True, slots=True)
class AllOf(_Joined):
    """``… and …``."""

    def holds(self, values: Values) -> bool:
        """Whether every part holds."""
        return all(part.holds(values) for part in self.parts)

    def fold(self, known: Mapping[str, str]) -> Condition | bool:
        """Without the parts that are known to hold; false where one is known not to."""
        left = self._fold(known, deciding=False)
        if isinstance(left, bool):
            return left
        return left[0] if len(left) == 1 else AllOf(tuple(left))

    def __str__(self) -> str:
        return " and ".join(_enclosed(part, AllOf, AnyOf) for part in self.parts)


@dataclass(frozen=True, slots=True)
class AnyOf(_Joined):
    """``… or …``."""

    def holds(self, values: Values) -> bool:
        """Whether one part holds."""
        return any(part.holds(values) for part in self.parts)

    def fold(self, known: Mapping[str, str]) -> Condition | bool:
        """Without the parts that are known not to hold; true where one is known to."""
        left = self._fold(known, deciding=True)
        if isinstance(left, bool):
            return left
        return left[0] if len(left) == 1 else AnyOf(tuple(left))

    def __str__(self) -> str:
        return " or ".join(_enclosed(part, AnyOf) for part in self.parts)


def either(first: Condition, second: Condition) -> Condition:
    """The condition that holds where one of the two does."""
    return first if first == second else AnyOf((first, second))


def both(first: Condition, second: Condition) -> Condition:
    """The condition that holds where both do."""
    return first if first == second else AllOf((first, second))


def _enclosed(condition: Condition, *kinds: type[Condition]) -> str:
    return f"({condition})" if isinstance(condition, kinds) else str(condition)


def _listed(values: Iterable[str]) -> str:
    return f"[{', '.join(_quoted(value) for value in values)}]"


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


_TOKEN = re.compile(r'\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<word>[A-Za-z_][A-Za-z0-9_.]*)|(?P<mark>[()\[\],]))')
_RESERVED = frozenset({"and", "or", "not", "is", "in", "begins", "with", "given"})


def parse(text: str) -> Condition:
    """Parse a condition.

    Raises:
        SystemFault: ``text`` is no condition: the forms travel in the wheel, so it is our fault.
    """
    parser = _Parser(text)
    condition = parser.alternatives()
    parser.end()
    return condition


class _Parser:
    """Recursive descent over the tokens of one condition."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[tuple[str, str]] = []
        self._place = 0
        stripped, place = text.rstrip(), 0
        while place < len(stripped):
            match = _TOKEN.match(stripped, place)
            if match is None or match.lastgroup is None:
                raise self._fault(f"nothing known at {stripped[place:]!r}")
            self._tokens.append((match.lastgroup, match[match.lastgroup]))
            place = match.end()

    def _fault(self, reason: str) -> SystemFault:
        return SystemFault(f"The condition {self._text!r} of a form cannot be read: {reason}.")

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._place] if self._place < len(self._tokens) else ("end", "")

    def _accept(self, token: str) -> bool:
        if self._peek() in (("word", token), ("mark", token)):
            self._place += 1
            return True
        return False

    def _expect(self, token: str) -> None:
        if not self._accept(token):
            raise self._fault(f"{token!r} expected, {self._peek()[1]!r} found")

    def end(self) -> None:
        """Nothing may be left."""
        if self._place < len(self._tokens):
            raise self._fault(f"{self._peek()[1]!r} is too much")

    def alternatives(self) -> Condition:
        """``… or …``."""
        parts = [self._conjunction()]
        while self._accept("or"):
            parts.append(self._conjunction())
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def _conjunction(self) -> Condition:
        parts = [self._unary()]
        while self._accept("and"):
            parts.append(self._unary())
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def _unary(self) -> Condition:
        if self._accept("not"):
            return Not(self._unary())
        if self._accept("("):
            inner = self.alternatives()
            self._expect(")")
            return inner
        return self._test()

    def _test(self) -> Condition:
        kind, name = self._peek()
        if kind != "word" or name in _RESERVED:
            raise self._fault(f"the name of an attribute expected, {name!r} found")
        self._place += 1
        if self._accept("given"):
            return Given(name)
        if self._accept("is"):
            return Is(name, self._value())
        if self._accept("in"):
            return In(name, self._choices())
        if self._accept("begins"):
            self._expect("with")
            return BeginsWith(name, self._choices() if self._peek() == ("mark", "[") else (self._value(),))
        raise self._fault(f"'is', 'in', 'begins with' or 'given' expected after {name!r}")

    def _choices(self) -> tuple[str, ...]:
        self._expect("[")
        choices = [self._value()]
        while self._accept(","):
            choices.append(self._value())
        self._expect("]")
        return tuple(choices)

    def _value(self) -> str:
        kind, token = self._peek()
        if kind != "text":
            raise self._fault(f"a value in double quotes expected, {token!r} found")
        self._place += 1
        try:
            value: str = json.loads(token, strict=False)
        except json.JSONDecodeError as error:
            raise self._fault(f"{token} is no quoted value") from error
        return value
