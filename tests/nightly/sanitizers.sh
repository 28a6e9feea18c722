#!/bin/bash
# SPDX-License-Identifier: MIT
# Damaged images at the nightly numbers, and all real images under the stress switches of every day,
# in the build with sanitizers.
root=${PARLEY_SOURCE:?}
export PARLEY_CONFIG=san
if ! make -s -C "$root" CONFIG=san all build/san/tests/image/damage >log 2>&1; then
    sed 's/^/# /' log
    echo "not ok 1 - the sanitizer build"
    exit 1
fi
failures=0
for test in image/damaged stress/switches; do
    mkdir run && cd run || exit 1
    "$root/tests/$test.sh" || failures=1
    cd .. && chmod -R u+w run && rm -rf run
done
exit $failures
