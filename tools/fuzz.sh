#!/bin/bash
# SPDX-License-Identifier: MIT
# Fuzzes a part with libFuzzer, address and undefined-behaviour sanitizers (tests/fuzz/fuzz_PART.c).
#   tools/fuzz.sh PART [SECONDS]       default: 600 seconds
#     image      the image reader; seeds: small images that are made in memory
#     sources    the readers of source files; seeds: tests/build/mini, one of each format and a few
#                together
#     compile    the compiler; seeds: the lines below
#     run        the whole VM: the smallest of the real images (FUZZ_IMAGE: another) with some words
#                changed is loaded and run for a while
# The corpus and what was found are left in build/fuzz/found/PART. Exit code 0: nothing was found.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
part=$1
seconds=${2:-600}
images=${PARLEY_IMAGES:-$root/../shared/images}
if ! command -v clang >/dev/null; then
    echo "skipped: clang is not installed"
    exit 0
fi
make -s -C "$root" CONFIG=fuzz CC=clang "build/fuzz/fuzz_$part"
work=$root/build/fuzz/found/$part
mkdir -p "$work/corpus" "$work/scratch"
cd "$work/scratch"
options=(-max_total_time="$seconds" -print_final_stats=1 -artifact_prefix="$work/")

seed() { cat >"../corpus/$1"; }

begin_image() {
    make -s -C "$root" CONFIG=fuzz CC=clang build/fuzz/make_image_corpus
    "$root/build/fuzz/make_image_corpus" ../corpus
    options+=(-max_len=400000 -timeout=5 -rss_limit_mb=2048)
}

begin_sources() {
    local mini=$root/tests/build/mini file
    for file in "$mini"/Mini-System/*.st; do
        { printf 0 && cat "$file"; } | seed "tonel-$(basename "$file")"
    done
    { printf 0 && for file in "$mini"/Mini-System/*.class.st; do cat "$file" && printf '\001'; done; } |
        seed tonel-all
    { printf 1 && cat "$mini/Mini.st"; } | seed chunk-Mini.st
    printf "1Trait << #T slots: { #a }; package: 'P'!\nObject << #O traits: {T - {#x} @ {#y -> #z}}; tag: 'Q'; package: 'P'!\n!O class methodsFor: 'p' stamp: 's'!\nx\n\t^ 'a!!b'! !\n" |
        seed chunk-fluid
    printf '2{ "name" : "P", "list" : [ 1, true, null, "\\u00e9\\ud83d\\ude00" ], #key: #sym:bol:, x : Date['"'2020'"'] }' |
        seed notation
    options+=(-max_len=20000 -timeout=5 -rss_limit_mb=2048)
}

# The first byte of a seed chooses the options of the compiler.
begin_compile() {
    local number=0 line
    while IFS= read -r line; do
        number=$((number + 1))
        printf '\x12%s' "$line" | seed "sista$number"
        printf '\x11%s' "$line" | seed "v3$number"
        printf '\x50%s' "$line" | seed "script$number"
    done <<'END'
foo: x <primitive: 60 error: ec> | t | t := [:y | t := y + x. ^ t]. ^ t value: 16r1F
foo ^ #(1 foo nil $a 'b' #c (d) #[1 2]) , {3. 4.5e-3. 3.14s2}
foo: x x ifNil: [^ 1] ifNotNil: [:y | 1 to: y do: [:i | self a: i; b: i]]
foo | a b | [a < b] whileTrue: [a := a - 1]. ^ (a and: [b]) or: [a caseOf: {[1] -> [2]}]
foo: x <compilerOptions: #(+ optionInlineNone)> 3 timesRepeat: [x := [^ thisContext]]. super foo
END
    printf 'ifTrue:\nwhileFalse:\nto:do:\nifNotNil:\n<primitive: \n":="\n"#("\n"16r"\n"^"\n"[:x|"\n' |
        sed 's/^\([^"].*\)$/"\1"/' >words
    options+=(-max_len=20000 -timeout=10 -rss_limit_mb=2048 -dict=words)
}

begin_run() {
    FUZZ_IMAGE=$(realpath -m "${FUZZ_IMAGE:-$images/candle-spur64.image}")
    export FUZZ_IMAGE
    if [ ! -r "$FUZZ_IMAGE" ]; then
        echo "skipped: there is no image $FUZZ_IMAGE"
        exit 0
    fi
    options+=(-max_len=192 -timeout=20 -rss_limit_mb=4096)
}

"begin_$part"
"$root/build/fuzz/fuzz_$part" "${options[@]}" "$work/corpus" >/dev/null 2>"$work/log" || {
    tail -60 "$work/log"
    exit 1
}
tail -8 "$work/log"
