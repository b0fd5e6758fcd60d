"""Fixtures of the rules on projects and their administration."""

from rules.edits import APPROVED, CLOSED, NATIONAL, SECURE, Cases, both, cell, nothing, row

UMBRELLA = cell("project", project_type="Umbrella Project")
RDA = cell("project", ministry="RDA", agency_project_no="PJ01234501")

CASES: Cases = {
    "P001": (cell("submission", bioproject="KAP241783"), cell("submission", bioproject="PRJDB0000")),
    "P003": (nothing, row("project", project_alias="project-2")),
    "P004": (
        cell("project", data_type="Chemical data (structure, assay, profiling)"),
        cell("project", data_type="Genomics, Proteomics"),
    ),
    "P005": (cell("submission", release_date="2027-09-01"), cell("submission", release_date="2030-09-02")),
    "P006": (UMBRELLA, both(UMBRELLA, cell("submission", release_date="2027-01-01"))),
    "P007": (
        cell("project", publication="27148491; 10.3389/fcimb.2016.00042"),
        cell("project", publication="PMID27148491"),
    ),
    "P008": (NATIONAL, both(NATIONAL, cell("project", ntis_project_id="PJ0123"))),
    "P009": (NATIONAL, both(NATIONAL, cell("project", lead_institute=""))),
    "P010": (both(CLOSED, SECURE), SECURE),
    "P011": (CLOSED, both(CLOSED, cell("project", withholding_reason=""))),
    "P012": (APPROVED, both(APPROVED, cell("project", withholding_approval_no=""))),
    "P013": (CLOSED, both(CLOSED, cell("project", withholding_review_date="2019-01-01"))),
    "P014": (NATIONAL, both(NATIONAL, cell("project", owner_institute="다른연구소"))),
    "P015": (
        both(CLOSED, cell("submission", storage_tier="closed")),
        both(CLOSED, cell("submission", storage_tier="public")),
    ),
    "P016": (both(CLOSED, SECURE), both(CLOSED, SECURE, cell("submission", release_date="2027-01-01"))),
    "P017": (both(RDA, cell("sample", material_bank_id="IT:123456")), RDA),
}
