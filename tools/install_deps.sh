#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs the Debian packages that a make target needs and that are missing.
#   tools/install_deps.sh TARGET        TARGET: build, run, check, san, lint, bench, nightly, arm64
# Works as root and with sudo, says what it installs, and does nothing when all is there. Without
# either it names the missing packages and exits 1. On systems without apt it only looks for the
# programs and says which are missing.
set -eu

target=${1:-build}
case $target in
build) packages="gcc make" ;;
run) packages="gcc make libedit-dev" ;;
check) packages="gcc make libedit-dev libcmocka-dev libunicorn-dev libcapstone-dev python3-minimal" ;;
san) packages="gcc make libedit-dev libcmocka-dev libunicorn-dev libcapstone-dev python3-minimal" ;;
lint) packages="clang-format python3-minimal" ;;
bench) packages="gcc make python3-minimal" ;;
arm64) packages="gcc make gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user" ;;
nightly) packages="gcc make libedit-dev libcmocka-dev libunicorn-dev libcapstone-dev python3-minimal clang libclang-rt-14-dev" ;;
*)
    echo "install_deps: unknown target '$target'" >&2
    exit 2
    ;;
esac

installed() {
    if command -v dpkg-query >/dev/null 2>&1; then
        [ "$(dpkg-query -W -f='${Status}' "$1" 2>/dev/null)" = "install ok installed" ]
    else
        case $1 in
        *-dev) return 0 ;;
        *) command -v "${1%-minimal}" >/dev/null 2>&1 ;;
        esac
    fi
}

# A package counts as there when the program it brings is on the path, whoever put it there.
there() {
    case $1 in
    python3-minimal) command -v python3 >/dev/null 2>&1 || installed "$1" ;;
    gcc | make | clang | clang-format) command -v "$1" >/dev/null 2>&1 || installed "$1" ;;
    *) installed "$1" ;;
    esac
}

missing=
for package in $packages; do
    there "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "install_deps: missing:$missing; install them with your system's package manager" >&2
    exit 1
fi
if [ "$(id -u)" = 0 ]; then
    as_root=
elif command -v sudo >/dev/null 2>&1; then
    as_root=sudo
else
    echo "install_deps: missing:$missing; run as root: apt-get install$missing" >&2
    exit 1
fi
echo "install_deps: installing$missing"
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get -q update >/dev/null || echo "install_deps: the package lists could not be renewed" >&2
# shellcheck disable=SC2086
$as_root apt-get -qy install --no-install-recommends $missing >/dev/null
