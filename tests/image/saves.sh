#!/bin/bash
# SPDX-License-Identifier: MIT
# Saving: killed at any moment, the file is a whole image, the old or the new one; a folder that
# cannot be written gives an error and leaves the image as it is.
. "$(dirname "$0")/common.sh"

copy_image pharo8-kernel-spur64.image old.image
kills=${PARLEY_NIGHTLY:+200}
broken=0
for ((i = 0; i < ${kills:-15}; i++)); do
    cp old.image k.image
    "$parley" "${switches[@]}" k.image >/dev/null 2>&1 &
    victim=$!
    sleep "0.0$((RANDOM % 10))$((RANDOM % 10))"
    kill -9 $victim 2>/dev/null
    wait $victim 2>/dev/null
    "$parley" image check k.image >/dev/null 2>&1 || broken=$((broken + 1))
    rm -f k.image.saving-*
done
check "killed ${kills:-15} times while it saved: $broken broken images" [ $broken = 0 ]

# The superuser writes everywhere: there the file itself must stand for a refusal.
mkdir folder
cp old.image folder/r.image
if [ "$(id -u)" != 0 ]; then
    chmod 500 folder
    timeout 100 "$parley" "${switches[@]}" folder/r.image >out 2>err
    check "a folder that cannot be written is told on standard error" grep -q "not saved" err
    check "the image there is unchanged" cmp -s old.image folder/r.image
    chmod 700 folder
fi
finish
