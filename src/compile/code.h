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

typedef enum LiteralKind {
    LITERAL_NIL,
    LITERAL_TRUE,
    LITERAL_FALSE,
    LITERAL_INTEGER,        // `integer`, or where that does not fit 64 bits `magnitude` and sign
    LITERAL_FLOAT,          // `real`
    LITERAL_SCALED_DECIMAL, // items[0] / items[1], two integers; `integer` is the scale
    LITERAL_CHARACTER,      // `integer`, a code point
    LITERAL_STRING,         // `text`, UTF-8; wide where a code point is above 255
    LITERAL_SYMBOL,         // `text`
    LITERAL_BYTE_ARRAY,     // `text`, the bytes
    LITERAL_ARRAY,          // `items`
    LITERAL_BINDING,        // `text`, the name of a global, class or pool variable as written
    LITERAL_CLASS_BINDING,  // the binding of the class that the method is compiled in
    LITERAL_CODE,           // `code`, a CompiledBlock
    LITERAL_CONSTANT_BLOCK, // `code` is its CompiledBlock, items[0] what it answers
    LITERAL_CLEAN_BLOCK,    // `code` is its CompiledBlock
    LITERAL_OUTER,          // last literal of a block: the code that it stands in
    LITERAL_METHOD_STATE,   // an AdditionalMethodState: `text` is the selector, items are pragmas
    LITERAL_PRAGMA,         // `text` is the selector, items its arguments
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
