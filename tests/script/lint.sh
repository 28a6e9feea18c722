#!/bin/bash
# SPDX-License-Identifier: MIT
# The sources keep the rules that the compiler does not check.
cd "${PARLEY_SOURCE:?}" || exit 1
if tools/lint.sh; then
    echo "ok 1 - lint"
else
    echo "not ok 1 - lint"
    exit 1
fi
echo 1..1
