"""Signatures: the golden one opens and fits its manifest, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from museion.errors import BlobCorrupt, ValueInvalid
from museion.model.manifest import Manifest
from museion.model.sshsig import read_signature, sign, verify

GOLDEN = Path(__file__).parents[1] / "golden"
BODY = (GOLDEN / "manifest-v1.sig").read_text()
MANIFEST = (GOLDEN / "manifest-signed.json").read_bytes()


def test_the_golden_signature_fits_its_manifest() -> None:
    assert Manifest.from_json(json.loads(MANIFEST)).canonical() == MANIFEST
    signature = read_signature(BODY, "golden")
    assert signature.fingerprint == "SHA256:YbPcq1sie5FBig6Hbf7BFosBV5jtwS/7ivvr4ZGqn+g"
    verify(signature, MANIFEST)


def test_one_other_byte_and_it_does_not_fit() -> None:
    with pytest.raises(BlobCorrupt, match="does not fit"):
        verify(read_signature(BODY), MANIFEST.replace(b'"size":7', b'"size":8'))


def test_a_signature_for_something_else_is_refused() -> None:
    for wrong in (BODY.replace("U1NIU0lH", "U1NIU0lI"), BODY[: len(BODY) // 2], BODY + "more", "\ud800"):
        with pytest.raises(ValueInvalid):
            read_signature(wrong)
    with pytest.raises(ValueInvalid, match="signer"):
        read_signature(BODY, "a\nb")


def test_what_is_no_key_does_not_sign() -> None:
    with pytest.raises(ValueInvalid, match="no private key"):
        sign(b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----", b"x")
