"""`museion`: the commands put together, and errors turned into a sentence and an exit code.

Exit codes: 0 done, 1 something failed, 2 wrong usage, 3 not found, 4 not allowed, 5 no server, 6 corrupt data,
7 no room left, 8 in conflict with what is there, 130 interrupted.
"""

from __future__ import annotations

import sys

import typer

from museion import errors
from museion.cli import (
    artifact,
    backup,
    cache,
    doctor,
    fsck,
    gc,
    import_,
    login,
    preview,
    run,
    server,
    signing,
    sync,
    up,
    usage,
    user,
)

EXIT_CODES: tuple[tuple[type[errors.MuseionError], int], ...] = (
    (errors.NotFound, 3),
    (errors.Denied, 4),
    (errors.ServerUnreachable, 5),
    (errors.Corrupt, 6),
    (errors.StorageFull, 7),
    (errors.Conflict, 8),
    (errors.UsageError, 2),
    (errors.NameInvalid, 2),
    (errors.ValueInvalid, 2),
    (errors.PathInvalid, 2),
)

app = typer.Typer(
    name="museion",
    help="Track runs, models and datasets on your own machine.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("up")(up.up)
app.command("down")(up.down)
app.command("server")(server.server)
app.command("sync")(sync.sync)
app.command("preview")(preview.preview)
app.command("login")(login.login)
app.command("doctor")(doctor.doctor)
app.command("verify")(signing.verify)
app.command("gc")(gc.gc)
app.command("fsck")(fsck.fsck)
app.command("usage")(usage.usage)
app.command("quota")(usage.quota)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.add_typer(cache.app, name="cache")
app.add_typer(artifact.app, name="artifact")
app.add_typer(run.app, name="run")
app.add_typer(import_.app, name="import")
app.add_typer(user.app, name="user")


def exit_code(error: errors.MuseionError) -> int:
    """The documented exit code for `error`."""
    return next((code for kind, code in EXIT_CODES if isinstance(error, kind)), 1)


def main() -> None:
    """Run the command in `sys.argv`."""
    try:
        app()
    except errors.MuseionError as error:
        print(f"museion: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(exit_code(error))
    except KeyboardInterrupt:
        sys.exit(130)
