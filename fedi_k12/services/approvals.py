"""Who may do what with a post: policies asked for accounts, many at a time."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain import addresses
from fedi_k12.domain.approvals import (
    BOOST_CHOICES,
    QUOTE_CHOICES,
    REPLY_CHOICES,
    Choices,
    Interaction,
    Policy,
    Rule,
    Standing,
    Verdict,
    rule_for,
    verdict,
)
from fedi_k12.domain.charters import ForumMode
from fedi_k12.domain.errors import ForbiddenError, InvalidError
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import Allowed, Draft, Visibility
from fedi_k12.domain.preferences import Preferences
from fedi_k12.services.login import preferences_in
from storage import accounts, approvals, forum
from storage.tables import AccountRow, ApprovalRow, PostRow

_CHOICES: Mapping[Interaction, Sequence[str]] = {
    Interaction.REPLY: REPLY_CHOICES,
    Interaction.QUOTE: QUOTE_CHOICES,
    Interaction.BOOST: BOOST_CHOICES,
}
_REFUSALS: Mapping[Interaction, str] = {
    Interaction.REPLY: "The author of this post does not take replies to it from you.",
    Interaction.QUOTE: "The author of this post does not let you quote it. "
    "You can still put a link to it into your post.",
    Interaction.BOOST: "The author of this post does not want it to be passed on.",
    Interaction.FAVOURITE: "The author of this post does not want it to be recommended.",
}


def policy_of(row: PostRow) -> Policy:
    """Return what a post says of who may do what with it."""
    return Policy.kept(row.interaction_policy, closed=_is_closed(row))


async def verdicts(
    session: AsyncSession, interaction: Interaction, pairs: Sequence[tuple[AccountRow, PostRow]]
) -> dict[tuple[int, int], Verdict]:
    """Return what posts say to accounts about one thing, by (account, post).

    A fixed number of statements, none at all where everybody may.
    """
    found: dict[tuple[int, int], Verdict] = {}
    asked: list[tuple[AccountRow, PostRow, Policy]] = []
    for account, post in pairs:
        policy = policy_of(post)
        plain = verdict(interaction, policy, Standing())
        if plain is Verdict.AUTOMATIC:
            found[account.id, post.id] = plain
        else:
            asked.append((account, post, policy))
    standings = await _standings(session, [(account, post) for account, post, _ in asked])
    for account, post, policy in asked:
        key = (account.id, post.id)
        found[key] = verdict(interaction, policy, standings[key])
    return found


async def verdict_for(
    session: AsyncSession, interaction: Interaction, account: AccountRow, post: PostRow
) -> Verdict:
    """Return what a post says to an account about one thing."""
    found = await verdicts(session, interaction, [(account, post)])
    return found[account.id, post.id]


async def demand(
    session: AsyncSession, interaction: Interaction, account: AccountRow, post: PostRow
) -> Verdict:
    """Return how an account may do a thing; raise `ForbiddenError` where it may not."""
    found = await verdict_for(session, interaction, account, post)
    if not found.possible:
        raise ForbiddenError(_REFUSALS[interaction])
    return found


async def allowed(
    session: AsyncSession, rows: Sequence[PostRow], *, viewer: Actor | None
) -> dict[int, Allowed]:
    """Return what the viewer may do with posts, by post."""
    policies = {row.id: policy_of(row) for row in rows}
    if viewer is None:
        return {
            number: Allowed(
                policy,
                *(
                    verdict(one, policy, Standing())
                    for one in (Interaction.REPLY, Interaction.QUOTE, Interaction.BOOST)
                ),
            )
            for number, policy in policies.items()
        }
    # What is the viewer's own, or says the same to everybody, is asked nothing more.
    me = viewer.account_id
    narrow = [
        row for row in rows if row.account_id != me and not _says_the_same(policies[row.id])
    ]
    account = await accounts.by_id(session, me) if narrow else None
    standings = await _standings(session, [(account, row) for row in narrow if account])
    found = {}
    for row in rows:
        policy = policies[row.id]
        standing = standings.get((me, row.id)) or Standing(is_author=row.account_id == me)
        found[row.id] = Allowed(
            policy,
            verdict(Interaction.REPLY, policy, standing),
            _within(row, standing, verdict(Interaction.QUOTE, policy, standing)),
            verdict(Interaction.BOOST, policy, standing),
        )
    return found


async def chosen(
    session: AsyncSession, actor: Actor, draft: Draft, *, in_group: bool = False
) -> Policy:
    """Return the policy of a new post: what was chosen for it, else as its author usually does.

    In a group its own rules say who takes part. To an official account everybody may answer, or
    nobody where it announces only (R-43): no delegate's own preference, and no choice for one
    post, keeps a voice waiting unseen. Raises `InvalidError` for a word that is none of the
    choices.
    """
    stored = await accounts.choices_of(session, actor.member_id)
    usual = preferences_in(*stored) if stored is not None else Preferences()
    words = {
        Interaction.REPLY: await _forum(session, actor)
        or draft.choices.reply
        or ("public" if in_group else usual.default_reply_policy),
        Interaction.QUOTE: draft.choices.quote or usual.default_quote_policy,
        Interaction.BOOST: draft.choices.boost or "public",
    }
    narrow = draft.visibility.breadth < Visibility.UNLISTED.breadth
    if narrow:
        # Whoever gets it may answer it; nobody else can quote or pass it on.
        words = {
            Interaction.REPLY: draft.choices.reply or "public",
            Interaction.QUOTE: "nobody",
        }
    return Policy(**{kind.value: _rule(kind, word) for kind, word in words.items()})


def changed(policy: Policy, choices: Choices) -> Policy:
    """Return a policy with other choices in it; what is not chosen stays."""

    def one(kind: Interaction, word: str | None) -> Rule | None:
        return policy.rule(kind) if word is None else _rule(kind, word)

    return Policy(
        reply=one(Interaction.REPLY, choices.reply),
        quote=one(Interaction.QUOTE, choices.quote),
        boost=one(Interaction.BOOST, choices.boost),
        favourite=policy.favourite,
    )


async def stamp(session: AsyncSession, approval: ApprovalRow, target: PostRow) -> None:
    """Give an approval of a post of ours the id of its stamp."""
    author = await accounts.by_id(session, target.account_id)
    if author is not None and author.is_local:
        approval.stamp_uri = addresses.stamp(author.uri, approval.id)
        await session.flush()


def anew(actor: Actor, row: PostRow, choices: Choices) -> Policy:
    """Return the policy of a post with what is chosen anew; the forum mode stays."""
    if actor.delegation is not None:
        choices = replace(choices, reply=None)
    narrow = Visibility(row.visibility).breadth < Visibility.UNLISTED.breadth
    return changed(policy_of(row), Choices(choices.reply) if narrow else choices)


def demand_own(actor: Actor, choices: Choices) -> None:
    """Raise `InvalidError` where a choice for one post would go against the forum mode."""
    if actor.delegation is not None and choices.reply is not None:
        raise InvalidError(
            "Whether answers are shown is decided for the whole account, by two people.",
            fields={"reply_approval_policy": "is decided for the whole account"},
        )


async def _forum(session: AsyncSession, actor: Actor) -> str:
    """Return who may answer what an official account says, empty for every other account."""
    if actor.delegation is None:
        return ""
    mode = await forum.mode_of(session, actor.account_id)
    return "nobody" if mode == ForumMode.ANNOUNCEMENTS else "public"


def _is_closed(row: PostRow) -> bool:
    """Return whether a post's own server takes no answers to it at all, from nobody."""
    return bool((row.extra or {}).get("closed"))


def _says_the_same(policy: Policy) -> bool:
    """Return whether a policy says the same to everybody but the author."""
    return all(
        policy.rule(kind) is None or verdict(kind, policy, Standing()) is Verdict.AUTOMATIC
        for kind in (Interaction.REPLY, Interaction.QUOTE, Interaction.BOOST)
    )


def _rule(kind: Interaction, word: str) -> Rule:
    rule = rule_for(kind, word)
    if rule is None:
        raise InvalidError(
            f"Validation failed: Who may {kind.value} is one of {', '.join(_CHOICES[kind])}",
            fields={f"{kind.value}_approval_policy": "is not included in the list"},
        )
    return rule


def _within(row: PostRow, standing: Standing, found: Verdict) -> Verdict:
    """Return the verdict about quoting within what the post's readers allow."""
    visibility = Visibility(row.visibility)
    if visibility is Visibility.DIRECT or row.reply_state is not None:
        return Verdict.DENIED
    if visibility is Visibility.FOLLOWERS and not standing.is_author:
        return Verdict.DENIED
    return found


async def _standings(
    session: AsyncSession, pairs: Sequence[tuple[AccountRow, PostRow]]
) -> dict[tuple[int, int], Standing]:
    between = [(account.id, post.account_id) for account, post in pairs]
    turned = [(author, account) for account, author in between]
    following = await approvals.follows_among(session, [*between, *turned])
    named = await approvals.named_among(session, [(a.id, p.id) for a, p in pairs])
    return {
        (account.id, post.id): Standing(
            uri=account.uri,
            is_author=account.id == post.account_id,
            follows_author=(account.id, post.account_id) in following,
            followed_by_author=(post.account_id, account.id) in following,
            is_member=account.is_local and post.local,
            named=not _is_closed(post)
            and ((account.id, post.id) in named or post.in_reply_to_account_id == account.id),
        )
        for account, post in pairs
    }
