"""What is asked for at the same time is done in one call, and spoils nobody's own."""

import asyncio

import pytest
from sqlalchemy.exc import OperationalError

from fedi_k12.web.together import Together


class Calls:
    """Doubles numbers together, and remembers which came in one call."""

    def __init__(self, **options):
        self.made = []
        self.together = Together(self.double, **options)

    async def double(self, _ctx, numbers):
        self.made.append(list(numbers))
        await asyncio.sleep(0)
        if 13 in numbers:
            raise ValueError("unlucky")
        if 0 in numbers:
            raise OperationalError("COMMIT", None, TimeoutError())
        return [2 * number for number in numbers]

    async def all_of(self, ctx, numbers):
        asked = [self.together(ctx, number) for number in numbers]
        return await asyncio.gather(*asked, return_exceptions=True)


async def test_what_waits_at_the_same_time_goes_in_one_call(ctx):
    calls = Calls()

    answers = await calls.all_of(ctx, [1, 2, 3])
    later = await calls.together(ctx, 4)

    assert (answers, later) == ([2, 4, 6], 8)
    assert calls.made == [[1, 2, 3], [4]]


async def test_no_call_has_more_than_it_may(ctx):
    calls = Calls(most=2, at_once=2)

    await calls.all_of(ctx, [1, 2, 3, 4, 5])

    assert sorted(len(call) for call in calls.made) == [1, 2, 2]


async def test_what_fails_fails_alone(ctx):
    calls = Calls()

    first, unlucky, last = await calls.all_of(ctx, [1, 13, 3])

    assert (first, last) == (2, 6)
    assert isinstance(unlucky, ValueError)


async def test_a_store_that_does_not_answer_is_asked_once(ctx):
    calls = Calls()

    answers = await calls.all_of(ctx, [1, 0, 3])

    assert [type(one) for one in answers] == [OperationalError] * 3
    assert calls.made == [[1, 0, 3]]


async def test_who_waits_behind_a_store_that_does_not_answer_waits_no_longer(ctx):
    calls = Calls(most=1)

    answers = await calls.all_of(ctx, [0, 3])
    later = await calls.together(ctx, 4)

    assert [type(one) for one in answers] == [OperationalError] * 2
    assert later == 8
    assert calls.made == [[0], [4]]


async def test_who_gives_up_waiting_holds_up_nobody(ctx):
    calls = Calls()
    patient = asyncio.create_task(calls.together(ctx, 1))
    impatient = asyncio.create_task(calls.together(ctx, 2))
    await asyncio.sleep(0)

    impatient.cancel()

    assert await patient == 2
    with pytest.raises(asyncio.CancelledError):
        await impatient
