"""Words of the pages: every one that a template says exists in both languages, and none is left over."""

import re
from importlib.resources import files
from pathlib import Path

import pytest

from dsqc.errors import UsageError
from dsqc.model import SubmissionState
from dsqc.station import load_station
from dsqc.web import account, log_in, submission
from dsqc.web.figures import BREAKDOWNS
from dsqc.web.labels import LABELS, PROBLEMS, STATES

SAID = re.compile(r"say\(['\"](\w+)['\"]\)")


def test_templates_say_what_there_is_and_all_of_it() -> None:
    said = set(BREAKDOWNS) | {"approve", "return", "reject", "queue", "submissions"}
    for template in files("dsqc.web").joinpath("templates").iterdir():
        said |= set(SAID.findall(template.read_text(encoding="utf-8")))
    for module in (account, log_in, submission):
        source = files("dsqc.web").joinpath(module.__name__.rpartition(".")[2] + ".py").read_text(encoding="utf-8")
        said |= set(re.findall(r'(?:problem|said)="(\w+)"', source))
    assert said - {"expired_form"} == set(LABELS) - {"expired_form"}
    assert set(STATES) == {state.value for state in SubmissionState}
    for text in (*LABELS.values(), *PROBLEMS.values()):
        assert text.en
        assert re.search(r"[가-힣]|^English$", text.ko), text


@pytest.mark.parametrize("url", ["station.example.org", "https://x.org/path", "https://u:p@x.org", "ftp://x.org"])
def test_an_address_that_is_no_origin_is_refused(url: str, tmp_path: Path) -> None:
    (tmp_path / "station.toml").write_text(f'[web]\npublic_url = "{url}"\n', encoding="utf-8")
    with pytest.raises(UsageError, match="public_url"):
        load_station(tmp_path)
