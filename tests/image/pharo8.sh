#!/bin/bash
# SPDX-License-Identifier: MIT
# The Pharo 8 kernel image: the first run saves it in place, every recorded case then gives the
# recorded output, error and exit code, byte for byte.
. "$(dirname "$0")/common.sh"

copy_image pharo8-kernel-spur64.image pharo.image
before=$(stat -c %s pharo.image)
timeout 100 "$parley" "${switches[@]}" pharo.image >out 2>err
code=$?
check "first run exits with 0 (was $code)" [ $code = 0 ]
check "first run prints nothing" [ ! -s out -a ! -s err ]
check "first run leaves a larger image" [ "$(stat -c %s pharo.image)" -gt "$before" ]
check "the saved image passes the checker" "$parley" image check pharo.image

pharo8_cases "" pharo.image "$parley" "${switches[@]}"
finish
