#!/bin/bash
# SPDX-License-Identifier: MIT
# Ten minutes of fuzzing for the image reader, ten for the whole VM on a real image.
tools=${PARLEY_SOURCE:?}/tools
failures=0

# fuzzed NUMBER NAME COMMAND...
fuzzed() {
    local number=$1 name=$2
    shift 2
    if "$@" >log 2>&1; then
        echo "ok $number - $name$(grep -q '^skipped' log && sed 's/^skipped:/ # SKIP/' log)"
        sed 's/^/# /' log
    else
        echo "not ok $number - $name"
        sed 's/^/# /' log
        failures=1
    fi
}
fuzzed 1 "ten minutes of fuzzing find nothing in the image reader" "$tools/fuzz_image.sh" 600
fuzzed 2 "ten minutes of fuzzing find nothing in the VM" "$tools/fuzz_run.sh" 600
echo 1..2
exit $failures
