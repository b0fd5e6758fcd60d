"""What travels in the wheel: every package of the tree, and the data beside the code."""

import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DATA_PACKAGES = {
    "dsqc.schemas": "schemas",
    "dsqc.workflow": "workflow",
    "dsqc.profiles": "profiles",
    "dsqc.sample_batch": "test-data/batch",
}


@pytest.fixture(scope="module")
def settings() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]


def test_every_package_of_the_tree_is_listed(settings: dict) -> None:
    in_tree = {
        ".".join(path.parent.relative_to(ROOT / "src").parts) for path in (ROOT / "src/dsqc").rglob("__init__.py")
    }
    assert set(settings["packages"]) == in_tree | set(DATA_PACKAGES)


@pytest.mark.parametrize(("package", "folder"), DATA_PACKAGES.items())
def test_data_files_are_installed_unchanged(package: str, folder: str) -> None:
    ours = {
        path.relative_to(ROOT / folder).as_posix(): path.read_bytes()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    installed = files(package)
    for name, content in ours.items():
        assert installed.joinpath(name).read_bytes() == content, f"{package}: {name}"
    assert len(ours) > 1
