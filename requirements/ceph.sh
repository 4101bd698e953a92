#!/bin/sh
# Ceph's S3 gateway for the tests: Debian's packages, unpacked into a folder and not installed. Needs no root rights.
set -eu
target=${1:-scratch/ceph}
[ -x "$target/root/usr/bin/radosgw" ] && exit 0
if ! command -v apt-get >/dev/null 2>&1; then
    echo "without apt-get there is no Ceph: the tests of object stores will be skipped" >&2
    exit 0
fi
mkdir -p "$target/debs" "$target/unpacked"
names="radosgw ceph-mon ceph-osd ceph-base ceph-common librgw2 librados2 libradosstriper1 librbd1 libcephfs2
 libboost-thread1.74.0 libboost-context1.74.0 libboost-iostreams1.74.0 libboost-program-options1.74.0 libfmt9
 libnl-3-200 libnl-route-3-200 libibverbs1 librdmacm1 libtcmalloc-minimal4 libgoogle-perftools4 liblua5.3-0 liboath0
 librabbitmq4 libsnappy1v5 libleveldb1d librocksdb7.8 libdaxctl1 libndctl6 libpmem1 libaio1 libfuse2 libunwind8
 librdkafka1 python3-ceph-argparse python3-rados python3-ceph-common python3-prettytable python3-wcwidth"
fetch() {
    # shellcheck disable=SC2086  # the list is meant to be split
    (cd "$target/debs" && apt-get download -qq $names >/dev/null 2>&1)
}
if ! fetch; then
    sudo=""
    [ "$(id -u)" = 0 ] || sudo="sudo"
    $sudo apt-get update -qq
    fetch || { echo "Ceph's packages of Debian 12 cannot be had: the tests of S3 will be skipped" >&2; exit 0; }
fi
for package in "$target"/debs/*.deb; do dpkg -x "$package" "$target/unpacked"; done
rm -rf "$target/debs"
mv "$target/unpacked" "$target/root"
