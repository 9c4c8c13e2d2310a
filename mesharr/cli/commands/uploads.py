"""List the uploads; with --existing, also upload existing files."""

from typing import Annotated

import typer

from mesharr.cli.context import command_app

app = command_app()


@app.command()
def uploads(
    context: typer.Context,
    existing: Annotated[
        bool, typer.Option("--existing", help="also upload the files that existed before mesharr")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """List the uploads; with --existing, queue the files that existed before mesharr.

    Files that exist only on this household's disk are not uploaded on the first day. With --existing they are
    (with uploads.mode none or cloudplow by the other program), and published when they are on the drive; a
    running daemon does so at its next poll. A second run queues nothing twice.
    """
    from mesharr.cli.actions.uploads import uploads as action

    action(context, existing=existing, as_json=as_json)
