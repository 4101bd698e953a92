"""Publish an artifact here and now, without a training run's journal: upload, commit, done."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from museion.model.manifest import Content
from museion.model.names import new_run_id
from museion.sdk import local
from museion.sdk.progress import telling
from museion.sdk.source import ServerSource
from museion.sdk.transport import Transport, project_path, run_path
from museion.sdk.upload import Sent, release, upload

if TYPE_CHECKING:
    from museion.sdk.artifact import Artifact


def publish(
    transport: Transport,
    entity: str,
    project: str,
    artifact: Artifact,
    *,
    aliases: Sequence[str] = (),
    tags: Sequence[str] = (),
    job_type: str = "put",
) -> bool:
    """Send and commit it, made by a run of its own; True if the server had this content as a version already.

    What is broken off is begun again by calling it again: only what the server lacks is sent.
    """
    body = artifact._body(list(aliases), list(tags))
    run = new_run_id(secrets.choice)
    here = run_path(entity, project, run)
    transport.request("PUT", here, json={"job_type": job_type, "state": "running"})
    digests = {entry.digest for entry in artifact._content.entries.values() if isinstance(entry, Content)}
    with telling(artifact.name, artifact.size) as tell:
        told = 0

        def progress(sent: Sent) -> None:
            nonlocal told
            tell(sent.sent - told)
            told = sent.sent

        lease = upload(transport, entity, project, local.staging(), digests, progress) if digests else None
    sent = {**body, "run": run, "upload": lease}
    answer = transport.request("POST", project_path(entity, project, "artifacts"), json=sent).json()
    if lease:
        release(transport, entity, project, lease)
    transport.request("PUT", here, json={"state": "finished", "exit_code": 0, "finished_at": time.time()})
    source = ServerSource(transport, answer["artifact"])
    artifact._freeze(lambda timeout: source)
    artifact.wait()
    return bool(answer["existing"])
