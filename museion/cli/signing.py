"""`museion verify` and `museion artifact sign`: is a folder exactly a version, and who stands by it?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from museion.cli import output
from museion.cli.named import named
from museion.errors import BlobCorrupt, Forbidden, UsageError

if TYPE_CHECKING:
    from museion.model.manifest import Manifest
    from museion.sdk.integrity import Report, Signed

_SHOWN = 20


def verify(
    folder: Annotated[Path, typer.Argument(help="The folder to look at.", exists=True, file_okay=False)],
    name: Annotated[str | None, typer.Argument(help="The version it should be; else its manifest says.")] = None,
    manifest: Annotated[Path | None, typer.Option(help="Its manifest; by default <folder>.manifest.json.")] = None,
    signers: Annotated[Path | None, typer.Option(help="Keys to trust, as git and ssh-keygen list them.")] = None,
    project: output.Project = None,
    json: output.Json = False,
) -> None:
    """Check that a folder is exactly a version, by every byte; with a manifest file, without a server.

    With --signers, one of these must have signed it. Exit code 6 if something is not as it should be.
    """
    from museion.sdk.integrity import manifest_file, read_manifest_file, signature_bodies, signed_by, verify_folder

    beside = manifest or manifest_file(folder.resolve())
    if name is None or (manifest is None and beside.exists() and not _reachable(name, project)):
        wanted = read_manifest_file(beside)
        notes = beside.with_name(f"{beside.name}.sig")
        bodies = signature_bodies(notes) if notes.exists() else []
    else:
        artifact = named(name, project)
        wanted, bodies = artifact._content, [(one["signer"], one["body"]) for one in artifact.signatures()]
        if manifest is not None and read_manifest_file(manifest).digest != wanted.digest:
            raise BlobCorrupt(f"{manifest} is not the manifest of {artifact.qualified_name}.", advice="")
    signed = signed_by(wanted, bodies, signers)
    report = verify_folder(folder, wanted, ignore=[beside])
    _say(folder, wanted, report, signed, json)
    if not report.ok:
        raise BlobCorrupt(f"{folder} is not {name or report.digest}.", advice="`museion artifact get` mends it.")
    if signers is not None and not any(one.trusted for one in signed):
        raise Forbidden(f"None of the keys in {signers} has signed it.", advice="Ask who made it.")


def sign(
    name: Annotated[str, typer.Argument(help="name:alias, project/name:v3 or entity/project/name:alias")],
    key: Annotated[Path | None, typer.Option(help="An SSH private key.")] = None,
    signature: Annotated[Path | None, typer.Option(help="What ssh-keygen -Y sign -n museion-manifest made.")] = None,
    signer: Annotated[str | None, typer.Option(help="The name to sign under; by default the entity's.")] = None,
    project: output.Project = None,
    json: output.Json = False,
) -> None:
    """Sign a version's manifest, or add a signature made elsewhere."""
    if (key is None) == (signature is None):
        raise UsageError("Give a key, or a signature.", advice="--key ~/.ssh/id_ed25519")
    artifact = named(name, project)
    if key is not None:
        found = artifact.sign(key, signer)
    else:
        found = artifact.add_signature(Path(str(signature)).read_text(), signer or artifact.entity)
    if json:
        output.emit(found)
    else:
        output.table(("signer", "key"), ([one["signer"], one["fingerprint"]] for one in found))


def _reachable(name: str, project: str | None) -> bool:
    from museion.errors import ServerUnreachable

    try:
        named(name, project)
    except ServerUnreachable:
        return False
    return True


def _say(folder: Path, wanted: Manifest, report: Report, signed: list[Signed], json: bool) -> None:
    if json:
        found: dict[str, Any] = {"ok": report.ok, "digest": report.digest, "files": report.files, "size": report.size}
        lists = {field: getattr(report, field) for field in ("missing", "changed", "extra", "unchecked")}
        names = [{"signer": s.signer, "fingerprint": s.fingerprint, "trusted": s.trusted} for s in signed]
        output.emit({**found, **lists, "signatures": names})
        return
    for what in ("missing", "changed", "extra", "unchecked"):
        paths = getattr(report, what)
        for path in paths[:_SHOWN]:
            output.say(f"{what}: {path}")
        if len(paths) > _SHOWN:
            output.say(f"{what}: and {len(paths) - _SHOWN:,} more")
    if report.ok:
        output.say(f"{folder}: {report.files} files, {output.size(report.size)}, as {wanted.digest} says")
    for one in signed:
        output.say(f"signed by {one.signer} ({one.fingerprint}){', trusted' if one.trusted else ''}")
