"""The parts of these pages, on one page, where people develop."""


async def test_a_server_that_others_reach_shows_no_drawing_board(visitor):
    assert (await visitor.get("/design")).status == 404
