#!/bin/bash
# SPDX-License-Identifier: MIT
# The kernel's own tests however code is run, which must not change what they find: all of them by the
# interpreter alone, naively compiled, and compiled at the first activation (sunit.sh runs them as
# everybody does), with a code zone that is full again and again; some on simulated
# processors, and with collections all the time.
# Recursion without end takes a quarter of the time of a run, where the limit is the usual one: that is
# for sunit.sh, and here the limit is lower.
# Each run is one test; what failed in it is told.
set -u
. "$(dirname "${BASH_SOURCE[0]}")/../support/common.sh"

# tests SWITCHES PATTERN...: time limits are for the VM as users have it, so that one test may be slow.
tests() {
    local switches=$1
    shift
    check "$switches test $*" passes "$switches" "$@"
}
passes() {
    local switches=$1 code
    shift
    # shellcheck disable=SC2086
    "$parley" $switches --max-process-words=4000000 test "$@" --tap --time-limit 600 </dev/null >tap 2>errors
    code=$?
    echo "# $(grep -c '^ok ' tap) tests"
    [ $code = 0 ] && grep -q '^ok ' tap && return
    echo "# exit code $code"
    grep -A3 '^not ok' tap | head -40 | sed 's/^/# /'
    tail -5 errors
    return 1
}

if [ "${PARLEY_CONFIG:-release}" = san ]; then
    tests "--interpreter" Numbers-Tests
    tests "--naive" Collections-Tests
    tests "--code-size=64k" Collections-Tests
else
    tests "--naive"
    tests "--interpreter"
    tests "--compile-at-once"
    tests "--code-size=64k"
fi
# Both instruction sets on simulated processors: some tests every day, all of them at night.
if ! "$parley" --features | grep -q '^simulator: no'; then
    tests "--simulate --isa=arm64 --simulate-strictly" Numbers-Tests
    if [ "${PARLEY_NIGHTLY:-}" ]; then
        for isa in x64 arm64; do
            tests "--simulate --isa=$isa"
            tests "--simulate --isa=$isa --naive"
            tests "--simulate --isa=$isa --simulate-strictly"
            tests "--simulate --isa=$isa --code-size=64k"
        done
    elif [ "${PARLEY_CONFIG:-release}" != san ]; then
        tests "--simulate --isa=arm64" Collections-Tests
    fi
fi
tests "--gc-every=211 --verify-heap" Numbers-Tests
tests "--naive --gc-every=101 --move-every=3" Numbers-Tests
tests "--fail-allocation-every=1009" Collections-Tests
echo "1..$count"
[ $failures = 0 ]
