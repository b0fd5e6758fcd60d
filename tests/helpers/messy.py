"""A messy submission as real ones are: 60 samples with every fault that the diagnosis of columns knows, and more."""

from pathlib import Path

from helpers.submissions import Tables, add, good_tables, put, write_tsv

SAMPLES = 60
LONG = "kept in the cold store of the institute since the harvest; "


def messy_tables() -> Tables:
    """The sheets. Nothing in them is random."""
    tables = good_tables()
    for number in range(2, SAMPLES + 1):
        name = f"N{number:03d}"
        add(tables, "sample", sample_name=name, sample_title=f"Plant {number}")
        add(tables, "experiment", library_id=f"lib-{name}", sample_name=name)
        add(tables, "run", run_alias=f"run-{name}", library_id=f"lib-{name}")
        add(tables, "file", file_name=f"{name}.fastq.gz", run_alias=f"run-{name}", md5=f"{number:032d}")
    for number in range(1, SAMPLES + 1):
        put(tables, "sample", number, **_sample(number))
    return tables


def _sample(number: int) -> dict[str, str]:
    """The values of one sample: regular ones, then the slips."""
    values = {
        "isolate": f"Isolate {number}",
        "gender": ("male", "female")[number % 2],
        "treatment": ("drought", "salt", "control")[number % 3],
        "ecotype": ("lowland", "upland")[number % 2],
        "phenotype": ("dwarf", "tall")[number // 2 % 2],
        "population": ("north", "south")[number // 3 % 2],
        "height_or_length": f"{90 + 7 * number % 12} cm",
        "source_material_id": f"{number * 37 % 900:05d}",
        "growth_protocol": ("field, paddy", "greenhouse", "growth chamber")[number % 3],
        "temperature": f"{21 + number % 3}.5",
        "harvested": f"{number % 27 + 1:02d}/0{number % 9 + 1}/2025",
        "culture": "KCTC 1001",
        "laboratory": "room 4",
        "empty": "",
    }
    return values | _SLIPS.get(number, {}) | _dragged(number)


def _dragged(number: int) -> dict[str, str]:
    """Cells that somebody dragged down from the 20th sample to the 26th."""
    if not 20 <= number <= 26:
        return {}
    return {"culture": f"KCTC {981 + number}", "taxonomy_id": str(4510 + number), "temperature": f"{number}.5"}


_SLIPS: dict[int, dict[str, str]] = {
    3: {"gender": "Male"},
    4: {"gender": "M"},
    5: {"gender": "수컷", "treatment": "Drought"},
    6: {"treatment": "drougth"},
    7: {"height_or_length": "9400 cm"},
    8: {"height_or_length": "0.9 m"},
    9: {"treatment": "", "ecotype": "control", "phenotype": "lowland", "population": "tall"},
    10: {"source_material_id": "370"},
    11: {"growth_protocol": (LONG * 6)[:255]},
    12: {"harvested": "05/23/2025"},
    13: {"temperature": "warm"},
    14: {"tissue": "", "collection_date": "2021.3.5"},
    15: {"tissue": "", "collection_date": "N/A"},
    16: {"tissue": "", "geo_loc_name": "Korea: Suwon"},
    17: {"sample_title": "Plant  17 "},
}


def write_messy(folder: Path) -> Path:
    """Write the submission; its data files are missing."""
    return write_tsv(folder, messy_tables())
