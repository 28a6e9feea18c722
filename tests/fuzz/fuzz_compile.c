// SPDX-License-Identifier: MIT
// libFuzzer on the compiler: whatever the text is, compiling ends in a code that the bytecode
// verifier accepts, or in at least one error; and the same text gives the same code again. The
// first byte chooses the options. Build and run: tools/fuzz.sh compile
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile/check_code.h"
#include "compile/unit.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { ARENA_LIMIT = 256 * 1024 * 1024 };

static NameKind look_up(void *context, Text name) {
    (void)context;
    return name.length % 3 == 0 ? NAME_UNKNOWN : name.length % 3 == 1 ? NAME_BINDING : NAME_CLASS;
}

static CompileOptions options_from(uint8_t choice) {
    return (CompileOptions){.bytecode_set = choice & 1 ? CODE_V3PLUS : CODE_SISTA,
                            .constant_blocks = choice >> 1 & 1,
                            .clean_blocks = choice >> 2 & 1,
                            .strict = choice >> 3 & 1,
                            .warn = choice >> 4 & 1,
                            .source_map = true};
}

static Code *compile(CodeArena *arena, Diagnostics *diagnostics, Text source, uint8_t choice) {
    static const Text variables[] = {{"a", 1}, {"bb", 2}};
    CompileUnit unit = {
        .place = {.source = source, .file = "fuzz"},
        .kind = (UnitKind)(choice >> 5) % 3,
        .arena = arena,
        .diagnostics = diagnostics,
        .instance_variables = variables,
        .instance_variable_count = 2,
        .lookup = look_up,
    };
    CompileOptions options = options_from(choice);
    return compile_method(&unit, &options);
}

static void check_good(const Code *code, BytecodeSet set, CodeArena *scratch) {
    Diagnosis diagnosis = {""};
    if (code_verify(code, set, scratch, &diagnosis) == STATUS_OK) return;
    fprintf(stderr, "%s\n", diagnosis.text);
    abort();
}

static void check_same(const Code *a, const Code *b) {
    if (!a != !b) abort();
    if (!a) return;
    if (a->byte_count != b->byte_count || memcmp(a->bytes, b->bytes, a->byte_count) != 0) abort();
    if (a->literal_count != b->literal_count) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    if (size == 0) return 0;
    CodeArena arena = {.limit_bytes = ARENA_LIMIT}, other = {.limit_bytes = ARENA_LIMIT};
    Diagnostics diagnostics = {.arena = &arena}, again = {.arena = &other};
    Text source = {(const char *)bytes + 1, size - 1};
    Code *code = compile(&arena, &diagnostics, source, bytes[0]);
    if (!code && diagnostics.error_count == 0) abort();
    if (code && diagnostics.error_count != 0) abort();
    if (code) check_good(code, options_from(bytes[0]).bytecode_set, &other);
    check_same(code, compile(&other, &again, source, bytes[0]));
    FILE *nowhere = fopen("/dev/null", "w");
    for (size_t i = 0; nowhere && i < diagnostics.count; i++)
        diagnostic_print(&diagnostics.items[i], nowhere);
    if (nowhere) fclose(nowhere);
    code_arena_free(&arena);
    code_arena_free(&other);
    return 0;
}
