"""What the SDK says to the person in front of the terminal: on stderr, one line at a time, never twice."""

from __future__ import annotations

import contextlib
import sys

from museion.sdk.console import uncaptured


def notice(text: str, *, quiet: bool = False) -> None:
    """Say `text`, unless asked to be quiet; a closed stderr is no error."""
    if quiet or sys.stderr is None:
        return
    with contextlib.suppress(OSError, ValueError), uncaptured():
        if (module := sys.modules.get("museion.sdk.redirect")) and (redirect := module.active()):
            redirect.say(f"museion: {text}\n")
            return
        sys.stderr.write(f"museion: {text}\n")
        sys.stderr.flush()
