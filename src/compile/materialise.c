// SPDX-License-Identifier: MIT
// Code into objects: see materialise.h. Blocks refer to the code that they stand in, and a method
// state to its method, so a method exists before its literals do.
#include "compile/materialise.h"

#include "object/header.h"
#include "object/layouts.h"
#include "object/ops.h"

enum { TRAILER_BYTES = 5, PRIMITIVE_EXTERNAL_CALL = 117 };

typedef struct CodeContext {
    Materialiser *materialiser;
    ObjectMaker *maker;
    BytecodeSet set;
    Oop method; // or block, whose literals are made
    Oop outer;  // of a block: what it stands in
} CodeContext;

static Oop materialise_code(Materialiser *materialiser, const Code *code, BytecodeSet set,
                            Oop outer);
static Oop materialise_literal(const CodeContext *context, const Literal *literal);

// The sign, above the integer's bits, says which set the bytecodes are of.
static Oop method_header(const Code *code, BytecodeSet set) {
    return oop_from_bits(raw_from_int(code_header(code, CODE_V3PLUS)) |
                         (uint64_t)(set == CODE_SISTA) << 63);
}

static Oop materialise_array(const CodeContext *context, const Literal *literal) {
    Oop array = make_array(context->maker, literal->item_count);
    for (size_t i = 0; i < literal->item_count; i++)
        make_store(context->maker, array, i, materialise_literal(context, &literal->items[i]));
    return array;
}

static Oop materialise_integer(ObjectMaker *maker, const Literal *literal) {
    if (literal->text.length) return make_large_integer(maker, literal->text, literal->is_negative);
    return make_integer(maker, literal->integer);
}

static Oop materialise_decimal(const CodeContext *context, const Literal *literal) {
    ObjectMaker *maker = context->maker;
    Oop decimal = make_instance(maker, KNOWN_SCALED_DECIMAL);
    Oop numerator = materialise_literal(context, &literal->items[0]);
    Oop denominator = materialise_literal(context, &literal->items[1]);
    make_fill_known(maker, decimal, KNOWN_SCALED_DECIMAL, KNOWN_SLOT_NUMERATOR, numerator);
    make_fill_known(maker, decimal, KNOWN_SCALED_DECIMAL, KNOWN_SLOT_DENOMINATOR, denominator);
    make_fill_known(maker, decimal, KNOWN_SCALED_DECIMAL, KNOWN_SLOT_SCALE,
                    make_integer(maker, literal->integer));
    return decimal;
}

static Oop materialise_pragma(const CodeContext *context, const Literal *literal) {
    ObjectMaker *maker = context->maker;
    Oop pragma = make_instance(maker, KNOWN_PRAGMA),
        arguments = materialise_array(context, literal);
    make_read_only(maker, arguments);
    make_fill_known(maker, pragma, KNOWN_PRAGMA, KNOWN_SLOT_METHOD, context->method);
    make_fill_known(maker, pragma, KNOWN_PRAGMA, KNOWN_SLOT_SELECTOR,
                    make_symbol(maker, literal->text));
    make_fill_known(maker, pragma, KNOWN_PRAGMA, KNOWN_SLOT_ARGUMENTS, arguments);
    make_fill_known(maker, pragma, KNOWN_PRAGMA, KNOWN_SLOT_ARGUMENTS_TOO, arguments);
    return pragma;
}

// Whether the literal, of a method, is the selector, or the state that has it.
static bool is_selector_literal(const CodeContext *context, const Code *code, size_t index) {
    return !code->is_block && index + 2 == code->literal_count &&
           context->maker->classes[KNOWN_METHOD_STATE];
}

// A literal that is a selector only counts as a state without pragmas.
static Oop materialise_state(const CodeContext *context, const Literal *literal) {
    ObjectMaker *maker = context->maker;
    const GraphClass *class = maker->classes[KNOWN_METHOD_STATE];
    Oop selector = make_symbol(maker, literal->text), source = context->materialiser->source;
    bool has_source = !oop_is_none(source);
    if (!class || (literal->kind == LITERAL_SYMBOL && !has_source)) return selector;
    size_t named = class->sides[INSTANCE_SIDE].all_variables.count;
    size_t pragma_count = literal->kind == LITERAL_SYMBOL ? 0 : literal->item_count;
    Oop state = make_object(maker, maker->class_indices[KNOWN_METHOD_STATE], FORMAT_MIXED,
                            named + pragma_count + has_source);
    make_store(maker, state, ADDITIONAL_METHOD_STATE_METHOD, context->method);
    make_store(maker, state, ADDITIONAL_METHOD_STATE_SELECTOR, selector);
    for (size_t i = 0; i < pragma_count; i++)
        make_store(maker, state, named + i, materialise_literal(context, &literal->items[i]));
    if (has_source)
        make_store(maker, state, named + pragma_count,
                   make_association(maker, make_symbol(maker, text_from_chars("source")), source));
    return state;
}

static Oop materialise_class_binding(const CodeContext *context) {
    ObjectMaker *maker = context->maker;
    Oop binding = context->materialiser->class_binding;
    bool in_block = oop_bits(context->outer) != oop_bits(make_nil(maker));
    return in_block && context->materialiser->copies_class_binding ? make_copy(maker, binding)
                                                                   : binding;
}

// A closure without an outer context, which answers a literal or touches nothing outside.
static Oop materialise_closure(const CodeContext *context, const Literal *literal,
                               KnownClass role) {
    ObjectMaker *maker = context->maker;
    unsigned count = literal->code->argument_count;
    if (role == KNOWN_CONSTANT_BLOCK && count <= 3 && maker->classes[role + count]) role += count;
    const GraphClass *class = maker->classes[role];
    size_t named = class->sides[INSTANCE_SIDE].all_variables.count;
    Oop closure = make_object(maker, maker->class_indices[role], FORMAT_MIXED, named);
    Oop block =
        materialise_code(context->materialiser, literal->code, context->set, context->method);
    make_store(maker, closure, FULL_CLOSURE_COMPILED_BLOCK, block);
    make_store(maker, closure, CLOSURE_ARGUMENT_COUNT, make_integer(maker, count));
    if (literal->item_count)
        make_store(maker, closure, named - 1, materialise_literal(context, &literal->items[0]));
    return closure;
}

static Oop materialise_read_only(const CodeContext *context, const Literal *literal) {
    ObjectMaker *maker = context->maker;
    switch (literal->kind) {
    case LITERAL_INTEGER:
        return materialise_integer(maker, literal);
    case LITERAL_FLOAT:
        return make_float(maker, literal->real);
    case LITERAL_SCALED_DECIMAL:
        return materialise_decimal(context, literal);
    case LITERAL_STRING:
        return make_string(maker, literal->text);
    case LITERAL_BYTE_ARRAY:
        return make_bytes(maker, KNOWN_BYTE_ARRAY, literal->text.bytes, literal->text.length);
    default:
        return materialise_array(context, literal);
    }
}

static Oop materialise_literal(const CodeContext *context, const Literal *literal) {
    ObjectMaker *maker = context->maker;
    Materialiser *materialiser = context->materialiser;
    Oop object;
    switch (literal->kind) {
    case LITERAL_NIL:
        return make_nil(maker);
    case LITERAL_TRUE:
        return make_bool(maker, true);
    case LITERAL_FALSE:
        return make_bool(maker, false);
    case LITERAL_CHARACTER:
        return make_character(literal->integer);
    case LITERAL_SYMBOL:
        return make_symbol(maker, literal->text);
    case LITERAL_BINDING:
        return materialiser->binding(materialiser->context, literal->text);
    case LITERAL_CLASS_BINDING:
        return materialise_class_binding(context);
    case LITERAL_CODE:
        return materialise_code(materialiser, literal->code, context->set, context->method);
    case LITERAL_CONSTANT_BLOCK:
        return materialise_closure(context, literal, KNOWN_CONSTANT_BLOCK);
    case LITERAL_CLEAN_BLOCK:
        return materialise_closure(context, literal, KNOWN_CLEAN_BLOCK);
    case LITERAL_OUTER:
        return context->outer;
    case LITERAL_METHOD_STATE:
        return materialise_state(context, literal);
    case LITERAL_PRAGMA:
        return materialise_pragma(context, literal);
    default:
        object = materialise_read_only(context, literal);
        make_read_only(maker, object);
        return object;
    }
}

static void store_bytes(Oop object, const Code *code, uint64_t position, size_t trailer) {
    uint8_t *bytes = (uint8_t *)(uintptr_t)(oop_bits(object) + 8 + 8 * (code->literal_count + 1));
    memcpy(bytes, code->bytes, code->byte_count);
    if (!trailer) return;
    for (unsigned i = 0; i < 4; i++)
        bytes[code->byte_count + i] = (uint8_t)(position >> 8 * i);
    bytes[code->byte_count + 4] = 0;
}

static Oop materialise_code(Materialiser *materialiser, const Code *code, BytecodeSet set,
                            Oop outer) {
    ObjectMaker *maker = materialiser->maker;
    size_t trailer = code->is_block ? 0 : TRAILER_BYTES, bytes = code->byte_count + trailer;
    size_t words = (bytes + 7) / 8;
    KnownClass role = code->is_block ? KNOWN_COMPILED_BLOCK : KNOWN_COMPILED_METHOD;
    Oop object = make_object(maker, maker->class_indices[role],
                             FORMAT_COMPILED_METHOD + (unsigned)(words * 8 - bytes),
                             1 + code->literal_count + words);
    if (maker->failed) return object;
    store_bytes(object, code, materialiser->source_position, trailer);
    CodeContext context = {materialiser, maker, set, object, outer};
    for (size_t i = 0; i < code->literal_count; i++)
        make_store(maker, object, 1 + i, make_nil(maker));
    raw_store(oop_bits(object) + 8, oop_bits(method_header(code, set)));
    for (size_t i = 0; i < code->literal_count; i++) {
        // VMs keep in its last two elements what they found behind the names.
        bool is_external_call = i == 0 && code->primitive == PRIMITIVE_EXTERNAL_CALL;
        const Literal *literal = &code->literals[i];
        Oop value = is_external_call && literal->kind == LITERAL_ARRAY
                        ? materialise_array(&context, literal)
                    : is_selector_literal(&context, code, i) ? materialise_state(&context, literal)
                                                             : materialise_literal(&context, literal);
        make_store(maker, object, 1 + i, value);
    }
    return object;
}

Oop materialise_method(Materialiser *materialiser, const Code *code, BytecodeSet set) {
    return materialise_code(materialiser, code, set, make_nil(materialiser->maker));
}
