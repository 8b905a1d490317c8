"""`export`: all that a member has here, as one file to take along."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fedi_k12.cli.command import with_context
from fedi_k12.domain.errors import NotFoundError

if TYPE_CHECKING:
    from fedi_k12.context import Context


@click.command()
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
def export(name: str, file: Path) -> None:
    """Write all that an account has here to a ZIP file: posts, pictures and lists.

    Letters are in it, too: give it to nobody but the member.
    """

    async def work(ctx: "Context") -> int:
        from federation.archive import write_archive
        from fedi_k12.services import finding

        async with ctx.read() as session:
            found = await finding.lookup(session, acct=name, own_hosts=ctx.settings.own_hosts)
        if found is None:
            raise NotFoundError(
                f"{name} is not known here. `fedi-k12 account list` shows who lives here."
            )
        with click.progressbar(length=max(found.posts_count, 1), label="Posts") as bar:
            return await write_archive(
                ctx,
                account_id=found.id,
                path=file,
                tell=lambda so_far: bar.update(so_far - bar.pos),
            )

    posts = with_context(work)
    click.echo(f"{file}: {posts} posts and boosts, with pictures and lists.")
