#!/bin/bash
# SPDX-License-Identifier: MIT
# The Pharo 8 kernel image rebuilt with other class indices and at other base addresses gives the
# recorded answers too: nothing in the VM knows an index or an address of one image.
. "$(dirname "$0")/common.sh"

permute=$root/build/${PARLEY_CONFIG:-release}/tests/image/permute

# cases IMAGE LABEL: every recorded case on copies of the image.
cases() {
    local args name expected words code
    for args in "$images"/expected/pharo8/*.args; do
        name=$(basename "$args" .args)
        expected=${args%.args}
        cp "$1" case.image
        read -ra words <"$args"
        timeout 100 "$parley" "${switches[@]}" case.image "${words[@]}" >out 2>err
        code=$?
        cp "$expected.out" want
        if [ "$name" = version-first-line ]; then
            head -1 out >first && mv first out
            head -1 "$expected.out" >want
        fi
        if cmp -s want out && cmp -s "$expected.err" err && [ "$code" = "$(cat "$expected.rc")" ]; then
            ok "$2: $name"
        else
            not_ok "$2: $name (exit code $code)"
        fi
    done
}

permuted() {
    local label="seed $1, base $2${3:+, $3}"
    check "$label: permuted" "$permute" "$images/pharo8-kernel-spur64.image" p.image "$1" "$2" $3 >/dev/null
    check "$label: checks" "$parley" image check p.image >/dev/null
    timeout 100 "$parley" "${switches[@]}" p.image >out 2>err
    check "$label: first run" [ $? = 0 ]
    cases p.image "$label"
}

permuted 1 0x7fff00000000
permuted 2 0x100000008 compact
finish
