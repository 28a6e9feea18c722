#!/bin/bash
# SPDX-License-Identifier: MIT
# The compiler's SistaV1 code against Pharo's own: the tiny CodeParadise image was compiled by the
# Opal of Pharo 10. Its sources (commit 801a9f9 of the public repository ErikOnBike/CP-Bootstrap,
# folder src) are named by PARLEY_TINY_TREE or the first argument; without them the test skips
# itself. docs/compiler.md explains what differs.
. "$(dirname "$0")/common.sh"

tree=${1:-${PARLEY_TINY_TREE:-}}
image=$images/codeparadise-spur32.image
oracle=$root/build/${PARLEY_CONFIG:-release}/tests/image/opal_oracle
if [ -z "$tree" ] || [ ! -d "$tree" ] || [ ! -f "$image" ]; then
    echo "ok 1 - sista_oracle.sh # SKIP no sources of the tiny image (set PARLEY_TINY_TREE to their folder src)"
    exit 0
fi
if ! command -v python3 >/dev/null; then
    echo "ok 1 - sista_oracle.sh # SKIP python3 is not installed"
    exit 0
fi

"$root/tests/image/widen.py" "$image" wide.image >out 2>&1
check "the image can be read" [ $? = 0 ]
"$oracle" wide.image "$tree" --set sista --show 20 >out
differing=$(awk '/ of [0-9]+ (refused|header|bytecodes|only literals)/ { n += $1 } END { print n + 0 }' out)
check "all methods but Exception>>printOn: are equal" [ "$differing" = 1 ]
check "which differs in its bytecodes" grep -q '^bytecodes differ: Exception>>printOn:$' out
finish
