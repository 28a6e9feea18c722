#!/bin/bash
# SPDX-License-Identifier: MIT
# Surroundings that are not what an image hopes for: closed standard streams, a folder that cannot
# be written, no sources and no changes file.
. "$(dirname "$0")/common.sh"

copy_image pharo8-kernel-spur64.image first.image
"$parley" first.image >/dev/null 2>&1 || exit

# runs_as_ever NAME IMAGE: printVersion prints what it always does; standard input as it is given.
runs_as_ever() {
    timeout 60 "$parley" "${switches[@]}" "$2" printVersion >out 2>err
    local code=$?
    check "$1: exit code 0 (was $code)" [ $code = 0 ]
    same "$1: standard output" want out
    check "$1: nothing on standard error" [ ! -s err ]
}
timeout 60 "$parley" "${switches[@]}" first.image printVersion >want 2>/dev/null </dev/null
check "the image tells its version" grep -q Pharo want

runs_as_ever "closed standard input" first.image <&-
runs_as_ever "standard input from nowhere" first.image </dev/null
timeout 60 "$parley" "${switches[@]}" first.image printVersion >&- 2>err </dev/null
code=$?
check "closed standard output: an end without a crash (exit code $code)" [ $code -le 1 ]
timeout 60 "$parley" "${switches[@]}" first.image printVersion >out 2>&- </dev/null
code=$?
check "closed standard error: exit code 0 (was $code)" [ $code = 0 ]
same "closed standard error: standard output" want out
timeout 60 "$parley" "${switches[@]}" first.image printVersion <&- >&- 2>&-
code=$?
check "all streams closed: an end without a crash (exit code $code)" [ $code -le 1 ]
timeout 60 "$parley" "${switches[@]}" first.image printVersion 2>err </dev/null | true
code=${PIPESTATUS[0]}
check "a reader that goes away: an end without a crash (exit code $code)" [ "$code" -le 1 ]

# Nothing but the image in its folder.
mkdir alone
cp first.image alone/i.image
runs_as_ever "no sources and no changes" alone/i.image </dev/null
check "and none are made" [ "$(ls alone)" = i.image ]

# A folder that cannot be written. The superuser writes everywhere but on what is mounted
# read-only, which needs a namespace of its own.
mkdir folder
copy_image pharo8-kernel-spur64.image folder/i.image
cp first.image folder/saved.image
as_reader() {
    if [ "$(id -u)" != 0 ]; then
        chmod 500 folder
        "$@"
        local code=$?
        chmod 700 folder
        return $code
    fi
    unshare -m sh -c 'mount --bind folder folder && mount -o remount,bind,ro folder && exec "$@"' - "$@"
}
if as_reader true 2>/dev/null; then
    before=$(sha256sum folder/i.image)
    as_reader timeout 60 "$parley" "${switches[@]}" folder/i.image >out 2>err </dev/null
    code=$?
    check "a first run that cannot save ends by itself (exit code $code)" [ $code -le 1 ]
    check "and says so" grep -q "^parley: image not saved: " err
    check "the image file is as it was" [ "$(sha256sum folder/i.image)" = "$before" ]
    check "and alone" [ "$(ls folder)" = "$(printf 'i.image\nsaved.image')" ]
    as_reader timeout 60 "$parley" "${switches[@]}" folder/saved.image printVersion >out 2>err </dev/null
    same "a folder that cannot be written: standard output" want out
    check "and nothing on standard error" [ ! -s err ]
else
    ok "a folder that cannot be written # SKIP the superuser may write everywhere here"
fi
finish
