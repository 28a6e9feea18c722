#!/bin/bash
# SPDX-License-Identifier: MIT
# The kernel's own tests with compiled code, which must not change what they find: all of them with
# either compiler and with a code zone that is full again and again, some with collections all the
# time. Each run is one test; what failed in it is told.
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

if ! "$parley" --baseline -e '3 + 4' >/dev/null 2>&1; then
    echo "ok 1 - $(basename "$0") # SKIP there is no compiler for this processor"
    exit 0
fi
if [ "${PARLEY_CONFIG:-release}" = san ]; then
    run "--baseline" Numbers-Tests
    run "--naive" Collections-Tests
    run "--baseline --code-size=64k" Collections-Tests
else
    run "--naive"
    run "--baseline"
    # In so small a zone compiling is most of the work.
    run "--baseline --code-size=64k" $([ "${PARLEY_NIGHTLY:-}" ] || echo Collections-Tests)
fi
run "--baseline --gc-every=211 --verify-heap" Numbers-Tests
run "--naive --gc-every=101 --move-every=3" Numbers-Tests
run "--baseline --fail-allocation-every=1009" Collections-Tests
echo "1..$count"
[ $failures = 0 ]
