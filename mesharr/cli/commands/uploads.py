"""List the uploads, pause or retry them; also existing files."""

import click

from mesharr.cli.options import as_json, check_one_of, command, flag


@command()
@flag("--watch", "-w", help="list them again every two seconds")
@flag("--pause", help="send nothing until --resume")
@flag("--resume", help="go on after --pause")
@flag("--retry", help="try all of them now")
@flag("--existing", help="also upload the files that existed before mesharr")
@as_json
@click.pass_context
def uploads(
    context: click.Context, watch: bool, pause: bool, resume: bool, retry: bool, existing: bool, as_json: bool
) -> None:
    """List the uploads: size, speed, time left; pause and resume them.

    --pause ends what is being sent, which begins from its start after --resume; the files stay where they
    are. A running daemon does so within seconds.

    Files that exist only on this household's disk are not uploaded on the first day. With --existing they are
    (with uploads.mode none or cloudplow by the other program), and published when they are on the drive; a
    running daemon does so at its next poll. A second run queues nothing twice.
    """
    asked = {"watch": watch, "pause": pause, "resume": resume, "retry": retry, "existing": existing}
    check_one_of(asked)
    if not (pause or resume or retry or existing):
        from mesharr.cli.actions.uploads import list_uploads

        list_uploads(context, watch=watch, as_json=as_json)
        return
    from mesharr.cli.actions import control_uploads as control

    if existing:
        control.upload_existing(context, as_json=as_json)
    elif retry:
        control.retry_uploads(context, as_json=as_json)
    else:
        control.pause_uploads(context, paused=pause, as_json=as_json)
