"""What a directory page of a web server (nginx, Apache and their like) lists."""

from html.parser import HTMLParser
from urllib.parse import unquote_to_bytes, urljoin, urlsplit

LONGEST_PAGE_BYTES = 64 << 20
"""A directory page of some 200,000 names; a longer one is no directory page."""


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found += [value for name, value in attrs if name == "href" and value]


def names_on(page: str, url: str) -> tuple[list[str], list[str]]:
    """Names of files and of directories that ``page`` at ``url`` links to, one level below it, in their order.

    Links elsewhere, links that sort the page and the link to the parent are no names. A name whose bytes are no UTF-8
    holds surrogates, as file names do in Python.

    Args:
        url: the address of the page, ending in a slash.
    """
    base = urlsplit(url)
    links = _Links()
    links.feed(page)
    links.close()
    files: dict[str, None] = {}
    directories: dict[str, None] = {}
    for link in links.found:
        try:
            parts = urlsplit(urljoin(url, link.strip()))
        except ValueError:
            continue
        if (parts.scheme, parts.netloc) != (base.scheme, base.netloc) or parts.query or parts.fragment:
            continue
        below = unquote_to_bytes(parts.path).removeprefix(unquote_to_bytes(base.path))
        if len(below) == len(unquote_to_bytes(parts.path)):
            continue
        name = below.removesuffix(b"/")
        if name not in {b"", b".", b".."} and b"/" not in name and b"\0" not in name:
            chosen = directories if below.endswith(b"/") else files
            chosen[name.decode("utf-8", "surrogateescape")] = None
    return list(files), list(directories)
