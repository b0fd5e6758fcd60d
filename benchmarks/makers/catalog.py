"""A catalog of any size for PostgreSQL: seeded submissions, copied into its tables without registering each.

The rows are those that ``dsqc register`` would write (a test compares what is searched), with the proportions of a
national station: a hundred runs a submission, most of them of few organisms, a tenth closed.
"""

import hashlib
import json
import random
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg

from dsqc.catalog.models import WIDE_METRICS, Base, SearchValueRecord
from dsqc.catalog.search.index import VALUE_COLUMNS, value_rows, words_of
from dsqc.metrics.catalogue import METRICS

RUNS_OF_SUBMISSION = 100
TABLES = (
    "project",
    "submission",
    "sample",
    "experiment",
    "run",
    "object",
    "object_copy",
    "data_file",
    "metric",
    "run_search",
    "run_text",
)
NUMBERS = [item.id for item in METRICS.values() if item.unit != "text"]
METRIC_IDS = [*WIDE_METRICS, *[name for name in NUMBERS if name not in WIDE_METRICS][: 48 - len(WIDE_METRICS)]]
"""The metrics of every run that are numbers; two are words."""
FIELDS = (
    ("seed_crop", "Plant_fungi", 18),
    ("precision_medicine", "Human", 14),
    ("infectious_disease", "Clinical_pathogen", 12),
    ("food_microbiome", "Human-gut", 10),
    ("brain_science", "Human", 8),
    ("smart_agriculture", "Soil", 7),
    ("public_health", "Human", 6),
    ("livestock_veterinary", "Model_animal", 5),
    ("bioenergy", "Microbe", 5),
    ("marine_fisheries", "Invertebrate", 4),
    ("environment_biodiversity", "Metagenome", 4),
    ("new_drug", "Human", 3),
    ("regenerative_medicine", "Human", 2),
    ("industrial_bio", "Microbe", 1),
    ("medical_device", "Human", 1),
)
PLATFORMS = (
    ("ILLUMINA", "Illumina NovaSeq 6000", 62, 0.92),
    ("ILLUMINA", "Illumina NovaSeq X", 14, 0.94),
    ("DNBSEQ", "DNBSEQ-G400", 8, 0.88),
    ("OXFORD_NANOPORE", "PromethION", 9, 0.35),
    ("PACBIO_SMRT", "Revio", 7, 0.85),
)
GENERA = ("Oryza", "Zea", "Glycine", "Homo", "Mus", "Sus", "Bacillus", "Escherichia", "Brassica", "Panax")
SPECIES = ("sativa", "mays", "max", "sapiens", "musculus", "scrofa", "subtilis", "coli", "rapa", "ginseng")
WORDS = ("drought", "salt", "cold", "blast", "yield", "root", "leaf", "panicle", "tumour", "hippocampus", "gut", "soil")
WORDS_KO = ("가뭄", "내건성", "염분", "저온", "도열병", "수확량", "뿌리", "잎", "종양", "해마", "장내미생물", "토양")
CENTRES = ("KOBIC", "NABIC", "CODA", "MAGIC", "INGIC")
MINISTRIES = ("MSIT", "RDA", "MOHW", "MAFRA", "MOF")
PLACES = ("South Korea: Jeonju", "South Korea: Suwon", "South Korea: Seoul", "Viet Nam: Hanoi", "Kenya: Nairobi")


def organisms() -> list[tuple[str, int]]:
    """Two hundred names with taxonomy ids, the most frequent first."""
    first = [(f"{genus} {species}", 4530 + n) for n, (genus, species) in enumerate(zip(GENERA, SPECIES, strict=True))]
    return first + [(f"{GENERA[n % 10]} {SPECIES[n // 10 % 10]}{n}", 90_000 + n) for n in range(190)]


ORGANISMS = organisms()
ORGANISM_WEIGHTS = [1 / (rank + 1) for rank in range(len(ORGANISMS))]


@dataclass
class _Block:
    """Rows of some submissions as lines of COPY, by table."""

    lines: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in TABLES})
    values: set[tuple[str, str]] = field(default_factory=set)

    def add(self, table: str, row: dict[str, Any]) -> None:
        columns = _COLUMNS[table]
        self.lines[table].append("\t".join([_cell(row[name]) for name in columns]))


_COLUMNS = {name: [column.name for column in Base.metadata.tables[name].columns] for name in TABLES}


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
    if value is None:
        return "\\N"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False).replace("\\", "\\\\")
    return str(value)


def load(address: str, runs: int, seed: int) -> None:
    """Fill the empty catalog at ``address`` (what psycopg connects to) with ``runs`` runs.

    Constraints and indexes are taken away and made again afterwards; statistics are gathered.
    """
    values: set[tuple[str, str]] = set()
    with psycopg.connect(address) as connection, ThreadPoolExecutor(1) as writer:
        with _without_indexes(connection):
            waiting: Future[None] | None = None
            for block in _blocks(runs, seed):
                if waiting is not None:
                    waiting.result()
                values |= block.values
                waiting = writer.submit(_write, connection, block)
            if waiting is not None:
                waiting.result()
        name = SearchValueRecord.__tablename__
        with connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {name} (name, value, folded) VALUES (%(name)s, %(value)s, %(folded)s)",
                value_rows(values),
            )
        connection.execute(
            "INSERT INTO run_total SELECT submission_id, project_id, platform, organism, library_strategy, count(*), "
            "sum(file_count), sum(size_bytes), sum(file_bases) FROM run_search "
            "GROUP BY submission_id, project_id, platform, organism, library_strategy"
        )
        _add_fingerprints(connection)
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")


def complete(address: str) -> None:
    """Give a catalog that an older loader filled what it lacks: fingerprints of reads."""
    with psycopg.connect(address) as connection:
        if connection.execute("SELECT 1 FROM read_fingerprint LIMIT 1").fetchone() is None:
            _add_fingerprints(connection)
            connection.commit()
            connection.autocommit = True
            connection.execute("VACUUM ANALYZE read_fingerprint")


def _add_fingerprints(connection: psycopg.Connection[Any]) -> None:
    """One of every file and one of every run, as ``dsqc register`` keeps them: a run of one file has that file's."""
    connection.execute(
        "INSERT INTO read_fingerprint (run_id, name, reads, sequences, read_count, is_present) "
        "SELECT run_id, name, md5('reads ' || id), md5('sequences ' || id), read_count, true FROM data_file "
        "UNION ALL SELECT run_id, '', md5('reads ' || sum(id)), md5('sequences ' || sum(id)), sum(read_count), true "
        "FROM data_file GROUP BY run_id"
    )


def _write(connection: psycopg.Connection[Any], block: _Block) -> None:
    with connection.cursor() as cursor:
        for table, lines in block.lines.items():
            with cursor.copy(f"COPY {table} ({', '.join(_COLUMNS[table])}) FROM STDIN") as copy:
                copy.write("\n".join([*lines, ""]).encode())
    connection.commit()


@contextmanager
def _without_indexes(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Take constraints and indexes of the tables away, and make them again: faster than keeping them row by row."""
    names = list(TABLES)
    query = (
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), contype::text FROM pg_constraint "
        "WHERE contype IN ('f', 'p', 'u') AND conrelid::regclass::text = ANY(%s) ORDER BY contype = 'f' DESC, conname"
    )
    constraints = connection.execute(query, (names,)).fetchall()
    # Keys of other tables that refer to these.
    others = connection.execute(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), contype::text FROM pg_constraint "
        "WHERE contype = 'f' AND confrelid::regclass::text = ANY(%s) AND NOT conrelid::regclass::text = ANY(%s)",
        (names, names),
    ).fetchall()
    constraints = [*others, *constraints]
    for table, name, _definition, _kind in constraints:
        connection.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"')
    indexes = connection.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = ANY(%s)", (names,)
    ).fetchall()
    for name, _definition in indexes:
        connection.execute(f'DROP INDEX "{name}"')
    connection.commit()
    yield
    connection.execute("SET maintenance_work_mem = '512MB'")
    for table, name, definition, _kind in reversed(constraints):
        connection.execute(f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" {definition}')
        connection.commit()
    for _name, definition in indexes:
        connection.execute(definition)
        connection.commit()


def _blocks(runs: int, seed: int) -> Iterator[_Block]:
    """The rows of all submissions, twenty submissions at a time."""
    block = _Block()
    for number, first in enumerate(range(0, runs, RUNS_OF_SUBMISSION), start=1):
        _add_submission(block, number, first, min(RUNS_OF_SUBMISSION, runs - first), random.Random(f"{seed} {number}"))
        if number % 20 == 0:
            yield block
            block = _Block()
    yield block


def _digest(*parts: object) -> str:
    return hashlib.sha256(" ".join(map(str, parts)).encode()).hexdigest()


def _add_submission(block: _Block, number: int, first: int, count: int, chance: random.Random) -> None:
    research_field, package, _weight = chance.choices(FIELDS, [item[2] for item in FIELDS])[0]
    fate = chance.random()
    access, state = ("closed", "closed") if fate < 0.1 else ("open", "held" if fate < 0.13 else "released")
    about, about_ko = chance.sample(WORDS, 3), chance.sample(WORDS_KO, 3)
    project_words = {
        "title_en": f"{' '.join(about).capitalize()} in project {number}",
        "title_ko": f"{' '.join(about_ko)} 연구 {number}",
        "description_en": f"How {about[0]} and {about[1]} act on {about[2]}, in {count} runs.",
        "description_ko": f"{about_ko[0]}과 {about_ko[1]}이 {about_ko[2]}에 미치는 영향.",
        "project_type": "Primary Project",
        "data_type": "Raw sequence reads",
        "ministry": chance.choice(MINISTRIES),
    }
    project = {
        "id": number,
        "accession": f"KAP{number:06}",
        "minted": True,
        "submitter": f"user{number % 997}@institute.re.kr",
        "alias": f"project-{number}",
        **{name: project_words[name] for name in ("project_type", "data_type", "title_en", "title_ko", "ministry")},
        "attributes": project_words,
    }
    submission = {
        "id": number,
        "submitter": project["submitter"],
        "alias": f"submission-{number}",
        "accession": f"KRA{number:08}",
        "state": state,
        "content_sha256": _digest("content", number),
        "verdict": "pass",
        "verdict_sha256": _digest("verdict", number),
        "research_field": research_field,
        "form_version": "1.0.0",
        "package": package,
        "data_centre": chance.choice(CENTRES),
        "access_level": access,
        "release_date": "",
        "project_id": number,
        "attributes": {"submission_alias": f"submission-{number}"},
        "project_attributes": {},
        "reasons": [],
    }
    block.add("project", project)
    block.add("submission", submission)
    organism = chance.choices(ORGANISMS, ORGANISM_WEIGHTS)[0]
    platform = chance.choices(PLATFORMS, [item[2] for item in PLATFORMS])[0]
    for run in range(first + 1, first + count + 1):
        _add_run(block, run, (project, submission), (organism, platform), chance)


def _add_run(
    block: _Block,
    number: int,
    owners: tuple[dict[str, Any], dict[str, Any]],
    kind: tuple[tuple[str, int], tuple[str, str, int, float]],
    chance: random.Random,
) -> None:
    (project, submission), (organism, platform) = owners, kind
    word = chance.choice(WORDS)
    place = chance.choice(PLACES)
    collected = f"20{chance.randint(15, 26)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
    strategy, source = chance.choice((("WGS", "GENOMIC"), ("RNA-Seq", "TRANSCRIPTOMIC"), ("AMPLICON", "METAGENOMIC")))
    sample = {
        "sample_name": f"sample-{number}",
        "sample_title": f"{word.capitalize()} of {organism[0]}",
        "organism": organism[0],
        "taxonomy_id": str(organism[1]),
        "collection_date": collected,
        "geo_loc_name": place,
        "description": f"Replicate {number % 3 + 1} of {word} grown in {place.rpartition(' ')[2]}",
    }
    experiment = {
        "library_id": f"library-{number}",
        "sample_name": sample["sample_name"],
        "title": f"{strategy} of {word}",
        "library_strategy": strategy,
        "library_source": source,
        "library_selection": "RANDOM",
        "library_layout": "PAIRED" if platform[0] in ("ILLUMINA", "DNBSEQ") else "SINGLE",
        "platform": platform[0],
        "instrument_model": platform[1],
    }
    run = {"run_alias": f"run-{number}", "library_id": experiment["library_id"], "file_type": "fastq", "run_date": ""}
    keys = {"submission_id": submission["id"], "project_id": project["id"]}
    accessions = {kind: f"{prefix}{number:08}" for kind, prefix in _PREFIXES.items()}
    sample_row = {
        "id": number,
        "accession": accessions["sample"],
        "minted": True,
        **keys,
        "name": sample["sample_name"],
        "name_key": sample["sample_name"],
        "title": sample["sample_title"],
        "organism": organism[0],
        "taxonomy_id": organism[1],
        "collection_date": collected,
        "geo_loc_name": place,
        "attributes": sample,
    }
    experiment_row = {
        "id": number,
        "accession": accessions["experiment"],
        **keys,
        "sample_id": number,
        "attributes": experiment,
        **experiment,
    }
    run_row = {
        "id": number,
        "accession": accessions["run"],
        "submission_id": submission["id"],
        "experiment_id": number,
        "alias": run["run_alias"],
        "run_key": f"run-{number}",
        "file_type": "fastq",
        "run_date": "",
        "attributes": run,
    }
    block.add("sample", sample_row)
    block.add("experiment", experiment_row)
    block.add("run", run_row)
    metrics = _metrics(platform[3], chance)
    sums = _add_files(block, number, submission, int(metrics["read_count"]), chance)
    numbers = [f"{number}\t{name}\t{value!r}\t\\N" for name, value in metrics.items()]
    words = [f"{number}\tquality_encoding\t\\N\tphred33", f"{number}\tinstrument_platform\t\\N\t{platform[0]}"]
    block.lines["metric"] += [*numbers, *words]
    searched = {
        **sample_row,
        **experiment,
        **{name: submission[name] for name in ("research_field", "package", "data_centre", "form_version")},
        **{name: project[name] for name in ("ministry", "data_type")},
        "file_type": "fastq",
        "run_date": "",
        "run_id": number,
        "accession": accessions["run"],
        **keys,
        "sample_id": number,
        "experiment_id": number,
        "is_secret": False,
        **sums,
        **{name: metrics[name] for name in WIDE_METRICS},
    }
    block.add("run_search", searched)
    block.values |= {(name, searched[name]) for name in VALUE_COLUMNS if searched[name]}
    found = {
        **searched,
        **{f"{kind}_accession": accession for kind, accession in accessions.items()},
        "project_accession": project["accession"],
        "submission_accession": submission["accession"],
        "submission_alias": submission["alias"],
        "run_attributes": run,
        "experiment_attributes": experiment,
        "sample_attributes": sample,
        "project_attributes": project["attributes"],
        "own_project_attributes": {},
    }
    block.add("run_text", words_of(found))


_PREFIXES = {"sample": "KAS", "experiment": "KAE", "run": "KAR"}


def _metrics(quality: float, chance: random.Random) -> dict[str, float]:
    reads = float(chance.randint(10_000, 40_000_000))
    values = {name: round(chance.random(), 5) for name in METRIC_IDS}
    q30 = min(0.999, max(0.0, chance.gauss(quality, 0.06)))
    return values | {
        "read_count": reads,
        "base_count": reads * 150,
        "length_mean": 150.0,
        "length_n50": 150.0,
        "mean_phred": round(20 + 18 * q30, 3),
        "frac_bases_q20": round(min(0.9999, q30 + 0.05), 5),
        "frac_bases_q30": round(q30, 5),
        "gc_fraction": round(chance.gauss(0.45, 0.05), 5),
    }


def _add_files(
    block: _Block, run: int, submission: dict[str, Any], reads: int, chance: random.Random
) -> dict[str, int]:
    size = reads * 60
    for mate in (1, 2) if chance.random() < 0.5 else (1,):
        number = run * 2 + mate - 2
        sha256 = _digest("file", number)
        name = f"run-{run}_R{mate}.fastq.gz"
        block.add("object", {"id": number, "sha256": sha256, "md5": sha256[:32], "size_bytes": size})
        tier = "closed" if submission["access_level"] == "closed" else "public"
        copy = {
            "id": number,
            "object_id": number,
            "tier": tier,
            "key": f"objects/sha256/{sha256[:2]}/{sha256[2:4]}/{sha256}",
            "place": tier,
            "state": "present",
            "verified_at": "2026-11-01T00:00:00.000000Z",
            "proof": "checksum",
            "stored_sha256": sha256,
            "stored_size_bytes": size,
            "encoding": "",
            "recipe": {},
        }
        block.add("object_copy", copy)
        data_file = {
            "id": number,
            "run_id": run,
            "object_id": number,
            "name": name,
            "read_role": f"R{mate}",
            "format": "fastq",
            "container": "gzip",
            "md5": sha256[:32],
            "sha256": sha256,
            "size_bytes": size,
            "read_count": reads,
            "base_count": reads * 150,
            "attributes": {"file_name": name},
        }
        block.add("data_file", data_file)
    count = mate
    return {"size_bytes": size * count, "file_count": count, "file_bases": reads * 150 * count}
