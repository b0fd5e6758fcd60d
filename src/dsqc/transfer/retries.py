"""How often a fault that may pass is tried again."""

from collections.abc import Iterator

import stamina

from dsqc.errors import TransientFault

ATTEMPTS = 3
"""Attempts of one file or one listing; the client below has tried each request several times already."""
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 10.0


def attempts() -> Iterator[stamina.Attempt]:
    """Attempts with growing pauses: ``for attempt in attempts(): with attempt: ...``. Only TransientFault passes."""
    return iter(
        stamina.retry_context(
            on=TransientFault, attempts=ATTEMPTS, timeout=None, wait_initial=FIRST_WAIT_S, wait_max=LONGEST_WAIT_S
        )
    )
