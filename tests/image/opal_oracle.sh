#!/bin/bash
# SPDX-License-Identifier: MIT
# The compiler against Pharo's own: the sources of the Pharo 8 kernel image, compiled with the V3
# back end, give the bytecodes and literals that stand in the image, but for the few classes of
# difference that docs/compiler.md explains. The sources (commit
# 9f5ce2e933bc762841674ca3cf8476248a10247d of the public repository pharo-project/pharo, folder src)
# are named by PARLEY_PHARO8_TREE or the first argument; without them the test skips itself.
. "$(dirname "$0")/common.sh"

tree=${1:-${PARLEY_PHARO8_TREE:-}}
image=$images/pharo8-kernel-spur64.image
oracle=$root/build/${PARLEY_CONFIG:-release}/tests/image/opal_oracle
if [ -z "$tree" ] || [ ! -d "$tree" ] || [ ! -f "$image" ]; then
    echo "ok 1 - opal_oracle.sh # SKIP no sources of Pharo 8 (set PARLEY_PHARO8_TREE to their folder src)"
    exit 0
fi

"$oracle" "$image" "$tree" --show 20 >out
code=$?
check "every method is equal, or different for a known reason (exit code $code)" [ $code = 0 ]
[ $code = 0 ] || cat out
finish
