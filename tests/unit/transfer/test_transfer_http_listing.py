"""Names on directory pages of web servers."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsqc.transfer.http_listing import names_on

URL = "https://host/data/KR%201/"
APACHE = """<html><head><title>Index of /data/KR 1</title></head><body><table>
<tr><th><a href="?C=N;O=D">Name</a></th><th><a href="?C=S;O=A">Size</a></th></tr>
<tr><td><a href="/data/">Parent Directory</a></td></tr>
<tr><td><a href="a%20b&amp;c.fastq.gz">a b&amp;c.fastq.gz</a></td><td>1.2M</td></tr>
<tr><td><a href="%ec%8b%9c%eb%a3%8c.fastq">시료.fastq</a></td></tr>
<tr><td><a href="old/">old/</a></td></tr>
<tr><td><A HREF='/data/KR%201/absolute.txt'>x</A></td></tr>
<tr><td><a href="https://host/data/KR 1/whole.txt">x</a></td></tr>
<tr><td><a href="%BD%C3%B7%E1.txt">x</a></td></tr>
<tr><td><a href="a%20b&amp;c.fastq.gz">again</a></td></tr>
</table><a href="https://elsewhere/data/KR%201/e.txt"><a href="../up.txt"><a href="old/deep.txt"><a href="#top"><a>
<a href="mailto:x@host"><a href="http://[::1/x"><a href="."><a href="./"><a href="%2e%2e">
<a href="..%2fup.txt"></body>"""


def test_an_apache_page():
    files, directories = names_on(APACHE, URL)
    cp949 = b"\xbd\xc3\xb7\xe1.txt".decode("utf-8", "surrogateescape")
    assert files == ["a b&c.fastq.gz", "시료.fastq", "absolute.txt", "whole.txt", cp949]
    assert directories == ["old"]


@given(st.lists(st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1), unique=True))
def test_every_name_is_found_as_it_is(names):
    names = [name for name in names if name not in {".", ".."}]
    page = "".join(f'<a href="{quote(name, safe="")}">{index}</a>' for index, name in enumerate(names))
    assert names_on(page, URL) == (names, [])


@given(st.text())
def test_any_text_is_a_page(text):
    names_on(text, URL)


@pytest.mark.parametrize("page", ["", "<a href=", "<html><form>Log in</form></html>"])
def test_a_page_without_links_lists_nothing(page):
    assert names_on(page, URL) == ([], [])
