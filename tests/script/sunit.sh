#!/bin/bash
# SPDX-License-Identifier: MIT
# Every SUnit test of the kernel, in the image that the program carries; one line a test.
set -u
root=${PARLEY_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
parley=$root/build/${PARLEY_CONFIG:-release}/parley
"$parley" test --tap </dev/null
