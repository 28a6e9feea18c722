#!/bin/bash
# SPDX-License-Identifier: MIT
# Fuzzes the image reader with libFuzzer, address and undefined-behaviour sanitizers.
#   tools/fuzz_image.sh [SECONDS] [CORPUS]     default: 600 seconds, build/fuzz/corpus
# A finding is left in build/fuzz. Exit code 0: none.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
seconds=${1:-600}
corpus=${2:-$root/build/fuzz/corpus}
if ! command -v clang >/dev/null; then
    echo "skipped: clang is not installed"
    exit 0
fi
mkdir -p "$root/build/fuzz" "$corpus"
cd "$root/build/fuzz"
flags=(-std=gnu11 -g -O1 -D_GNU_SOURCE -DPARLEY_DEBUG -I"$root/src" -I"$root/tests"
    -fno-strict-aliasing -fsanitize=address,undefined -fno-sanitize-recover=undefined)
clang "${flags[@]}" -o make_image_corpus "$root/tests/fuzz/make_image_corpus.c" \
    "$root"/src/image/format.c "$root"/src/base/status.c
./make_image_corpus "$corpus"
sources=()
for source in "$root"/src/image/{format,image_info,check,check_kernel,read,address_map,atomic_file,write}.c \
    "$root"/src/bytecode/{decode,verify}.c "$root"/src/base/status.c; do sources+=("$source"); done
clang "${flags[@]}" -fsanitize=fuzzer -o fuzz_image "$root/tests/fuzz/fuzz_image.c" "${sources[@]}"
./fuzz_image -max_total_time="$seconds" -max_len=400000 -timeout=5 -rss_limit_mb=2048 \
    -print_final_stats=1 "$corpus" 2>fuzz.log || { tail -40 fuzz.log; exit 1; }
tail -8 fuzz.log
