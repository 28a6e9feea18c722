// SPDX-License-Identifier: MIT
// The pragma's argument is an array of + and - and names; a sign holds for all names behind it.
#include "compile/compiler_options.h"

static void switch_inlining(CompileOptions *options, unsigned mask, bool on) {
    if (on)
        options->not_inlined &= ~mask;
    else
        options->not_inlined |= mask;
}

static void switch_option(CompileOptions *options, Text name, bool on) {
    enum { ALL_INLININGS = ~0u };
#define INLINE_OPTION(word, INLINING)                                                              \
    if (text_is(name, word)) switch_inlining(options, 1u << INLINING, on);
#define FLAG_OPTION(word, field)                                                                   \
    if (text_is(name, word)) options->field = on;
#include "compile/compiler_options.tbl"
#undef INLINE_OPTION
#undef FLAG_OPTION
    if (text_is(name, "optionInlineNone") && on) options->not_inlined = ALL_INLININGS;
}

static void apply_pragma(CompileOptions *options, const Literal *array) {
    bool on = true;
    for (size_t i = 0; i < array->item_count; i++) {
        if (array->items[i].kind != LITERAL_SYMBOL) continue;
        Text word = array->items[i].text;
        if (text_is(word, "+") || text_is(word, "-"))
            on = word.bytes[0] == '+';
        else
            switch_option(options, word, on);
    }
}

CompileOptions compiler_options_for(const CompileOptions *options, const MethodNode *method) {
    CompileOptions result = *options;
    if (result.bytecode_set == CODE_V3PLUS) // Pharo 8 sends these
        result.not_inlined |= 1u << INLINE_REPEAT | 1u << INLINE_TIMES_REPEAT;
    for (const PragmaNode *pragma = method->pragmas; pragma; pragma = pragma->next)
        if (text_is(pragma->selector, "compilerOptions:") &&
            pragma->arguments[0].kind == LITERAL_ARRAY)
            apply_pragma(&result, &pragma->arguments[0]);
    return result;
}
