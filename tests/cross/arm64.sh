#!/bin/bash
# SPDX-License-Identifier: MIT
# The VM built for ARM64 (make arm64), run in qemu-user: its own machine code, stubs and flushes of
# caches. It makes the same kernel image, byte for byte, and passes the kernel's tests however code is
# compiled: some packages every day, all of them, and real images, at night (PARLEY_NIGHTLY).
root=${PARLEY_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
built=$root/build/arm64
read -ra emulator <<<"${PARLEY_EMULATOR:-qemu-aarch64 -L /usr/aarch64-linux-gnu}"
if ! command -v "${emulator[0]}" >/dev/null || [ ! -x "$built/parley" ]; then
    echo "ok 1 - arm64 # SKIP no VM for ARM64 or no qemu-aarch64 (make check-arm64)"
    exit 0
fi
if [ "${PARLEY_CONFIG:-release}" = san ]; then
    echo "ok 1 - arm64 # SKIP the VM for ARM64 has no sanitizers"
    exit 0
fi
# A program of this machine, for scripts; qemu keeps something for each page of reserved addresses.
PARLEY_PROGRAM=$PWD/parley-arm64
export PARLEY_PROGRAM
cat >parley-arm64 <<EOF
#!/bin/sh
case \$1 in
image | build | compile | --features) exec ${emulator[*]} "$built/parley" "\$@" ;;
esac
exec ${emulator[*]} "$built/parley" --reserve=2g "\$@"
EOF
chmod +x parley-arm64
. "$root/tests/support/common.sh"

answers() { [ "$("$parley" -e "$1")" = "$2" ]; }
# The kernel's tests, or those of the packages named: tests SWITCHES PACKAGE... Recursion without end
# stops earlier than usual, since it takes long here.
tests() {
    local switches=$1
    shift
    # shellcheck disable=SC2086
    "$parley" $switches --max-process-words=4000000 test "$@" --tap --time-limit 3600 </dev/null >tap 2>errors &&
        grep -q '^ok ' tap && return
    grep '^not ok' tap
    tail -5 errors
    return 1
}
# A script of tests of real images, with switches: real SWITCHES SCRIPT
real() { PARLEY_SWITCHES=$1 bash "$root/tests/image/$2" | tee tap | grep '^not ok'; [ "${PIPESTATUS[0]}" = 0 ]; }

check "an expression" answers '3 + 4' 7
check "the whole range of addresses" [ "$("${emulator[@]}" "$built/parley" -e '6 * 7')" = 42 ]
check "large integers" answers '30 factorial' 265252859812191058636308480000000
check "the machine is told" bash -c '"$1" --features | grep -q aarch64' - "$parley"
check "the same kernel image" cmp "$built/kernel.image" "$root/build/release/kernel.image"
tiers=("" --naive --compile-at-once)
if [ "${PARLEY_NIGHTLY:-}" ]; then
    for switches in "${tiers[@]}" --interpreter; do
        check "all tests of the kernel $switches" tests "$switches"
    done
    for script in conformance.sh candle.sh pharo8.sh; do
        check "$script" real "" $script
        check "$script --naive" real --naive $script
    done
    check "pharo8.sh --code-size=64k" real --code-size=64k pharo8.sh
else
    for switches in "${tiers[@]}"; do
        check "tests of numbers $switches" tests "$switches" Numbers-Tests
    done
fi
# In so small a zone compiling, and telling the emulator, is most of the work.
check "tests of collections in a small code zone" tests --code-size=64k Collections-Tests
echo "1..$count"
[ $failures = 0 ]
