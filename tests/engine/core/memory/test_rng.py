"""The guest's random generator."""

from engine import units as u
from engine.core.memory.rng import rng_below, rng_next, rng_peek
from engine.guest import Guest, ZoneSpan, make_guest


def guest(seed: int) -> Guest:
    return make_guest((ZoneSpan(u.ZONE_NORMAL, 0, 512),), seed)


def test_known_seeds_give_the_published_splitmix64_numbers() -> None:
    one = guest(1)
    assert [int(rng_next(one)) for _ in range(2)] == [0x910A2DEC89025CC1, 0xBEEB8DA1658EEC67]
    zero = guest(0)
    assert [int(rng_next(zero)) for _ in range(2)] == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4]


def test_below_stays_below_and_reaches_all() -> None:
    found = guest(7)
    drawn = [int(rng_below(found, 5)) for _ in range(200)]
    assert set(drawn) == {0, 1, 2, 3, 4}
    assert rng_below(found, 1) == 0
    assert 0 <= rng_below(found, 1 << 31) < 1 << 31


def test_equal_seeds_draw_alike_and_others_do_not() -> None:
    assert rng_next(guest(3)) == rng_next(guest(3))
    assert rng_next(guest(3)) != rng_next(guest(4))
    assert rng_next(guest(-1)) == rng_next(guest((1 << 64) - 1))


def test_a_peek_draws_nothing_and_differs_by_seed() -> None:
    found = guest(3)
    assert rng_peek(found) == rng_peek(found) < 1 << 24
    assert found.vm[0]["rng"] == 3
    assert len({int(rng_peek(guest(seed))) for seed in range(9)}) == 9
