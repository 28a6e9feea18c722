#!/bin/bash
# SPDX-License-Identifier: MIT
# Fuzzes the readers of source files with libFuzzer, address and undefined-behaviour sanitizers. The
# seeds are the sources of tests/build/mini, one of each format and a few together.
#   tools/fuzz_sources.sh [SECONDS] [CORPUS]     default: 600 seconds, build/fuzz/sources
# A finding is left in build/fuzz. Exit code 0: none.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
seconds=${1:-600}
corpus=${2:-$root/build/fuzz/sources}
if ! command -v clang >/dev/null; then
    echo "skipped: clang is not installed"
    exit 0
fi
mkdir -p "$root/build/fuzz" "$corpus"
cd "$root/build/fuzz"
mini=$root/tests/build/mini
for file in "$mini"/Mini-System/*.st; do
    { printf 0; cat "$file"; } >"$corpus/tonel-$(basename "$file")"
done
{ printf 0; for file in "$mini"/Mini-System/*.class.st; do cat "$file"; printf '\001'; done; } >"$corpus/tonel-all"
{ printf 1; cat "$mini/Mini.st"; } >"$corpus/chunk-Mini.st"
printf "1Trait << #T slots: { #a }; package: 'P'!\nObject << #O traits: {T - {#x} @ {#y -> #z}}; tag: 'Q'; package: 'P'!\n!O class methodsFor: 'p' stamp: 's'!\nx\n\t^ 'a!!b'! !\n" >"$corpus/chunk-fluid"
printf '2{ "name" : "P", "list" : [ 1, true, null, "\\u00e9\\ud83d\\ude00" ], #key: #sym:bol:, x : Date['"'2020'"'] }' >"$corpus/notation"
flags=(-std=gnu11 -g -O1 -D_GNU_SOURCE -DPARLEY_DEBUG -I"$root/src" -I"$root/tests"
    -fno-strict-aliasing -fsanitize=address,undefined -fno-sanitize-recover=undefined)
sources=()
for name in tonel chunk filetree notation read_sources source_tree class_graph traits text_map lexer numbers arena diagnostic; do
    sources+=("$root/src/compile/$name.c")
done
clang "${flags[@]}" -fsanitize=fuzzer -o fuzz_sources "$root/tests/fuzz/fuzz_sources.c" "${sources[@]}"
./fuzz_sources -max_total_time="$seconds" -max_len=20000 -timeout=5 -rss_limit_mb=2048 \
    -print_final_stats=1 "$corpus" 2>fuzz_sources.log || { tail -40 fuzz_sources.log; exit 1; }
tail -8 fuzz_sources.log
