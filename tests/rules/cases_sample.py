"""Fixtures of the rules on samples."""

from rules.edits import Cases, both, cell, chain, form, nothing, row, second, under

COMMUNITY = ("environment_biodiversity", "Soil")
PATHOGEN = ("infectious_disease", "Clinical_pathogen")
TUBERCLE = {"organism": "Mycobacterium tuberculosis", "taxonomy_id": "1773"}

ENERGY = form("bioenergy", "Plant_fungi")
"""A form whose samples may have a strain and an environment."""

CASES: Cases = {
    "S001": (nothing, both(row("sample", sample_name="", sample_title="No name", tissue="root"))),
    "S002": (
        both(cell("sample", sample_name="KR-001_A"), cell("experiment", sample_name="KR-001_A")),
        both(cell("sample", sample_name="S/1"), cell("experiment", sample_name="S/1")),
    ),
    "S003": (
        chain,
        both(
            chain,
            second("sample", sample_name="s1"),
            cell("experiment", sample_name="S1"),
            second("experiment", sample_name="s1"),
        ),
    ),
    "S004": (chain, both(chain, cell("sample", sample_title="Second sample"))),
    "S005": (chain, both(chain, cell("sample", tissue="root"))),
    "S006": (cell("sample", taxonomy_id="4530"), cell("sample", taxonomy_id="10090")),
    "S007": (
        cell("sample", organism="Novella koreana", taxonomy_id="32644"),
        cell("sample", organism="Oryza sativva"),
    ),
    "S008": (
        cell("sample", organism="Oryza sativa Japonica Group", taxonomy_id="39947"),
        cell("sample", organism="Oryza", taxonomy_id="4527"),
    ),
    "S009": (
        cell("sample", organism="Undaria pinnatifida", taxonomy_id="74381"),
        cell("sample", organism="Homo sapiens", taxonomy_id="9606"),
    ),
    "S010": (
        under(*COMMUNITY, organism="soil metagenome", taxonomy_id="410658"),
        under(*COMMUNITY, organism="soil", taxonomy_id="410658"),
    ),
    "S011": (cell("sample", collection_date="2016-07-10/2016-08"), cell("sample", collection_date="2016-02-30")),
    "S012": (cell("sample", collection_date="2026"), cell("sample", collection_date="2099")),
    "S013": (cell("sample", collection_date="2007-10/2008-02"), cell("sample", collection_date="2008-02/2007-10")),
    "S014": (
        cell("sample", collection_date="2016-07-10T02:43Z"),
        cell("sample", collection_date="2016-07-10T11:43+09:00"),
    ),
    "S015": (
        cell("sample", geo_loc_name="South Korea:Seoul"),
        cell("sample", geo_loc_name="Korea, Republic of", abs_reference="ABSCH-1"),
    ),
    "S016": (cell("sample", geo_loc_name="South Korea"), cell("sample", geo_loc_name="대한민국:Jeju")),
    "S017": (
        cell("sample", geo_loc_name="South Korea:Jeju-do, Seogwipo"),
        cell("sample", geo_loc_name="south korea : Jeju-do,Seogwipo"),
    ),
    "S018": (cell("sample", lat_lon="37.5665 N 126.9780 E"), cell("sample", lat_lon="91 N 126.9780 E")),
    "S022": (
        under(*PATHOGEN, **TUBERCLE, strain="not collected", isolate="K21"),
        under(*PATHOGEN, **TUBERCLE, strain="not collected", isolate="missing"),
    ),
    "S025": (
        under("livestock_veterinary", "Clinical_pathogen", **TUBERCLE, sex="female", host="Bos taurus"),
        under("livestock_veterinary", "Clinical_pathogen", **TUBERCLE, sex="female", host="not collected"),
    ),
    "S026": (
        under(*PATHOGEN, **TUBERCLE, culture_collection="KCTC:9999"),
        under(*PATHOGEN, **TUBERCLE, specimen_voucher="NIBR:1234"),
    ),
    "S027": (
        under(*PATHOGEN, **TUBERCLE, host="Homo sapiens", isolation_source="sputum"),
        under(*PATHOGEN, **TUBERCLE, host="Homo sapiens", isolation_source="homo sapiens"),
    ),
    "S028": (
        under(*PATHOGEN, **TUBERCLE, host="Homo sapiens"),
        under(*PATHOGEN, **TUBERCLE, host="human"),
    ),
    "S031": (
        both(chain, second("sample", derived_from="S1")),
        both(chain, second("sample", derived_from="S1"), cell("sample", derived_from="S2")),
    ),
    "S021": (both(ENERGY, cell("sample", strain="KCTC 2441")), both(ENERGY, cell("sample", strain="Clinical isolate"))),
    "S023": (cell("sample", culture_collection="KCTC:6910"), cell("sample", culture_collection="KCTC 6910")),
    "S024": (cell("sample", culture_collection="JCM: 18900"), cell("sample", culture_collection="KXXX:6910")),
    "S029": (
        both(ENERGY, cell("sample", env_broad_scale="marine biome [ENVO:00000447]")),
        both(ENERGY, cell("sample", env_broad_scale="marine biome")),
    ),
    "S030": (
        both(ENERGY, cell("sample", env_medium="soil [ENVO:00001998]")),
        both(ENERGY, cell("sample", env_medium="soil [ENVO:00002149]")),
    ),
    "S033": (
        both(cell("sample", collection_date="2021-05-03"), cell("run", run_date="2021-05-03")),
        both(cell("sample", collection_date="2021-05-03"), cell("run", run_date="2021-05-02")),
    ),
    "S019": (cell("sample", lat_lon="37.5665 N 126.9780 E"), cell("sample", lat_lon="35.6895 N 139.6917 E")),
    "S020": (
        cell("sample", geo_loc_name="Germany:Berlin", abs_reference="ABSCH-1", lat_lon="52.5 N 13.4 E"),
        cell("sample", geo_loc_name="Germany:Berlin", abs_reference="ABSCH-1", lat_lon="13.4 N 52.5 E"),
    ),
    "S032": (cell("sample", derived_from="KAS00000001"), cell("sample", derived_from="S999")),
}
