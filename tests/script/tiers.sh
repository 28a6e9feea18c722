#!/bin/bash
# SPDX-License-Identifier: MIT
# The kernel's own tests however code is run, which must not change what they find: all of them by the
# interpreter alone, naively compiled, and compiled at the first activation (sunit.sh runs them as
# everybody does), with a code zone that is full again and again; some on simulated
# processors, and with collections all the time.
# Each run is one test; what failed in it is told.
set -u
root=${PARLEY_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
parley=$root/build/${PARLEY_CONFIG:-release}/parley
count=0
failures=0

# run SWITCHES PATTERN...: time limits are for the VM as users have it, so that one test may be slow.
run() {
    local switches=$1
    shift
    count=$((count + 1))
    # shellcheck disable=SC2086
    "$parley" $switches test "$@" --tap --time-limit 600 </dev/null >tap 2>errors
    local code=$?
    if [ $code = 0 ] && grep -q '^ok ' tap; then
        echo "ok $count - $switches test $* ($(grep -c '^ok ' tap) tests)"
    else
        failures=$((failures + 1))
        echo "not ok $count - $switches test $* (exit code $code)"
        grep -A3 '^not ok' tap | head -40
        tail -5 errors
    fi
}

if [ "${PARLEY_CONFIG:-release}" = san ]; then
    run "--interpreter" Numbers-Tests
    run "--naive" Collections-Tests
    run "--code-size=64k" Collections-Tests
else
    run "--naive"
    run "--interpreter"
    run "--compile-at-once"
    run "--code-size=64k"
fi
# Both instruction sets on simulated processors: some tests every day, all of them at night.
if ! "$parley" --features | grep -q '^simulator: no'; then
    run "--simulate --isa=arm64 --simulate-strictly" Numbers-Tests
    if [ "${PARLEY_NIGHTLY:-}" ]; then
        for isa in x64 arm64; do
            run "--simulate --isa=$isa"
            run "--simulate --isa=$isa --naive"
            run "--simulate --isa=$isa --simulate-strictly"
            run "--simulate --isa=$isa --code-size=64k"
        done
    elif [ "${PARLEY_CONFIG:-release}" != san ]; then
        run "--simulate --isa=arm64" Collections-Tests
    fi
fi
run "--gc-every=211 --verify-heap" Numbers-Tests
run "--naive --gc-every=101 --move-every=3" Numbers-Tests
run "--fail-allocation-every=1009" Collections-Tests
echo "1..$count"
[ $failures = 0 ]
