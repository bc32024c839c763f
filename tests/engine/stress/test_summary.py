"""Answers of stress-highalloc: one seed, several as a spread, the published points beside them."""

from engine.stress.summary import PUBLISHED_SCORES, combine, summarise

RUN = {"pass1": 50.5, "pass2": 51.0, "rested": 80.0, "compact_stall": 7}
OTHER = {"pass1": 60.5, "pass2": 49.0, "rested": 80.0, "compact_stall": 9}


def test_one_seed_gives_plain_numbers() -> None:
    answer = combine("v11", "2012", [3], {"pinned": [RUN]})
    assert answer == {"preset": "v11", "seed": 3, "profile": "2012", "designs": {"pinned": RUN}}


def test_several_seeds_become_mean_lowest_and_highest() -> None:
    answer = combine("v11", "2012", [3, 4], {"pinned": [RUN, OTHER]})
    assert answer["seeds"] == [3, 4]
    assert answer["designs"]["pinned"]["pass1"] == {
        "mean": 55.5, "lowest": 50.5, "highest": 60.5, "each": [50.5, 60.5],
    }  # fmt: skip
    assert summarise([1])["mean"] == 1


def test_published_points_are_those_of_the_cover_letters() -> None:
    assert PUBLISHED_SCORES["v11"] == {"pinned": (55, 54, 75), "lru_hook": (62, 62, 80)}
    assert PUBLISHED_SCORES["v10"] == {"pinned": (47, 52, 77), "lru_hook": (85, 87, 99)}
