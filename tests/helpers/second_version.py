"""A form with a second version in which everything changed that a form may change."""

from pathlib import Path
from typing import Any

from dsqc.forms import load_fields
from dsqc.forms.versions import edition_digest
from helpers.schema_tree import SchemaTree

FORM = "seed_crop"
FIELD_FILE = f"fields/{FORM}.yaml"
OLD, NEW = "1.0.0", "1.1.0"
MIGRATION = {
    "from": OLD,
    "to": NEW,
    "forms": [FORM],
    "steps": [
        {"rename_attribute": {"sheet": "sample", "attribute": "plant_growth_medium", "to": "growth_medium"}},
        {
            "rename_terms": {
                "sheet": "sample",
                "attribute": "growth_facility",
                "terms": {"glasshouse": "greenhouse", "other": None},
            }
        },
        {"split_attribute": {"sheet": "sample", "attribute": "pedigree", "separator": "/", "to": ["mother", "father"]}},
        {
            "merge_attributes": {
                "sheet": "sample",
                "attributes": ["trait", "trait_value"],
                "separator": ": ",
                "to": "trait_note",
            }
        },
        {"move_attribute": {"sheet": "sample", "attribute": "observation_unit", "to_sheet": "experiment"}},
        {"drop_attribute": {"sheet": "sample", "attribute": "sowing_date"}},
        {
            "add_attribute": {
                "sheet": "sample",
                "attribute": "seed_source",
                "copy_of": "holding_institute",
                "when": "holding_institute given",
            }
        },
    ],
}


def attribute(label: str, **more: Any) -> dict[str, Any]:
    """A plain attribute of a source."""
    notes = more.pop("annotations", {})
    texts = {"label_ko": f"{label} 항목", "description_ko": f"{label} 설명."}
    return {
        "title": label,
        "description": f"What {label} is.",
        "examples": [{"value": "x"}],
        "annotations": texts | notes,
        **more,
    }


def second_version(folder: Path) -> SchemaTree:
    """A tree in which ``seed_crop`` has 1.0.0 (as it ships, frozen) and 1.1.0."""
    tree = SchemaTree(folder)
    tree.freeze(OLD, "core.yaml", FIELD_FILE, "vocabularies/field.tsv")
    with tree.used():
        digest = edition_digest(load_fields()[FORM], load_fields()[FORM].versions[0])
    tree.edit(f"forms/{FIELD_FILE}", _change_field)
    tree.edit("forms/core.yaml", _change_core)
    _change_terms(tree.folder / "vocabularies" / "field.tsv")
    tree.versions(
        FORM,
        {"version": OLD, "status": "superseded", "folder": OLD, "digest": digest},
        {"version": NEW, "status": "current", "folder": "."},
    )
    tree.write(f"forms/migrations/{FORM}-{NEW}.yaml", MIGRATION)
    return tree


def _change_field(schema: Any) -> None:
    sample = schema["classes"]["SeedCropSample"]["attributes"]
    medium = sample.pop("plant_growth_medium")
    medium["title"] = "growth medium"
    medium["annotations"]["label_ko"] = "생육 배지"
    sample["growth_medium"] = medium
    for name in ("pedigree", "trait", "trait_value", "observation_unit", "sowing_date"):
        del sample[name]
    sample["mother"] = attribute("mother", annotations={"missing": "allowed"})
    sample["father"] = attribute("father", annotations={"missing": "allowed"})
    sample["trait_note"] = attribute("trait note", annotations={"missing": "allowed"})
    sample["seed_source"] = attribute("seed source", required=True)
    sample["germplasm_accession"]["pattern"] = r"^IT\d{6}$"


def _change_core(schema: Any) -> None:
    experiment = next(item for item in schema["classes"].values() if item["annotations"]["sheet"] == "experiment")
    experiment["attributes"]["observation_unit"] = attribute("observation unit")


def _change_terms(table: Path) -> None:
    lines = table.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith("growth_facility\tother\t")]
    text = "\n".join(kept).replace("growth_facility\tglasshouse\t", "growth_facility\tgreenhouse\t")
    table.write_text(text + "\n", encoding="utf-8")
