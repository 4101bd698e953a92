"""A signature over a manifest: who stands by exactly this content."""

from __future__ import annotations

from dataclasses import dataclass

NAMESPACE = "museion-manifest"
"""What a signature is for, as `ssh-keygen -Y` knows it: one made for a commit or a mail is not taken for ours."""


@dataclass(frozen=True, slots=True)
class Signature:
    """`body` is an armored SSH signature (docs/format/signature.md), `fingerprint` its key's (`SHA256:…`), `signer` the
    name that was claimed with it, `by` the user who put it on the server. `created_at` is UTC seconds since the epoch.
    """

    fingerprint: str
    signer: str
    body: str
    created_at: float = 0.0
    by: str | None = None
