#!/bin/bash
# SPDX-License-Identifier: MIT
# The real images under every stress switch: what they do must not change. The rows of switches.tbl
# say which switches and which images; each row and image is one test. Every day, and under the
# sanitizers, the rows marked so; with PARLEY_NIGHTLY all of them.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../image/common.sh"
night=${PARLEY_NIGHTLY:+night}
[ "${PARLEY_CONFIG:-release}" != san ] || night=

declare -A scripts=([p]=pharo8 [c]=candle [f]=conformance)
# Some conformance tests are races of delays. Ticks instead of time decide them, however slow the
# switches and the machine are.
declare -A clocks=([f]=--deterministic)
while read -r when cases row; do
    [ "$when" = day ] || [ "$when" = "$night" ] || continue
    for ((i = 0; i < ${#cases}; i++)); do
        name=${scripts[${cases:i:1}]}
        mkdir case && cd case || exit 1
        PARLEY_SWITCHES="$row ${clocks[${cases:i:1}]:-}" "$here/../image/$name.sh" >../log 2>&1 </dev/null
        code=$?
        cd .. && rm -rf case
        check "$name $row" [ $code = 0 ]
        [ $code = 0 ] || grep -v '^ok' log | head -20
    done
done < <(grep -v '^#' "$here/switches.tbl")
finish
