"""Fixtures of the rules on projects and their administration."""

from rules.edits import CLOSED, SECURE, Cases, both, cell, nothing, row

CASES: Cases = {
    "P001": (cell("submission", bioproject="KAP241783"), cell("submission", bioproject="PRJDB0000")),
    "P003": (nothing, row("project", project_alias="project-2")),
    "P005": (cell("submission", release_date="2027-09-01"), cell("submission", release_date="2030-09-02")),
    "P010": (both(CLOSED, SECURE), SECURE),
    "P011": (CLOSED, both(CLOSED, cell("project", withholding_reason=""))),
    "P013": (CLOSED, both(CLOSED, cell("project", withholding_review_date="2019-01-01"))),
}
