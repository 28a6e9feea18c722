#!/bin/bash
# SPDX-License-Identifier: MIT
# The kernel image: built twice it is the same, it is sound, the program carries it and starts it
# from memory as it does from a file.
set -u
. "$(dirname "$0")/../support/common.sh"

cp -r "$root/kernel" kernel
check "the kernel builds" bash -c "'$parley' build kernel -o one.image >one.out 2>one.err"
check "without a warning" [ ! -s one.err ]
mkdir elsewhere
mv kernel elsewhere/sources
check "it builds from another folder" "$parley" build --quiet elsewhere/sources -o two.image
check "both are the same, byte by byte" cmp one.image two.image
check "they are what the program carries" cmp one.image "$root/build/${PARLEY_CONFIG:-release}/kernel.image"
check "every method of it is sound" bash -c "'$parley' image check one.image --methods | grep -q 'sound, [0-9]* methods verified'"
check "--features tells" bash -c "'$parley' --features | grep -q 'kernel image: built in, [0-9]* bytes'"
"$parley" -e "3 + 4" >own.out 2>own.err </dev/null
own=$?
"$parley" one.image -e "3 + 4" >file.out 2>file.err </dev/null
check "the image in the program starts as the one in the file does" [ $own = $? ]
check "with the same output" cmp own.out file.out
check "--no-image-base relocates it" bash -c "'$parley' --no-image-base --verify-heap -e '3 + 4' >moved.out 2>&1; '$parley' -e '3 + 4' >there.out 2>&1; cmp moved.out there.out"

echo "1..$count"
[ $failures = 0 ]
