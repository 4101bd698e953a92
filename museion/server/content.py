"""What a file is called on the wire, and what a browser may do with it.

Files come from users. A browser shows only what cannot run: pictures, sound, film and plain text; HTML and SVG are
shown as text, HTML on request as a page without an origin. Everything else is offered for saving. Types go by the
name's ending, from this list alone, never by the content or the machine's own tables.
"""

from __future__ import annotations

from urllib.parse import quote

SHOWN = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "mp4": "video/mp4",
    "webm": "video/webm",
}

TEXTS = {
    **dict.fromkeys(("txt", "log", "out", "err", "text"), "text/plain"),
    **dict.fromkeys(("py", "pyi", "sh", "c", "h", "cc", "cpp", "cu", "rs", "go", "java", "r", "jl"), "text/plain"),
    **dict.fromkeys(("ts", "tsx", "jsx", "ini", "cfg", "conf", "env", "rst", "tex", "diff", "patch"), "text/plain"),
    "md": "text/markdown",
    "json": "application/json",
    "jsonl": "application/jsonl",
    "ndjson": "application/jsonl",
    "ipynb": "application/x-ipynb+json",
    "yaml": "application/yaml",
    "yml": "application/yaml",
    "toml": "application/toml",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "xml": "application/xml",
    "html": "text/html",
    "htm": "text/html",
    "svg": "image/svg+xml",
    "css": "text/css",
    "js": "text/javascript",
}

OTHERS = {
    "pdf": "application/pdf",
    "zip": "application/zip",
    "tar": "application/x-tar",
    "gz": "application/gzip",
    "zst": "application/zstd",
    "npy": "application/x-npy",
    "npz": "application/x-npz",
    "pt": "application/x-pytorch",
    "pth": "application/x-pytorch",
    "ckpt": "application/x-pytorch",
    "safetensors": "application/x-safetensors",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.file",
    "pkl": "application/x-pickle",
    "obj": "model/obj",
    "glb": "model/gltf-binary",
}

UNKNOWN = "application/octet-stream"
PLAIN = "text/plain; charset=utf-8"


def _ending(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[2].lower()


def type_of(path: str) -> str:
    """What the file is, by its name: for people and pages to choose a preview by."""
    ending = _ending(path)
    return SHOWN.get(ending) or TEXTS.get(ending) or OTHERS.get(ending) or UNKNOWN


def served_as(path: str) -> tuple[str, bool]:
    """The Content-Type a file is sent with, and whether a browser may show it."""
    ending = _ending(path)
    if ending in SHOWN:
        return SHOWN[ending], True
    return (PLAIN, True) if ending in TEXTS else (UNKNOWN, False)


def disposition(path: str, inline: bool) -> str:
    """Content-Disposition with the file's name: a plain one for old clients, the true one by RFC 5987."""
    name = path.rpartition("/")[2]
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%;' else "_" for c in name)
    return f"{'inline' if inline else 'attachment'}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


PAGE_POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' data: blob:; "
    "style-src 'unsafe-inline' data:; img-src data: blob:; font-src data:; media-src data: blob:; "
    "frame-ancestors 'self'"
)
"""A user's page runs in an origin of its own: it sees no cookie, and reaches nothing, this server included."""


def page_headers() -> dict[str, str]:
    """The headers with which a user's HTML may be shown as a page, in a frame."""
    return {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Disposition": "inline",
        "Content-Security-Policy": PAGE_POLICY,
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
    }


def is_page(path: str) -> bool:
    """Whether the file is HTML by its name."""
    return _ending(path) in ("html", "htm")


def safe_headers(path: str, download: bool) -> dict[str, str]:
    """The headers that make a user's file harmless to whoever opens it."""
    kind, shown = served_as(path)
    return {
        "Content-Type": kind,
        "Content-Disposition": disposition(path, shown and not download),
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
    }
