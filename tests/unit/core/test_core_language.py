"""The language of messages: the environment's, English where it says nothing."""

import pytest

from dsqc.language import Language, Text


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, Language.EN),
        ({"LANG": "ko_KR.UTF-8"}, Language.KO),
        ({"LANG": "ko_KR.UTF-8", "LC_ALL": "C"}, Language.EN),
        ({"LANG": "en_US.UTF-8", "DSQC_LANG": "ko"}, Language.KO),
        ({"LANG": "de_DE"}, Language.EN),
    ],
)
def test_from_environment(environment: dict[str, str], expected: Language, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DSQC_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert Language.from_environment() is expected


def test_a_text_in_both() -> None:
    assert [Text("run", "런").get(language) for language in (Language.EN, Language.KO)] == ["run", "런"]
