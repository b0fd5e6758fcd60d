"""Headless Chromium for tests: where it is, how it is started, and what a picture that it took is like."""

import shutil
import struct
from dataclasses import dataclass
from pathlib import Path

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


def read_png(path: Path) -> Image:
    """Size of a PNG, from its header (PNG specification, section 11.2.1)."""
    data = path.read_bytes()
    width, height = struct.unpack(">II", data[16:24])
    return Image(width, height, len(data))
