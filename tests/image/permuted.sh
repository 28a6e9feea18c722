#!/bin/bash
# SPDX-License-Identifier: MIT
# The Pharo 8 kernel image rebuilt with other class indices and at other base addresses gives the
# recorded answers too: nothing in the VM knows an index or an address of one image.
. "$(dirname "$0")/common.sh"

permute=$root/build/${PARLEY_CONFIG:-release}/tests/image/permute

permuted() {
    local label="seed $1, base $2${3:+, $3}"
    check "$label: permuted" "$permute" "$images/pharo8-kernel-spur64.image" p.image "$1" "$2" $3 >/dev/null
    check "$label: checks" "$parley" image check p.image >/dev/null
    timeout 100 "$parley" "${switches[@]}" p.image >out 2>err
    check "$label: first run" [ $? = 0 ]
    pharo8_cases "$label: " p.image "$parley" "${switches[@]}"
}

permuted 1 0x7fff00000000
permuted 2 0x100000008 compact
finish
