"""List the uploads, pause or retry them; also existing files."""

from typing import Annotated

import typer

from mesharr.cli.context import command_app
from mesharr.cli.options import EveryRow, check_one_of

app = command_app()


@app.command()
def uploads(
    context: typer.Context,
    *,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="list them again every two seconds")] = False,
    pause: Annotated[bool, typer.Option("--pause", help="send nothing until --resume")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="go on after --pause")] = False,
    retry: Annotated[bool, typer.Option("--retry", help="try all of them now")] = False,
    existing: Annotated[
        bool, typer.Option("--existing", help="also upload the files that existed before mesharr")
    ] = False,
    every: EveryRow = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """List the uploads: size, speed, time left; pause and resume them.

    --pause ends what is being sent, which begins from its start after --resume; the files stay where they
    are. A running daemon does so within seconds.

    Files that exist only on this household's disk are not uploaded on the first day. With --existing they are
    (with uploads.mode none or cloudplow by the other program), and published when they are on the drive; a
    running daemon does so at once. A second run queues nothing twice.
    """
    asked = {"watch": watch, "pause": pause, "resume": resume, "retry": retry, "existing": existing}
    check_one_of(asked)
    if not (pause or resume or retry or existing):
        from mesharr.cli.actions.uploads import list_uploads

        list_uploads(context, watch=watch, every=every, as_json=as_json)
        return
    from mesharr.cli.actions import control_uploads as control

    if existing:
        control.upload_existing(context, as_json=as_json)
    elif retry:
        control.retry_uploads(context, as_json=as_json)
    else:
        control.pause_uploads(context, paused=pause, as_json=as_json)
