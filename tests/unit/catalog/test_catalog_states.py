"""The transitions between states are data, and whatever is not in them is refused."""

import itertools

import pytest

from dsqc.catalog.states import REGISTERED, TRANSITIONS, check_transition
from dsqc.errors import CatalogFault
from dsqc.model import SubmissionState as State

PAIRS = list(itertools.product([None, *State], State))
DESIGN = [State.RECEIVED, State.TRANSFERRED, State.VALIDATED, State.MEASURED, State.IN_CURATION, State.REGISTERED]


@pytest.mark.parametrize(("old", "new"), [pair for pair in PAIRS if pair[1] in TRANSITIONS[pair[0]]])
def test_an_allowed_transition_passes(old: State | None, new: State) -> None:
    assert check_transition(old, new) is None


@pytest.mark.parametrize(("old", "new"), [pair for pair in PAIRS if pair[1] not in TRANSITIONS[pair[0]]])
def test_any_other_transition_is_refused(old: State | None, new: State) -> None:
    with pytest.raises(CatalogFault, match="cannot go from"):
        check_transition(old, new)


def test_the_flow_of_the_design_is_allowed() -> None:
    for old, new in itertools.pairwise([None, *DESIGN]):
        check_transition(old, new)
    for end in (State.RELEASED, State.HELD, State.CLOSED, State.WITHDRAWN):
        check_transition(State.REGISTERED, end)


def test_what_is_registered_is_never_received_or_returned_again() -> None:
    for old in REGISTERED:
        assert TRANSITIONS[old] <= {*REGISTERED, State.WITHDRAWN}


def test_rejected_is_the_end_and_withdrawn_only_starts_over() -> None:
    assert {state for state in State if not TRANSITIONS[state]} == {State.REJECTED}
    assert TRANSITIONS[State.WITHDRAWN] == {State.RECEIVED}
