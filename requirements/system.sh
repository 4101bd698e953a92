#!/bin/sh
# Debian packages the tests drive for real: a browser, a database, fonts for screenshots.
set -eu
need=""
command -v chromium >/dev/null 2>&1 || need="$need chromium fonts-dejavu-core"
[ -x /usr/lib/postgresql/15/bin/initdb ] || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || need="$need postgresql"
[ -n "$need" ] || exit 0
if ! command -v apt-get >/dev/null 2>&1; then
    echo "tests need these Debian packages or their like:$need" >&2
    exit 1
fi
sudo=""
[ "$(id -u)" = 0 ] || sudo="sudo"
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -qq
# shellcheck disable=SC2086  # the list is meant to be split
$sudo apt-get install -y -qq --no-install-recommends $need >/dev/null
