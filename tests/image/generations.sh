#!/bin/bash
# SPDX-License-Identifier: MIT
# Fifty generations: images run, are saved at a safe point in the middle of the run, checked, and
# go on from the file where they were. With PARLEY_NIGHTLY set all conformance tests do, over a
# thousand generations.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"

generations=$root/build/${PARLEY_CONFIG:-release}/tests/image/generations
# lives NAME AT_LEAST IMAGE TICKS ARGUMENT...: output in out.
lives() {
    local name=$1 least=$2 lived
    shift 2
    timeout 1000 "$generations" "$@" >out 2>err </dev/null
    local code=$?
    check "$name: exit code 0 (was $code)" [ $code = 0 ]
    lived=$(sed -n 's/ generations$//p' err)
    check "$name: at least $least generations (were ${lived:-none})" [ "${lived:-0}" -ge "$least" ]
    grep -v ' generations$' err | head -5
}

copy_image pharo8-kernel-spur64.image pharo.image
"$parley" pharo.image >/dev/null 2>&1
"$parley" pharo.image printVersion >want 2>/dev/null </dev/null
lives "printVersion" 50 pharo.image 2500 printVersion
same "printVersion prints what it prints in one run" want out

if [ -z "${PARLEY_NIGHTLY:-}" ]; then
    # Exceptions, unwinding, processes: what stands on stacks when the image is saved.
    for set in v3 sista; do
        copy_image "conformance/conformance-$set.image" "$set.image"
        "$parley" "$set.image" printVersion 'exc ensure' >want 2>/dev/null </dev/null
        copy_image "conformance/conformance-$set.image" "$set.image"
        lives "conformance-$set 'exc ensure'" 10 "$set.image" 15000 printVersion 'exc ensure'
        same "conformance-$set 'exc ensure' prints what it prints in one run" want out
    done
    finish
fi
for set in v3 sista; do
    copy_image "conformance/conformance-$set.image" "$set.image"
    lives "conformance-$set" 500 "$set.image" 30000 printVersion
    grep -v -F -f <(sed 's/$/: /' "$here/refused-lines.txt") \
        "$images/conformance/expected-$set.txt" >"expected-$set.txt"
    python3 "$images/conformance/check.py" out "expected-$set.txt" >"$set.diff"
    check "conformance-$set: $(tail -1 "$set.diff")" grep -q ' bad 0$' "$set.diff"
    grep '^[-+]' "$set.diff" | head -20
done
finish
