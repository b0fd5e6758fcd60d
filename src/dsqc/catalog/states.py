"""States of a submission and the transitions between them, as data (design 5.5)."""

from dsqc.errors import CatalogFault
from dsqc.model import SubmissionState as State

TRANSITIONS: dict[State | None, frozenset[State]] = {
    None: frozenset({State.RECEIVED}),
    # Until it is registered, corrected data starts over as received, and the same data judged again is measured.
    State.RECEIVED: frozenset({State.RECEIVED, State.TRANSFERRED, State.RETURNED, State.WITHDRAWN}),
    State.TRANSFERRED: frozenset({State.RECEIVED, State.VALIDATED, State.RETURNED, State.WITHDRAWN}),
    State.VALIDATED: frozenset({State.RECEIVED, State.MEASURED, State.RETURNED, State.WITHDRAWN}),
    State.MEASURED: frozenset(
        {State.RECEIVED, State.MEASURED, State.IN_CURATION, State.REGISTERED, State.RETURNED, State.WITHDRAWN}
    ),
    State.IN_CURATION: frozenset(
        {State.RECEIVED, State.MEASURED, State.REGISTERED, State.RETURNED, State.REJECTED, State.WITHDRAWN}
    ),
    State.RETURNED: frozenset({State.RECEIVED, State.MEASURED, State.WITHDRAWN}),
    State.REGISTERED: frozenset({State.RELEASED, State.HELD, State.CLOSED, State.WITHDRAWN}),
    State.HELD: frozenset({State.RELEASED, State.CLOSED, State.WITHDRAWN}),
    State.CLOSED: frozenset({State.RELEASED, State.HELD, State.WITHDRAWN}),
    # A reason to close what is released may be found later; its bytes leave the public tier then.
    State.RELEASED: frozenset({State.CLOSED, State.WITHDRAWN}),
    State.REJECTED: frozenset(),
    State.WITHDRAWN: frozenset(),
}
"""From each state, where a submission may go next; ``None`` is a submission that the catalog has not seen."""

REGISTERED = frozenset({State.REGISTERED, State.RELEASED, State.HELD, State.CLOSED})
"""States in which a submission has accessions and is frozen."""


def check_transition(old: State | None, new: State) -> None:
    """Let an allowed transition pass.

    Raises:
        CatalogFault: ``new`` does not follow ``old``.
    """
    if new not in TRANSITIONS[old]:
        allowed = ", ".join(sorted(TRANSITIONS[old])) or "none"
        raise CatalogFault(f"A submission cannot go from {old or 'nothing'} to {new}; allowed: {allowed}.")
