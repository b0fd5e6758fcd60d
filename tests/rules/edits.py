"""What the fixtures of rules are made of: edits of a submission that has no finding."""

from collections.abc import Callable

from helpers.submissions import Tables, add, column, drop, good_tables, put

Edit = Callable[[Tables], None]
Cases = dict[str, tuple[Edit, Edit]]
"""Code without its prefix -> what a submission without its finding, and one with exactly its finding, is made by."""


def cell(sheet: str, **values: str) -> Edit:
    """Set cells of the first row of ``sheet``."""
    return lambda tables: put(tables, sheet, **values)


def second(sheet: str, **values: str) -> Edit:
    """Set cells of the second row of ``sheet``."""
    return lambda tables: put(tables, sheet, 2, **values)


def no_second(*sheets: str) -> Edit:
    """Take the second row out of ``sheets``."""

    def edit(tables: Tables) -> None:
        for sheet in sheets:
            del tables[sheet][2]

    return edit


def row(sheet: str, **values: str) -> Edit:
    """Add a row to ``sheet`` that is like the first apart from ``values``."""
    return lambda tables: add(tables, sheet, **values)


def under(field: str, package: str, **sample: str) -> Edit:
    """The good submission of another form, with these values of its sample."""

    def edit(tables: Tables) -> None:
        tables.clear()
        tables.update(good_tables(field, package))
        put(tables, "sample", **sample)

    return edit


def without(sheet: str, attribute: str) -> Edit:
    """Take a column out."""
    return lambda tables: drop(tables, sheet, attribute)


def heading(sheet: str, attribute: str) -> Edit:
    """Add an empty column."""
    return lambda tables: (column(tables, sheet, attribute), None)[1]


def both(*edits: Edit) -> Edit:
    """One edit after the other."""

    def edit(tables: Tables) -> None:
        for each in edits:
            each(tables)

    return edit


def nothing(_tables: Tables) -> None:
    """Leave the good submission as it is."""


def form(field: str, package: str) -> Edit:
    """A good submission of another form in the place of the usual one; to be the first of several edits."""

    def edit(tables: Tables) -> None:
        tables.clear()
        tables.update(good_tables(field, package))

    return edit


def no_sheet(name: str) -> Edit:
    """Take a sheet out."""
    return lambda tables: (tables.pop(name), None)[1]


def no_rows(*names: str) -> Edit:
    """Take all rows of sheets out, not their headings."""

    def edit(tables: Tables) -> None:
        for name in names:
            del tables[name][1:]

    return edit


def empty_row_above_last(tables: Tables) -> None:
    """A second sample below an empty row, with the library that belongs to it."""
    chain(tables)
    tables["sample"].insert(2, [""])


def chain(tables: Tables) -> None:
    """A second sample with everything that belongs to it, other in every name."""
    add(tables, "sample", sample_name="S2", sample_title="Second sample", tissue="root")
    add(tables, "experiment", library_id="lib-2", sample_name="S2")
    add(tables, "run", run_alias="run-2", library_id="lib-2")
    add(tables, "file", file_name="S2.fastq.gz", run_alias="run-2", md5="1" * 32)


def second_library(sample: str) -> Edit:
    """A second library, with its run and file, of the sample that is named."""
    return both(
        row("experiment", library_id="lib-2", sample_name=sample),
        row("run", run_alias="run-2", library_id="lib-2"),
        row("file", file_name="S2.fastq.gz", run_alias="run-2", md5="1" * 32),
    )


def many_samples(tables: Tables) -> None:
    """2,001 samples, each of its own; the first is a pool of all the others and has the one library."""
    names = [f"N{number:04d}" for number in range(2000)]
    for number, name in enumerate(names):
        add(tables, "sample", sample_name=name, sample_title=f"Plant {number}", cultivar=f"Line {number}")
    put(tables, "sample", derived_from="; ".join(names))


def samples(count: int, **columns: Callable[[int], str]) -> Edit:
    """So many samples, the one that is there among them, each with a library, a run and a file.

    ``columns`` give the values of the sample sheet by the number of the sample, from 1.
    """

    def edit(tables: Tables) -> None:
        for number in range(2, count + 1):
            name = f"N{number:04d}"
            add(tables, "sample", sample_name=name, sample_title=f"Plant {number}", isolate=f"Isolate {number}")
            add(tables, "experiment", library_id=f"lib-{name}", sample_name=name)
            add(tables, "run", run_alias=f"run-{name}", library_id=f"lib-{name}")
            add(tables, "file", file_name=f"{name}.fastq.gz", run_alias=f"run-{name}", md5=f"{number:032d}")
        for number in range(1, count + 1):
            put(tables, "sample", number, **{name: make(number) for name, make in columns.items()})

    return edit


def but(number: int, value: str, others: Callable[[int], str]) -> Callable[[int], str]:
    """``value`` in sample ``number``, and ``others`` in the rest."""
    return lambda each: value if each == number else others(each)


def of(*values: str) -> Callable[[int], str]:
    """``values`` in turn."""
    return lambda number: values[number % len(values)]


def fastq_files(count: int) -> Edit:
    """So many FASTQ files in the one run."""

    def edit(tables: Tables) -> None:
        for number in range(1, count):
            add(tables, "file", file_name=f"S1_{number}.fastq.gz", md5=f"{number:032d}")

    return edit


def paired(*roles: str) -> Edit:
    """A paired library with a file a role."""

    def edit(tables: Tables) -> None:
        put(tables, "experiment", library_layout="PAIRED", insert_size="350")
        for number, role in enumerate(roles):
            if number:
                add(tables, "file", file_name=f"S1_{number}.fastq.gz", md5=f"{number:032d}")
            put(tables, "file", number + 1, read_role=role)

    return edit


CLOSED = both(
    cell("submission", access_level="closed"),
    cell("project", withholding_reason="pre_publication", withholding_review_date="2027-03-01"),
)
SECURE = cell("project", security_class="보안과제 (security)", security_reason="국가안보")
APPROVED = both(
    CLOSED,
    cell(
        "project",
        withholding_reason="ip_acquisition",
        withholding_requester="주관연구기관의 장 (head of the lead institute)",
        withholding_approver="농촌진흥청장",
        withholding_approval_no="연구정책과-1234",
        withholding_approval_date="2026-05-01",
    ),
)
NATIONAL = cell(
    "project",
    ntis_project_id="1711058741",
    project_title_ko="벼 재래종의 내건성 유전자 발굴",
    ministry="MSIT",
    lead_institute="국립농업과학원",
    joint_institutes="전북대학교; (주)가나다종묘",
    security_class="일반과제 (general)",
    owner_institute="국립 농업과학원",
    ownership_type="주관연구기관 단독 (lead)",
)
AMPLICON = cell("experiment", library_strategy="AMPLICON", library_selection="PCR")
