#!/bin/bash
# SPDX-License-Identifier: MIT
# PharoCandle: the smallest real image runs its benchmark, writes log1.txt and quits.
. "$(dirname "$0")/common.sh"

copy_image candle-spur64.image candle.image
timeout 100 "$parley" "${switches[@]}" candle.image >out 2>err
code=$?
check "candle exits with 0 (was $code)" [ $code = 0 ]
check "candle writes log1.txt" grep -q "bytecodes/sec" log1.txt
check "candle says nothing on standard error" [ ! -s err ]
finish
