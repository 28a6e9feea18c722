#!/bin/bash
# SPDX-License-Identifier: MIT
# --trace on a real image: what is traced is told on standard error, a line each, and the program
# does what it does without.
. "$(dirname "$0")/common.sh"

image=conformance/conformance-sista.image
copy_image "$image" a.image
timeout 100 "$parley" "${switches[@]}" a.image printVersion 'exc pass' >want 2>/dev/null </dev/null

# traced WORD PATTERN: every line that the trace adds looks like this, and there are some.
traced() {
    copy_image "$image" a.image
    timeout 100 "$parley" "${switches[@]}" --max-ticks=20000 "--trace=$1" a.image printVersion \
        >out 2>err </dev/null
    check "--trace=$1 tells" grep -qE "$2" err
    check "--trace=$1 tells nothing else" bash -c "! grep -vE '$2|^parley: ' err >strange"
    head -3 strange | sed 's/^/# /'
}
traced sends '^send .+>>'
traced bytecodes '^bytecode .+ +[0-9]+  <[0-9A-F]{2}( [0-9A-F]{2})*> +[a-z]'
traced primitives '^primitive [0-9]+ failed with [0-9]+, receiver '
traced processes '^process '

traced bytecodes '^bytecode '
check "a comparison is followed by its jump" \
    bash -c 'grep -A1 -E "send (<|=|==)$" err | grep -qE "jump to [0-9]+ if (true|false)$"'

copy_image "$image" a.image
timeout 100 "$parley" "${switches[@]}" --trace=bytecodes a.image printVersion 'exc pass' >out 2>/dev/null </dev/null
same "the program prints what it prints without a trace" want out
finish
