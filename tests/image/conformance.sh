#!/bin/bash
# SPDX-License-Identifier: MIT
# Two images, one for each bytecode set, print what they find; every line that two other virtual
# machines agreed on must be there.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"

for set in v3 sista; do
    copy_image "conformance/conformance-$set.image" "$set.image"
    timeout 200 "$parley" "${switches[@]}" "$set.image" printVersion >"$set.out" 2>"$set.err"
    code=$?
    check "conformance-$set exits with 0 (was $code)" [ $code = 0 ]
    # Lines that contradict the specification are refused; docs/conformance.md says why.
    grep -v -F -f <(sed 's/$/: /; s/^//' "$here/refused-lines.txt") \
        "$images/conformance/expected-$set.txt" >"expected-$set.txt"
    python3 "$images/conformance/check.py" "$set.out" "expected-$set.txt" >"$set.diff"
    check "conformance-$set: $(tail -1 "$set.diff")" grep -q ' bad 0$' "$set.diff"
    grep '^[-+]' "$set.diff" | head -40
    python3 "$images/conformance/check.py" "$set.out" \
        <(grep -F -f <(sed 's/$/: /' "$here/refused-lines.txt") "$images/conformance/expected-$set.txt") \
        >"$set.refused"
    check "conformance-$set: refused lines are still refused" \
        grep -q "ok 0 bad $(wc -l <"$here/refused-lines.txt")" "$set.refused"
done
finish
