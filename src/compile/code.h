// SPDX-License-Identifier: MIT
// What the compiler answers: methods and blocks as plain data, with no heap behind them. Whoever
// has a heap (image builder, primitive of the running image) makes objects of it; whoever only
// wants to know whether the source is right looks at the diagnostics.
//
//     CompileOptions options = {.bytecode_set = CODE_SISTA};
//     Code *code = compile_method(unit, &options);     // unit.h; NULL: errors, see diagnostics
//
//     Code                     a method                    a full block
//       literals               ..., method state or        ..., outer code
//                              selector, class binding     (CODE_OUTER)
//       bytes                  the bytecodes, without trailer and padding
//
// All of it lives in one CodeArena and is freed with it.
#ifndef PARLEY_COMPILE_CODE_H
#define PARLEY_COMPILE_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compile/text.h"

typedef enum BytecodeSet { CODE_SISTA, CODE_V3PLUS } BytecodeSet;

// Where the value of each kind is: literal_kinds.tbl.
typedef enum LiteralKind {
#define LITERAL_KIND(NAME, place, given) LITERAL_##NAME,
#include "compile/literal_kinds.tbl"
#undef LITERAL_KIND
    LITERAL_KIND_COUNT
} LiteralKind;

typedef struct Literal Literal;
typedef struct Code Code;

struct Literal {
    LiteralKind kind;
    bool is_negative; // of a large integer
    int64_t integer;
    double real;
    Text text; // also the magnitude of a large integer: bytes, least significant first
    Literal *items;
    size_t item_count;
    Code *code;
};

// For the debugger (CompileOptions.source_map): from pc on, up to the next span's, the code belongs
// to this byte range of the unit's source. pc counts from 0, the first of `bytes`.
typedef struct CodeSpan {
    uint32_t pc;
    uint32_t start, end;
} CodeSpan;

// For the debugger: where a variable that the code can see lives. Of blocks inside V3 code, which
// have no Code of their own, the names stand with the method; first_pc and end_pc say where they
// count.
typedef struct CodeName {
    Text name;
    unsigned temp;    // number of the temporary, or of the one that holds the vector
    int vector_index; // element of that vector; -1: the temporary itself
    uint32_t first_pc, end_pc;
} CodeName;

struct Code {
    Literal *literals;
    size_t literal_count;
    uint8_t *bytes;
    size_t byte_count;
    unsigned argument_count;
    unsigned temp_count;  // arguments, copied values and temporaries
    unsigned primitive;   // 0: none
    unsigned stack_depth; // operands at most; the frame is large when depth and temporaries
    bool is_large_frame;  // exceed what a small one holds
    bool is_block;
    unsigned copied_count;           // of a block: how many of its temporaries are copied in
    Text selector;                   // of a method
    size_t source_start, source_end; // byte range in the unit's source
    CodeSpan *spans;
    size_t span_count;
    CodeName *names;
    size_t name_count;
};

// The integer in the method's header slot (docs/format.md): literals, frame, temporaries,
// arguments, and, for SistaV1, the sign.
static inline int64_t code_header(const Code *code, BytecodeSet set) {
    int64_t header = (int64_t)code->literal_count | (int64_t)(code->primitive != 0) << 16 |
                     (int64_t)code->is_large_frame << 17 | (int64_t)code->temp_count << 18 |
                     (int64_t)code->argument_count << 24;
    return set == CODE_SISTA ? header - (INT64_C(1) << 60) : header;
}

#endif
