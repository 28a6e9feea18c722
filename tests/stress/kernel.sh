#!/bin/bash
# SPDX-License-Identifier: MIT
# The kernel's own tests under stress switches: all of them must pass. The rows of
# kernel_switches.tbl say which tests and which switches; each row and class or package is one test.
# Every day, and under the sanitizers, the rows marked so; with PARLEY_NIGHTLY all of them. The time
# limits of the tests are raised, since switches may make the VM slower a hundred times.
set -u
. "$(dirname "$0")/../support/common.sh"
night=${PARLEY_NIGHTLY:+night}
[ "${PARLEY_CONFIG:-release}" != san ] || night=

# run NAME SWITCHES...
run() {
    local name=$1 code
    shift
    "$parley" "$@" test "$name" --time-limit 3600 >log 2>&1 </dev/null
    code=$?
    count=$((count + 1))
    # No test at all would be no success either.
    if [ $code = 0 ] && grep -q '^[1-9][0-9]* run' log; then
        echo "ok $count - $name $*"
    else
        echo "not ok $count - $name $* (exit code $code)"
        failures=1
        tail -30 log | sed 's/^/# /'
    fi
}

while read -r when names row; do
    [ "$when" = day ] || [ "$when" = "$night" ] || continue
    read -ra switches <<<"$row"
    for name in ${names//,/ }; do
        run "$name" "${switches[@]}"
    done
done < <(grep -v '^#' "$root/tests/stress/kernel_switches.tbl")
echo "1..$count"
exit $failures
