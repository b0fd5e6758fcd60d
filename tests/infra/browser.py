"""Headless Chromium for tests: a page after loading, what it looks like, what it wrote to its console."""

import re
import shutil
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

TIMEOUT_S = 120
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",  # tests may run as root in a container
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--enable-logging=stderr",
)


class BrowserMissing(AssertionError):
    """Chromium is not installed; the test fails and says what to do."""


@dataclass(frozen=True)
class Image:
    """A screenshot. ``size_bytes`` is its compressed size: little for an empty page, much for a full one."""

    width: int
    height: int
    size_bytes: int


def find_browser() -> str:
    """Path of Chromium."""
    for name in PROGRAMS:
        found = shutil.which(name)
        if found:
            return found
    raise BrowserMissing("Chromium is not installed: `apt-get install chromium`.")


def dump(page: Path, profile: Path, *, fragment: str = "", width: int = 1280) -> tuple[str, list[str]]:
    """The document after loading and running its scripts, and what it wrote to the console."""
    ran = _run(page, profile, fragment, [f"--window-size={width},900", "--dump-dom"])
    return ran.stdout, re.findall(r"CONSOLE[^\"]*\"(.*?)\", source", ran.stderr)


def screenshot(page: Path, profile: Path, target: Path, *, fragment: str = "", width: int = 1280) -> Image:
    """Take a picture of the page into ``target`` (PNG)."""
    _run(page, profile, fragment, [f"--window-size={width},1400", f"--screenshot={target}"])
    return read_png(target)


def _run(page: Path, profile: Path, fragment: str, extra: list[str]) -> "subprocess.CompletedProcess[str]":
    command = [find_browser(), *FLAGS, f"--user-data-dir={profile}", *extra, f"{page.resolve().as_uri()}{fragment}"]
    return subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=True)


def read_png(path: Path) -> Image:
    """Size of a PNG, from its header (PNG specification, section 11.2.1)."""
    data = path.read_bytes()
    width, height = struct.unpack(">II", data[16:24])
    return Image(width, height, len(data))
