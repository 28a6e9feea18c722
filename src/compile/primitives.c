// SPDX-License-Identifier: MIT
// Module ParleyCompiler. The C code makes no symbols, bindings or methods: it depends on no layout
// of the image. What it answers is nested Arrays of SmallIntegers, ByteStrings and ByteArrays, of
// which Smalltalk makes them.
//
//   <primitive: 'primitiveCompile' module: 'ParleyCompiler'>
//   compile: source variables: names known: knownNames flags: flags
//
// The source is a ByteString in UTF-8. `names` is an Array of the instance variables, inherited
// ones first; `knownNames` an Array of the other names that mean something, or nil: all do. Flags:
// compile_flags.tbl. The answer is {code. diagnostics}; code is nil after an error.
//
//   code         {header. bytes. literals. selector. copied. start. end. spans. names. primitive}
//     header     the integer of the method's header, without the sign that tells the set
//     bytes      ByteArray, without trailer
//     literals   Array of kinds and values in turn, see literal_kinds.tbl
//     selector   ByteString; empty for blocks and expressions
//     copied     how many values are copied into the block
//     start end  its place in the source, as bytes from 1
//     spans      Array of pc (from 0, of `bytes`), start and end, in turn; empty without the flag
//     names      Array of name, temporary (from 0), element of the vector there (from 0, -1: none)
//   diagnostic   {severity. kind. message. line. column. start. end. unfinished}: severity 0 error,
//                1 warning; kind as in diagnostics.tbl; start and end as above, line and column
//                from 1; unfinished: true when more text behind the end could mend it
//
//   <primitive: 'primitiveStatementEnd' module: 'ParleyCompiler'>
//   endOfStatementIn: source from: position      where the statement that begins there ends: the
//                                                position (from 1) of its last byte
#include "compile/primitives.h"

#include <string.h>

#include "base/natural.h"
#include "compile/name_set.h"
#include "compile/unit.h"
#include "object/raw.h"
#include "plugin/operands.h"
#include "plugin/registry.h"
#include "run/primitive.h"

enum { ARENA_LIMIT = 1 << 30 };

typedef enum CompileFlag {
#define COMPILE_FLAG(NAME, bit, text) COMPILE_FLAG_##NAME = 1 << bit,
#include "compile/compile_flags.tbl"
#undef COMPILE_FLAG
} CompileFlag;

// ---- operands

static bool text_operand(Oop oop, Text *text) {
    if (!oop_is_bytes(oop)) return false;
    *text = (Text){(const char *)object_bytes(oop), (size_t)num_concrete(byte_count(oop))};
    return true;
}

// The objects do not move while the primitive runs, so the texts may point into them.
static bool texts_operand(CodeArena *arena, Oop oop, Text **texts, size_t *count) {
    if (!oop_is_array_format(oop)) return false;
    *count = (size_t)num_concrete(slot_count(oop));
    *texts = arena_new_array(arena, Text, *count);
    if (!*texts) return false;
    for (size_t i = 0; i < *count; i++)
        if (!text_operand(slot_at(oop, num((int64_t)i)), &(*texts)[i])) return false;
    return true;
}

static NameKind look_up(void *context, Text name) {
    return name_set_find(context, name) ? NAME_BINDING : NAME_UNKNOWN;
}

static void know_names(CompileUnit *unit, NameSet *set, const Text *names, size_t count) {
    name_set_start(set, unit->arena, NAME_SET_FIRST_SIZE);
    for (size_t i = 0; i < count; i++)
        name_set_add(set, names[i], set);
    unit->lookup = look_up;
    unit->lookup_context = set;
}

// ---- answers; oop_none() when there is no room

static Oop make_code(VM *vm, const Code *code);
static Oop make_literals(VM *vm, const Literal *items, size_t count);

static Oop make_text(VM *vm, Text text) {
    return prim_new_byte_string(vm, text.bytes, text.length);
}

static Oop make_bytes(VM *vm, const void *bytes, size_t size) {
    Oop array = prim_new_byte_array(vm, num((int64_t)size));
    if (!oop_is_none(array) && size) memcpy(object_bytes(array), bytes, size);
    return array;
}

static Oop make_integer(VM *vm, const Literal *literal) {
    Text bytes = literal->text;
    if (!bytes.length) return prim_integer_from_num(vm, num(literal->integer));
    int unused = (int)(-bytes.length & 7);
    Num class_index = num(literal->is_negative ? CLASS_INDEX_LARGE_NEGATIVE_INTEGER
                                               : CLASS_INDEX_LARGE_POSITIVE_INTEGER);
    Oop integer = prim_new_object(vm, class_index, FORMAT_8BIT + unused,
                                  num((int64_t)((bytes.length + 7) / 8)));
    if (!oop_is_none(integer)) memcpy(object_bytes(integer), bytes.bytes, bytes.length);
    return integer;
}

static Oop make_scaled(VM *vm, const Literal *literal) {
    ArrayBuilder array = operand_array(vm, 3);
    operand_array_put(vm, &array, make_integer(vm, &literal->items[0]));
    operand_array_put(vm, &array, make_integer(vm, &literal->items[1]));
    operand_array_put_integer(vm, &array, literal->integer);
    return operand_array_done(&array);
}

static Oop make_constant_block(VM *vm, const Literal *literal) {
    Oop kind_and_value = make_literals(vm, literal->items, 1);
    ArrayBuilder array = operand_array(vm, 3);
    operand_array_put(vm, &array, make_code(vm, literal->code));
    if (oop_is_none(kind_and_value)) return kind_and_value;
    operand_array_put(vm, &array, slot_at(kind_and_value, num(0)));
    operand_array_put(vm, &array, slot_at(kind_and_value, num(1)));
    return operand_array_done(&array);
}

static Oop make_pragma(VM *vm, const Literal *pragma) {
    ArrayBuilder array = operand_array(vm, 2);
    operand_array_put(vm, &array, make_text(vm, pragma->text));
    operand_array_put(vm, &array, make_literals(vm, pragma->items, pragma->item_count));
    return operand_array_done(&array);
}

static Oop make_method_state(VM *vm, const Literal *state) {
    ArrayBuilder pragmas = operand_array(vm, (int)state->item_count);
    for (size_t i = 0; i < state->item_count; i++)
        operand_array_put(vm, &pragmas, make_pragma(vm, &state->items[i]));
    ArrayBuilder array = operand_array(vm, 2);
    operand_array_put(vm, &array, make_text(vm, state->text));
    operand_array_put(vm, &array, operand_array_done(&pragmas));
    return operand_array_done(&array);
}

static Oop make_value(VM *vm, const Literal *literal) {
    switch (literal->kind) {
    case LITERAL_TRUE:
        return prim_bool(vm, true);
    case LITERAL_FALSE:
        return prim_bool(vm, false);
    case LITERAL_INTEGER:
        return make_integer(vm, literal);
    case LITERAL_FLOAT:
        return prim_float_from_real(vm, real(literal->real));
    case LITERAL_SCALED_DECIMAL:
        return make_scaled(vm, literal);
    case LITERAL_CHARACTER:
        return char_from_code(num(literal->integer));
    case LITERAL_STRING:
    case LITERAL_SYMBOL:
    case LITERAL_BINDING:
        return make_text(vm, literal->text);
    case LITERAL_BYTE_ARRAY:
        return make_bytes(vm, literal->text.bytes, literal->text.length);
    case LITERAL_ARRAY:
        return make_literals(vm, literal->items, literal->item_count);
    case LITERAL_CODE:
    case LITERAL_CLEAN_BLOCK:
        return make_code(vm, literal->code);
    case LITERAL_CONSTANT_BLOCK:
        return make_constant_block(vm, literal);
    case LITERAL_METHOD_STATE:
        return make_method_state(vm, literal);
    default:
        return prim_nil(vm);
    }
}

static Oop make_literals(VM *vm, const Literal *items, size_t count) {
    ArrayBuilder array = operand_array(vm, (int)(2 * count));
    for (size_t i = 0; i < count && !array.failed; i++) {
        operand_array_put_integer(vm, &array, items[i].kind);
        operand_array_put(vm, &array, make_value(vm, &items[i]));
    }
    return operand_array_done(&array);
}

static Oop make_spans(VM *vm, const Code *code) {
    ArrayBuilder array = operand_array(vm, (int)(3 * code->span_count));
    for (size_t i = 0; i < code->span_count; i++) {
        operand_array_put_integer(vm, &array, code->spans[i].pc);
        operand_array_put_integer(vm, &array, (int64_t)code->spans[i].start + 1);
        operand_array_put_integer(vm, &array, code->spans[i].end);
    }
    return operand_array_done(&array);
}

static Oop make_names(VM *vm, const Code *code) {
    ArrayBuilder array = operand_array(vm, (int)(3 * code->name_count));
    for (size_t i = 0; i < code->name_count; i++) {
        operand_array_put(vm, &array, make_text(vm, code->names[i].name));
        operand_array_put_integer(vm, &array, code->names[i].temp);
        operand_array_put_integer(vm, &array, code->names[i].vector_index);
    }
    return operand_array_done(&array);
}

static Oop make_code(VM *vm, const Code *code) {
    ArrayBuilder array = operand_array(vm, 10);
    operand_array_put_integer(vm, &array, code_header(code, CODE_V3PLUS));
    operand_array_put(vm, &array, make_bytes(vm, code->bytes, code->byte_count));
    operand_array_put(vm, &array, make_literals(vm, code->literals, code->literal_count));
    operand_array_put(vm, &array, make_text(vm, code->selector));
    operand_array_put_integer(vm, &array, code->copied_count);
    operand_array_put_integer(vm, &array, (int64_t)code->source_start + 1);
    operand_array_put_integer(vm, &array, (int64_t)code->source_end);
    operand_array_put(vm, &array, make_spans(vm, code));
    operand_array_put(vm, &array, make_names(vm, code));
    operand_array_put_integer(vm, &array, code->primitive);
    return operand_array_done(&array);
}

static Oop make_diagnostic(VM *vm, const Diagnostic *diagnostic) {
    ArrayBuilder array = operand_array(vm, 8);
    operand_array_put_integer(vm, &array, diagnostic->severity);
    operand_array_put(vm, &array,
                      make_text(vm, text_from_chars(diagnostic_kind_name(diagnostic->kind))));
    operand_array_put(vm, &array, make_text(vm, diagnostic->message));
    operand_array_put_integer(vm, &array, diagnostic->line);
    operand_array_put_integer(vm, &array, diagnostic->column);
    operand_array_put_integer(vm, &array, (int64_t)diagnostic->start + 1);
    operand_array_put_integer(vm, &array, (int64_t)diagnostic->end);
    operand_array_put(vm, &array, prim_bool(vm, diagnostic->is_unfinished));
    return operand_array_done(&array);
}

static Oop make_diagnostics(VM *vm, const Diagnostics *list) {
    ArrayBuilder array = operand_array(vm, (int)list->count);
    for (size_t i = 0; i < list->count; i++)
        operand_array_put(vm, &array, make_diagnostic(vm, &list->items[i]));
    return operand_array_done(&array);
}

// ---- the primitives

static CompileOptions options_from(int64_t flags) {
    return (CompileOptions){
        .bytecode_set = flags & COMPILE_FLAG_V3 ? CODE_V3PLUS : CODE_SISTA,
        .constant_blocks = flags & COMPILE_FLAG_CONSTANT_BLOCKS,
        .clean_blocks = flags & COMPILE_FLAG_CLEAN_BLOCKS,
        .long_receiver_access = flags & COMPILE_FLAG_LONG_ACCESS,
        .strict = flags & COMPILE_FLAG_STRICT,
        .declare = flags & COMPILE_FLAG_DECLARE,
        .warn = flags & COMPILE_FLAG_WARN,
        .source_map = flags & COMPILE_FLAG_SOURCE_MAP,
    };
}

static Outcome answer_compiled(VM *vm, CompileUnit *unit, int64_t flags) {
    CompileOptions options = options_from(flags);
    unit->kind = flags & COMPILE_FLAG_SCRIPT       ? UNIT_SCRIPT
                 : flags & COMPILE_FLAG_EXPRESSION ? UNIT_EXPRESSION
                                                   : UNIT_METHOD;
    Code *code = compile_method(unit, &options);
    if (unit->arena->is_exhausted) return prim_fail(vm, FAILURE_NO_C_MEMORY);
    ArrayBuilder answer = operand_array(vm, 2);
    operand_array_put(vm, &answer, code ? make_code(vm, code) : prim_nil(vm));
    operand_array_put(vm, &answer, make_diagnostics(vm, unit->diagnostics));
    return operand_answer(vm, operand_array_done(&answer));
}

static Outcome compile(VM *vm, CodeArena *arena) {
    Diagnostics diagnostics = {.arena = arena};
    CompileUnit unit = {.arena = arena, .diagnostics = &diagnostics};
    NameSet known;
    Text *variables, *names;
    size_t name_count;
    if (!text_operand(prim_argument(vm, 0), &unit.place.source) ||
        !texts_operand(arena, prim_argument(vm, 1), &variables, &unit.instance_variable_count))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    unit.instance_variables = variables;
    if (!oop_is(prim_argument(vm, 2), prim_nil(vm))) {
        if (!texts_operand(arena, prim_argument(vm, 2), &names, &name_count))
            return prim_fail(vm, FAILURE_BAD_ARGUMENT);
        know_names(&unit, &known, names, name_count);
    }
    if (!oop_is_int(prim_argument(vm, 3))) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    return answer_compiled(vm, &unit, num_concrete(num_from_oop(prim_argument(vm, 3))));
}

static Outcome prim_compile(VM *vm) {
    CodeArena arena = {.limit_bytes = ARENA_LIMIT};
    Outcome outcome = compile(vm, &arena);
    code_arena_free(&arena);
    return outcome;
}

static Outcome prim_statement_end(VM *vm) {
    Text source;
    if (!text_operand(prim_argument(vm, 0), &source) || !oop_is_int(prim_argument(vm, 1)))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    int64_t position = num_concrete(num_from_oop(prim_argument(vm, 1)));
    if (position < 1 || (uint64_t)position > source.length + 1)
        return prim_fail(vm, FAILURE_BAD_INDEX);
    size_t end = script_statement_end(source, (size_t)position - 1);
    return prim_answer(vm, oop_from_num(num((int64_t)end)));
}

static const Primitive compiler_primitives[] = {
    NAMED("ParleyCompiler", "primitiveCompile", prim_compile, 4, 1),
    NAMED("ParleyCompiler", "primitiveStatementEnd", prim_statement_end, 2, 0),
    NAMED("ParleyCompiler", "primitiveReadSources", prim_read_sources, 1, 0),
    NAMED_END,
};

Status compile_register_primitives(VM *vm) {
    return plugin_register_module(vm, compiler_primitives);
}
