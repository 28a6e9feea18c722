#!/bin/bash
# SPDX-License-Identifier: MIT
# Damaged image files: every prefix, and single changed bytes, are refused or accepted in time and
# without a crash; some of those accepted run under a tick limit. With PARLEY_NIGHTLY set, all of
# them: 20,000 changes checked, 2,000 run.
. "$(dirname "$0")/common.sh"

damage=$root/build/${PARLEY_CONFIG:-release}/tests/image/damage
changes=${PARLEY_NIGHTLY:+20000}
runs=${PARLEY_NIGHTLY:+2000}
step=4096
[ -n "${PARLEY_NIGHTLY:-}" ] || step=65536
# The promise of the checker, in milliseconds; sanitizers take their time.
export DAMAGE_MS=100
[ "${PARLEY_CONFIG:-release}" != san ] || DAMAGE_MS=3000

# damaged NAME ARGUMENTS...: the program says ok or not ok itself.
damaged() {
    local line
    line=$("$damage" "$parley" "$@")
    case $line in
    ok*) ok "${line#ok - }" ;;
    *) not_ok "${line#not ok - }" ;;
    esac
}

damaged "$images/candle-spur64.image" prefixes 4096 0 image check @
damaged "$images/pharo8-kernel-spur64.image" prefixes "$step" 0 image check @
damaged "$images/candle-spur64.image" bytes "${changes:-1000}" 1 image check @
damaged "$images/candle-spur64.image" bytes 100 2 image check @ --methods
damaged "$images/candle-spur64.image" bytes 50 3 image info @ --json

# An image may quit with any code but those of a broken VM; the tick limit gives 1.
export DAMAGE_MS=20000 DAMAGE_CODES='*'
damaged "$images/candle-spur64.image" bytes "${runs:-100}" 4 "${switches[@]}" --max-ticks 200000 @
damaged "$images/pharo8-kernel-spur64.image" bytes 20 5 "${switches[@]}" --max-ticks 200000 @ --list
finish
