"""The browser that tests of pages share."""

from collections.abc import Iterator

import pytest

from infra.chromium import Page, chromium_page


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """One Chromium for all tests of the session that ask for a tab: to start it takes longer than to show a page."""
    with chromium_page(tmp_path_factory.mktemp("chromium")) as page:
        yield page


@pytest.fixture
def tab(chromium: Page) -> Page:
    """An empty tab, which remembers nothing of the tests before."""
    chromium.renew()
    return chromium
