"""Submissions as workbooks: so many samples with their libraries, runs and files, and faults as submitters make them.

Every cell is drawn from the form itself: a term of the vocabulary, a number with a unit, the example with a number. A
fault is what people do to such a value: a second blank, another letter case, a letter left out, a unit without its
blank, a date with points, ``N/A``, a Korean word.
"""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import xlsxwriter

from dsqc.forms import Attribute, Form, Requirement, compose, vocabulary

FIELD, PACKAGE = "smart_agriculture", "Agriculture"
"""A form with more than sixty sample attributes, a quarter of them quantities."""
SETTLED = {"sensitive_location": "no", "contains_personal_information": "no"}
"""Answers that keep what else is drawn free of findings."""
UNFIT = frozenset({"specimen_voucher"})
"""What the organism of the form may not have."""
REQUIRED = (Requirement.MANDATORY, Requirement.CONDITIONAL, Requirement.ONE_OF_GROUP)
FIRST_DAY = date(2019, 1, 1)
_NAMES = {
    "submission": {"bioproject": "project-1", "access_level": "open", "release_date": ""},
    "project": {"project_alias": "project-1"},
}


class Submission:
    """The sheets of one submission.

    Args:
        samples: rows of each sheet from the samples down.
        attributes: columns of the sample sheet that are filled in.
        faulty: share of the cells of the sample sheet that are at fault.
        seed: the same one gives the same cells.
    """

    def __init__(self, samples: int, attributes: int, faulty: float, seed: int) -> None:
        self._random = random.Random(seed)
        self._form = compose(FIELD, PACKAGE)
        self._samples = samples
        self._faulty = faulty
        columns = self._form.columns("sample")
        fit = [item for item in columns.values() if item.name not in UNFIT]
        wanted = sorted(fit, key=lambda item: item.requirement not in REQUIRED)
        chosen = {item.name for item in wanted[:attributes]}
        self._columns = [item for name, item in columns.items() if name in chosen]

    @property
    def cells(self) -> int:
        """Cells of the sample sheet."""
        return self._samples * len(self._columns)

    def sheets(self) -> Iterator[tuple[str, list[list[str]]]]:
        """Each sheet with its rows, the headings first."""
        for name, given in _NAMES.items():
            row = _required(self._form, name) | given
            yield name, [list(row), list(row.values())]
        yield "sample", [[item.name for item in self._columns], *map(self._sample, range(1, self._samples + 1))]
        for name in ("experiment", "run", "file"):
            rows = [_below(self._form, name, number) for number in range(1, self._samples + 1)]
            yield name, [list(rows[0]), *(list(row.values()) for row in rows)]

    def _sample(self, number: int) -> list[str]:
        return [self._cell(item, number) for item in self._columns]

    def _cell(self, attribute: Attribute, number: int) -> str:
        value = self._value(attribute, number)
        if attribute.name == "sample_name" or self._random.random() >= self._faulty:
            return value
        return self._random.choice(FAULTS)(value, self._random)

    def _value(self, attribute: Attribute, number: int) -> str:
        if attribute.name in ("sample_name", "sample_title"):
            return f"S{number:05d}"
        if attribute.name in SETTLED:
            return SETTLED[attribute.name]
        if attribute.type == "quantity" and attribute.units:
            low = 1 if attribute.minimum is None else max(1, int(attribute.minimum))
            high = low + 50 if attribute.maximum is None else int(attribute.maximum)
            return f"{self._random.randint(low, max(low, high))} {attribute.units[0]}"
        if attribute.type == "date_or_range":
            return (FIRST_DAY + timedelta(days=self._random.randrange(2000))).isoformat()
        if attribute.type == "lat_lon":
            return f"{self._random.uniform(34, 38):.4f} N {self._random.uniform(126, 129):.4f} E"
        if attribute.type == "enum" and attribute.vocabulary is not None:
            return self._random.choice(vocabulary(attribute.vocabulary).terms)
        if attribute.type == "string" and attribute.pattern is None:
            return f"{attribute.example} {number}" if self._random.random() < 0.1 else attribute.example
        return attribute.example


def _required(form: Form, sheet: str) -> dict[str, str]:
    own = {"form_id": form.id, "form_version": form.version, "package": form.package}
    return {
        name: own.get(name, item.example)
        for name, item in form.sheets[sheet].attributes.items()
        if item.requirement is Requirement.MANDATORY
    }


def _below(form: Form, sheet: str, number: int) -> dict[str, str]:
    """A row below a sample: a plain single-end library, its run, its one file."""
    given = {
        "experiment": {
            "library_id": f"L{number:05d}",
            "sample_name": f"S{number:05d}",
            "library_layout": "SINGLE",
            "library_strategy": "WGS",
        },
        "run": {"run_alias": f"R{number:05d}", "library_id": f"L{number:05d}"},
        "file": {"file_name": f"S{number:05d}.fastq.gz", "run_alias": f"R{number:05d}", "md5": f"{number:032x}"},
    }
    return _required(form, sheet) | given[sheet]


def _shorten(value: str, chance: random.Random) -> str:
    at = chance.randrange(len(value))
    return value[:at] + value[at + 1 :] or "?"


FAULTS: tuple[Callable[[str, random.Random], str], ...] = (
    lambda value, _chance: f" {value}",
    lambda value, _chance: value.replace(" ", "  ") + " ",
    lambda value, _chance: value.swapcase(),
    lambda value, _chance: value.replace(" ", ""),
    lambda value, _chance: value.replace("-", "."),
    lambda value, _chance: value.replace("degree Celsius", "℃").replace("um", "㎛"),
    lambda _value, chance: chance.choice(("N/A", "-", "없음", "unknown", "Not Collected")),
    lambda _value, chance: f"시료 {chance.randrange(500)}",
    lambda value, chance: f"{value}; {chance.randrange(500)}",
    lambda value, _chance: value.translate(str.maketrans("0123456789", "０１２３４５６７８９")),
    _shorten,
    _shorten,
)
"""What people do to a value."""


def write(path: Path, *, samples: int, attributes: int, faulty: float, seed: int) -> tuple[int, int, None]:
    """Write the workbook; gives its samples and the cells of its sample sheet."""
    submission = Submission(samples, attributes, faulty, seed)
    with xlsxwriter.Workbook(path, {"constant_memory": False}) as workbook:
        workbook.set_properties({"created": datetime(2026, 9, 1, tzinfo=UTC)})
        as_text = workbook.add_format({"num_format": "@"})
        for name, rows in submission.sheets():
            sheet = workbook.add_worksheet(name)
            for number, row in enumerate(rows):
                for index, cell in enumerate(row):
                    if cell:
                        sheet.write_string(number, index, cell, as_text)
    return samples, submission.cells, None
