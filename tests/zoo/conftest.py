"""What all tests of the zoo need before the first of them runs."""

import pytest

from dsqc.kernels._jit import warm_up


@pytest.fixture(autouse=True, scope="session")
def _compiled_kernels() -> None:
    """A machine's first compilation takes longer than any fault may take to end a run."""
    warm_up()
