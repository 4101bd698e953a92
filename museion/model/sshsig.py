"""SSH signatures, as `ssh-keygen -Y sign` writes them and git uses them. Bytes: docs/format/signature.md."""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from museion.errors import BlobCorrupt, ValueInvalid
from museion.model.signature import NAMESPACE

MAGIC = b"SSHSIG"
BEGIN, END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
MAX_ARMOR = 16_384
MAX_SIGNER = 256
_HASHES: dict[str, Callable[[bytes], Any]] = {"sha256": hashlib.sha256, "sha512": hashlib.sha512}


@dataclass(frozen=True, slots=True)
class SshSignature:
    """A parsed signature. `public` is the key as SSH writes it, `raw` what the key's algorithm made."""

    public: bytes
    namespace: str
    hash: str
    algorithm: str
    raw: bytes

    @property
    def fingerprint(self) -> str:
        """The key's, as `ssh-keygen -l` prints it."""
        return fingerprint(self.public)


def fingerprint(public: bytes) -> str:
    """`SHA256:…` of a public key as SSH writes it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(public).digest()).decode().rstrip("=")


def read_signature(armor: str, signer: str = "-") -> SshSignature:
    """Parse an armored signature; raises ValueInvalid for anything but one over a manifest, with a named signer."""
    if not isinstance(armor, str) or len(armor) > MAX_ARMOR or not armor.isascii():
        raise ValueInvalid("This is no SSH signature.", advice=f"It begins with {BEGIN!r}.")
    if not 1 <= len(signer) <= MAX_SIGNER or not signer.isprintable():
        raise ValueInvalid(f"The signer {signer!r} is no plain name.", advice="Give a name or an e-mail address.")
    lines = armor.strip().splitlines()
    if len(lines) < 3 or lines[0].strip() != BEGIN or lines[-1].strip() != END:
        raise ValueInvalid("This is no SSH signature.", advice=f"It begins with {BEGIN!r} and ends with {END!r}.")
    try:
        blob = base64.b64decode("".join(line.strip() for line in lines[1:-1]), validate=True)
        return _parse(blob)
    except (binascii.Error, struct.error, IndexError, UnicodeDecodeError):
        raise ValueInvalid("The SSH signature is damaged.", advice="Sign again.") from None


def _parse(blob: bytes) -> SshSignature:
    if blob[:6] != MAGIC or struct.unpack_from(">I", blob, 6)[0] != 1:
        raise ValueInvalid("This is no SSH signature of version 1.")
    fields, rest = _strings(blob[10:], 5)
    if rest:
        raise ValueInvalid("There is something behind the SSH signature.")
    public, namespace, _, name, signature = fields
    (algorithm, raw), _ = _strings(signature, 2)
    found = SshSignature(public, namespace.decode(), name.decode(), algorithm.decode(), raw)
    if found.namespace != NAMESPACE:
        raise ValueInvalid(f"The signature is for {found.namespace!r}.", advice=f"Sign with -n {NAMESPACE}.")
    if found.hash not in _HASHES:
        raise ValueInvalid(f"The signature uses the hash {found.hash!r}.", advice="Use sha512.")
    return found


def verify(signature: SshSignature, message: bytes) -> None:
    """Raise BlobCorrupt unless the key signed exactly these bytes. Whether to trust the key is another question."""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_ssh_public_key

    (kind,), _ = _strings(signature.public, 1)
    try:
        key = load_ssh_public_key(kind + b" " + base64.b64encode(signature.public))
        _check(key, signature, _signed_bytes(message, signature.hash))
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, struct.error):
        raise BlobCorrupt(
            f"The signature of the key {signature.fingerprint} does not fit.", advice="Sign what is there now."
        ) from None


def sign(private_key: bytes, message: bytes, password: bytes | None = None) -> str:
    """The armored signature of an SSH or PEM private key (Ed25519, ECDSA, RSA); raises ValueInvalid for others."""
    from cryptography.hazmat.primitives import serialization

    key = _private_key(private_key, password)
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    wire = base64.b64decode(public.split()[1])
    algorithm, raw = _make(key, _signed_bytes(message, "sha512"))
    blob = MAGIC + struct.pack(">I", 1)
    blob += b"".join(map(_string, (wire, NAMESPACE.encode(), b"", b"sha512", _string(algorithm) + _string(raw))))
    text = base64.b64encode(blob).decode()
    body = "\n".join(text[at : at + 70] for at in range(0, len(text), 70))
    return f"{BEGIN}\n{body}\n{END}\n"


def _private_key(data: bytes, password: bytes | None) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_ssh_private_key

    load = load_ssh_private_key if b"OPENSSH PRIVATE KEY" in data else load_pem_private_key
    try:
        return load(data, password)
    except TypeError:
        raise ValueInvalid(
            "The private key has a passphrase.", advice="Sign with ssh-keygen, and add the file."
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise ValueInvalid("This is no private key of SSH.", advice="Make one: ssh-keygen -t ed25519.") from None


def _signed_bytes(message: bytes, name: str) -> bytes:
    parts = (NAMESPACE.encode(), b"", name.encode(), _HASHES[name](message).digest())
    return MAGIC + b"".join(map(_string, parts))


def _make(key: Any, data: bytes) -> tuple[bytes, bytes]:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

    if isinstance(key, ed25519.Ed25519PrivateKey):
        return b"ssh-ed25519", key.sign(data)
    if isinstance(key, rsa.RSAPrivateKey):
        return b"rsa-sha2-512", key.sign(data, padding.PKCS1v15(), hashes.SHA512())
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in _CURVES:
        r, s = utils.decode_dss_signature(key.sign(data, ec.ECDSA(_curve_hash(key.curve.name))))
        return f"ecdsa-sha2-{_CURVES[key.curve.name]}".encode(), _mpint(r) + _mpint(s)
    raise ValueInvalid(f"Keys of the kind {type(key).__name__} cannot sign here.", advice="Use an Ed25519 key.")


def _check(key: Any, signature: SshSignature, data: bytes) -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

    rsa_hashes: dict[str, hashes.HashAlgorithm] = {"rsa-sha2-512": hashes.SHA512(), "rsa-sha2-256": hashes.SHA256()}
    if isinstance(key, ed25519.Ed25519PublicKey) and signature.algorithm == "ssh-ed25519":
        key.verify(signature.raw, data)
    elif isinstance(key, rsa.RSAPublicKey) and signature.algorithm in rsa_hashes:
        key.verify(signature.raw, data, padding.PKCS1v15(), rsa_hashes[signature.algorithm])
    elif isinstance(key, ec.EllipticCurvePublicKey) and signature.algorithm.startswith("ecdsa-sha2-"):
        (r, s), _ = _strings(signature.raw, 2)
        der = utils.encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
        key.verify(der, data, ec.ECDSA(_curve_hash(key.curve.name)))
    else:
        raise ValueError(signature.algorithm)


_CURVES = {"secp256r1": "nistp256", "secp384r1": "nistp384", "secp521r1": "nistp521"}


def _curve_hash(curve: str) -> Any:
    from cryptography.hazmat.primitives import hashes

    return {"secp256r1": hashes.SHA256(), "secp384r1": hashes.SHA384(), "secp521r1": hashes.SHA512()}[curve]


def _string(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def _mpint(number: int) -> bytes:
    return _string(number.to_bytes(number.bit_length() // 8 + 1, "big"))


def _strings(data: bytes, count: int) -> tuple[list[bytes], bytes]:
    """`count` strings from the front of `data`, and what is left."""
    found: list[bytes] = []
    for _ in range(count):
        (length,) = struct.unpack_from(">I", data)
        if len(data) < 4 + length:
            raise IndexError(length)
        found.append(data[4 : 4 + length])
        data = data[4 + length :]
    return found, data
