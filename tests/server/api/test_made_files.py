import asyncio

import pytest

from server.api import made_files
from server.api.made_files import MAX_WAITING, Making, page_to_keep, time_limit
from server.errors import LimitReachedError


def test_turns_come_one_at_a_time_and_too_many_are_refused():
    async def wait() -> tuple[int, int]:
        making = Making(None, "plans are being made")
        under_way = most = 0

        async def one() -> None:
            nonlocal under_way, most
            async with making.turn():
                under_way += 1
                most = max(most, under_way)
                await asyncio.sleep(0)
                under_way -= 1

        answers = await asyncio.gather(
            *(one() for _ in range(MAX_WAITING + 1)), return_exceptions=True
        )
        refused = [str(each) for each in answers if isinstance(each, LimitReachedError)]
        assert refused == [f"{MAX_WAITING} plans are being made: try again in a moment"]
        await one()
        return most, under_way

    assert asyncio.run(wait()) == (1, 0)


def test_what_takes_too_long_is_refused_with_what_one_can_do(monkeypatch):
    time_limit("the plan", "never said")(3)
    monkeypatch.setattr(made_files, "MAKING_S", -1.0)
    with pytest.raises(LimitReachedError, match=r"^the plan was not made .* tick 3: take less$"):
        time_limit("the plan", "take less")(3)


def test_a_page_to_keep_is_saved_under_its_name():
    answer = page_to_keep("<p>", "a.html")
    assert answer.headers["content-disposition"] == 'attachment; filename="a.html"'
