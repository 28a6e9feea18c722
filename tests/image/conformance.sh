#!/bin/bash
# SPDX-License-Identifier: MIT
# Two images, one for each bytecode set, print what they find; every line that two other virtual
# machines agreed on must be there.
. "$(dirname "$0")/common.sh"

for set in v3 sista; do
    copy_image "conformance/conformance-$set.image" "$set.image"
    timeout 200 "$parley" "${switches[@]}" "$set.image" printVersion >"$set.out" 2>"$set.err"
    code=$?
    check "conformance-$set exits with 0 (was $code)" [ $code = 0 ]
    python3 "$images/conformance/check.py" "$set.out" "$images/conformance/expected-$set.txt" >"$set.diff"
    check "conformance-$set: $(tail -1 "$set.diff")" grep -q ' bad 0$' "$set.diff"
    grep '^[-+]' "$set.diff" | head -40
done
finish
