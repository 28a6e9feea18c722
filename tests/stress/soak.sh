#!/bin/bash
# SPDX-License-Identifier: MIT
# A soak of compiled code: soak.st, a random program that changes itself while it runs, gives the same
# results for a seed however code is run. The code zone is small, and heap and code zone are verified
# around every collection. For half a minute; with PARLEY_NIGHTLY for ten. Each run is one test, named by
# its switches and its seed; SEED chooses the first one.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/common.sh"

seconds=${PARLEY_NIGHTLY:+600}
seconds=${seconds:-30}
steps=${PARLEY_NIGHTLY:+150}
steps=${steps:-50}
seed=${SEED:-1}
runs=(
    "--code-size=64k --gc-every=20011"
    "--code-size=64k --compile-at-once --gc-every=5003 --move-every=3"
    "--code-size=64k --naive --gc-every=10007"
    "--code-size=64k --eden=64k --stack-page-words=400 --stack-pages=4 --collector=sweep"
    "--gc-every=50021 --move-every=2"
)

# soak OUTPUT SWITCHES
soak() {
    # shellcheck disable=SC2086
    timeout 1500 "$parley" $2 "$here/soak.st" "$seed" "$steps" >"$1" 2>&1 </dev/null &&
        [ "$(grep -c '^[0-9]* do[A-Z]' "$1")" = "$steps" ]
}
same() {
    soak other.out "$1" && cmp expected.out other.out && return
    diff expected.out other.out | head -20 | sed 's/^/# /'
    return 1
}

begun=$SECONDS
while [ $((SECONDS - begun)) -lt "$seconds" ]; do
    check "--interpreter, seed $seed" soak expected.out --interpreter
    for ((i = 0; i < ${#runs[@]} && SECONDS - begun < seconds; i++)); do
        check "${runs[i]}, seed $seed" same "${runs[i]} --verify-heap"
    done
    seed=$((seed + 1))
done
echo "1..$count"
[ $failures = 0 ]
