"""On probation one drafts everything and publishes nothing alone (S-46)."""

from datetime import timedelta

import pytest

from fedi_k12.domain.errors import SavedForApprovalError
from fedi_k12.domain.posts import Draft
from fedi_k12.services import drafts, reactions, scheduled
from fedi_k12.worker import run_until_idle


@pytest.fixture
async def newly(lincoln, maya, delegate_to):
    """Maya, who writes for the school on probation."""
    return await delegate_to(lincoln, maya, "manager", probationary=True)


async def test_nothing_is_published_alone(ctx, clock, do, publish, newly, tom, lincoln):
    """S-46: whatever the role, and whatever way it would come out."""
    theirs = await publish(tom, "When does school start?")
    later = ctx.clock() + timedelta(hours=1)

    with pytest.raises(SavedForApprovalError):
        await publish(newly, "News")
    with pytest.raises(SavedForApprovalError):
        await publish(newly, "At eight.", in_reply_to_id=theirs.id)
    with pytest.raises(SavedForApprovalError):
        await do(reactions.boost, actor=newly.actor, post_id=theirs.id)
    await do(scheduled.schedule, actor=newly.actor, draft=Draft("News"), due_at=later)
    clock.advance(hours=2)
    await run_until_idle(ctx)
    async with ctx.read() as session:
        assert (await session.get(type(lincoln), lincoln.id)).posts_count == 0


async def test_an_app_reads_why(client, newly):
    """S-46: any app shows the sentence."""
    answer = await client.post(
        "/api/v1/statuses",
        json={"status": "News"},
        headers={"Authorization": f"Bearer {newly.token}"},
    )

    assert answer.status == 422
    assert "Saved for approval" in (await answer.json())["error"]


async def test_a_draft_belongs_to_the_account_and_somebody_else_posts_it(
    do, see, newly, lincoln, tom, delegate_to
):
    """S-46, R-9: what somebody began is there for the others, also when they are gone."""
    kept = await do(
        drafts.keep, actor=newly.actor, draft_id=None, words={"text": "News"}, media_ids=[]
    )
    other = await delegate_to(lincoln, tom)

    (found,) = await see(drafts.drafts, actor=other.actor)
    await do(
        drafts.publish,
        actor=other.actor,
        draft_id=found.id,
        draft=Draft("News"),
        hold_seconds=0,
    )

    assert found.id == kept
    assert await see(drafts.drafts, actor=newly.actor) == []


async def test_the_list_of_official_accounts_is_public(client, lincoln):
    """S-35: to people and to programs; what is not in it cannot carry the label."""
    page = await client.get("/official-accounts", headers={"Accept": "text/html"})
    answer = await client.get("/official-accounts", headers={"Accept": "application/json"})

    body = await page.text()
    assert "Lincoln Elementary" in body
    assert f'<a href="{lincoln.url}" rel="me">' in body
    listed = await answer.json(content_type=None)
    assert listed["items"] == [
        {
            "id": lincoln.uri,
            "type": "Organization",
            "name": "Lincoln Elementary",
            "preferredUsername": "lincoln",
            "webfinger": "lincoln@home.example",
            "url": lincoln.url,
        }
    ]
