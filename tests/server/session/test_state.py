"""A state as numbers."""

from engine.commands import BalloonInflate
from engine.units import NR_PAGE_ORDERS
from engine.view import STAT_FIELDS
from server.session.state import state_of


def test_a_state_has_every_statistic_and_the_free_blocks_by_order(make_session):
    session = make_session()
    session.accept(BalloonInflate(512))
    busy = state_of(session.world)
    while not session.at_rest:
        session.advance()
    idle = state_of(session.world)
    assert (busy["idle"], idle["idle"]) == (False, True)
    assert busy["digest"] != idle["digest"] == session.world.state_digest()
    for told in idle["designs"].values():
        assert set(told["stats"]) == set(STAT_FIELDS)
        assert told["stats"]["balloon_actual"] == 512
        by_order = [told["stats"][f"nr_free_order_{o}"] for o in range(NR_PAGE_ORDERS)]
        assert told["buddyinfo"] == by_order
