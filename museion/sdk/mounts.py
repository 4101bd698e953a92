"""What kind of file system a folder is on: on a network one each write is a round trip, so rows are kept back."""

from __future__ import annotations

import os
from pathlib import Path

HELD_ROWS = 64
NETWORK = frozenset(
    """
    9p afs beegfs ceph cifs fuse.ceph fuse.cvmfs2 fuse.gcsfuse fuse.glusterfs fuse.juicefs fuse.rclone fuse.s3fs
    fuse.sshfs gfs2 glusterfs gpfs lustre ncpfs nfs nfs4 orangefs panfs smb3 smbfs wekafs
    """.split()
)


def rows_to_hold(folder: Path, asked: int | None, mounts: str = "/proc/self/mounts") -> int:
    """How many rows a journal in `folder` keeps back at most; `asked` is what the settings say, if they do."""
    if asked is not None:
        return asked
    return HELD_ROWS if kind_of(folder, mounts) in NETWORK else 0


def kind_of(folder: Path, mounts: str = "/proc/self/mounts") -> str:
    """The type of the file system that holds `folder`; empty where it cannot be known."""
    try:
        lines = Path(mounts).read_text(errors="replace").splitlines()
    except OSError:
        return ""
    place = os.path.realpath(folder)
    best, kind = "", ""
    for line in lines:
        _, point, found, *_ = (*line.split(" "), "", "", "")
        point = point.replace("\\040", " ")
        inside = place == point or place.startswith(point.rstrip("/") + "/")
        if point and inside and len(point) >= len(best):
            best, kind = point, found
    return kind
