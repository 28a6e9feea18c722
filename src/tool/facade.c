// SPDX-License-Identifier: MIT
// See facade.h. What a literal is follows from the first bytecode that names it: an association
// where its value is read or written, a block where a closure is made on it, else a string.
#include "tool/facade.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytecode/instruction.h"
#include "object/header.h"
#include "run/interpreter.h"

enum {
    OLD_SPACE_BASE = 0x40000000, // 1 GB: free in most processes
    RESERVE_BYTES = 64 << 20,
    NO_CLASS = HEADER_CLASS_INDEX_MASK, // the class index of objects that need no class
    LITERAL_LIMIT = 256,
    NAME_BYTES = 64,
    OWN_LITERALS = 2, // behind the others: the selector, and where the method's class would be
};

typedef enum LiteralUse { USE_STRING, USE_VARIABLE, USE_BLOCK } LiteralUse;

typedef struct Literals {
    size_t count;
    LiteralUse uses[LITERAL_LIMIT];
    int64_t copied[LITERAL_LIMIT]; // values that a block has
} Literals;

VM *facade_new(uint64_t code_bytes, Diagnosis *diagnosis) {
    VMOptions options;
    vm_default_options(&options);
    options.code_bytes = code_bytes;
    options.reserve_bytes = RESERVE_BYTES;
    options.heap.eden_bytes = 1 << 20;
    VM *vm = vm_new(&options, OLD_SPACE_BASE, diagnosis);
    if (!vm) return NULL;
    if (heap_bootstrap(&vm->heap, diagnosis) == STATUS_OK) {
        vm_find_known_classes(vm);
        vm_find_special_selectors(vm);
        return vm;
    }
    vm_destroy(vm);
    return NULL;
}

void facade_destroy(VM *vm) { vm_destroy(vm); }

// ---- objects

static Oop make_object(VM *vm, unsigned format, uint64_t slots) {
    return heap_allocate_old(&vm->heap, NO_CLASS, format, slots);
}

static Oop make_bytes(VM *vm, unsigned format, const void *bytes, size_t size, uint64_t first) {
    uint64_t slots = first + (size + 7) / 8;
    Oop object = make_object(vm, format + (unsigned)(-size & 7), slots);
    if (oop_is_none(object)) return object;
    memcpy((void *)(uintptr_t)raw_slot_address(oop_bits(object), first), bytes, size);
    return object;
}

static void put(Oop object, uint64_t index, Oop value) {
    raw_store(raw_slot_address(oop_bits(object), index), oop_bits(value));
}

static Oop make_string(VM *vm, const char *text) {
    return make_bytes(vm, FORMAT_8BIT, text, strlen(text), 0);
}

static Oop make_variable(VM *vm, const char *name) {
    Oop variable = make_object(vm, FORMAT_FIXED, ASSOCIATION_VALUE + 1),
        key = make_string(vm, name);
    if (oop_is_none(variable) || oop_is_none(key)) return oop_none();
    put(variable, ASSOCIATION_KEY, key);
    return variable;
}

// The integer in a method's header slot (docs/format.md).
static Oop method_header(bool is_sista, size_t literals, unsigned temps, unsigned arguments) {
    int64_t header =
        (int64_t)literals | (int64_t)1 << 17 | (int64_t)temps << 18 | (int64_t)arguments << 24;
    return oop_from_num(num(is_sista ? header - (INT64_C(1) << 60) : header));
}

// A CompiledBlock that answers nil.
static Oop make_block(VM *vm, unsigned copied) {
    static const uint8_t code[] = {0x4F, 0x5E};
    Oop block = make_bytes(vm, FORMAT_COMPILED_METHOD, code, sizeof code, 1);
    if (!oop_is_none(block)) put(block, 0, method_header(true, 0, copied, 0));
    return block;
}

// ---- what literals are

static bool use_of_literal(const Instruction *in, LiteralUse *use) {
    switch (in->op) {
    case BC_PUSH_LITERAL_VARIABLE:
    case BC_STORE_LITERAL_VARIABLE:
    case BC_POP_INTO_LITERAL_VARIABLE:
        *use = USE_VARIABLE;
        return true;
    case BC_PUSH_FULL_CLOSURE:
        *use = USE_BLOCK;
        return true;
    case BC_PUSH_LITERAL:
    case BC_SEND:
    case BC_SUPER_SEND:
    case BC_DIRECTED_SUPER_SEND:
        *use = USE_STRING;
        return true;
    default:
        return false;
    }
}

// False: an index is too large.
static bool find_uses(const FacadeMethod *method, Literals *literals) {
    Instruction in;
    LiteralUse use;
    bool known[LITERAL_LIMIT] = {false};
    for (uint32_t pc = 0;
         instruction_decode(method->code, (uint32_t)method->code_size, pc, method->is_sista, &in);
         pc = instruction_next_pc(&in)) {
        if (!use_of_literal(&in, &use)) continue;
        if (in.a < 0 || in.a >= LITERAL_LIMIT) return false;
        if (known[in.a]) continue;
        known[in.a] = true;
        literals->uses[in.a] = use;
        literals->copied[in.a] = in.b;
        if ((size_t)in.a >= literals->count) literals->count = (size_t)in.a + 1;
    }
    return true;
}

// The name of literal i: the i-th word, or one of our own.
static void literal_name(const char *words, size_t i, char *name) {
    snprintf(name, NAME_BYTES, "literal%zu", i);
    for (const char *at = words; at && *at;) {
        size_t length = strcspn(at, " ");
        if (length && i-- == 0) {
            snprintf(name, NAME_BYTES, "%.*s", (int)(length < NAME_BYTES ? length : NAME_BYTES),
                     at);
            return;
        }
        at += length + (at[length] == ' ');
    }
}

static Oop make_literal(VM *vm, const Literals *literals, size_t i, const char *name) {
    char *end;
    long long number = strtoll(name, &end, 10);
    if (literals->uses[i] == USE_VARIABLE) return make_variable(vm, name);
    if (literals->uses[i] == USE_BLOCK) return make_block(vm, (unsigned)literals->copied[i]);
    if (!*end) return oop_from_num(num(number));
    return make_string(vm, name);
}

Oop facade_method(VM *vm, const FacadeMethod *method, Diagnosis *diagnosis) {
    Literals literals = {0};
    if (!find_uses(method, &literals)) {
        diagnose(diagnosis, STATUS_LIMIT, "more than %d literals", LITERAL_LIMIT);
        return oop_none();
    }
    // The code lies behind header and literals: its pcs begin there.
    size_t count = literals.count + OWN_LITERALS;
    Oop made = make_bytes(vm, FORMAT_COMPILED_METHOD, method->code, method->code_size, count + 1);
    Oop selector = make_string(vm, method->name), class_variable = make_variable(vm, "Facade");
    bool no_room = oop_is_none(made) || oop_is_none(selector) || oop_is_none(class_variable);
    for (size_t i = 0; i < literals.count && !no_room; i++) {
        char name[NAME_BYTES];
        literal_name(method->literals, i, name);
        Oop literal = make_literal(vm, &literals, i, name);
        no_room |= oop_is_none(literal);
        put(made, i + 1, literal);
    }
    if (no_room) {
        diagnose(diagnosis, STATUS_NO_MEMORY, "not enough memory");
        return oop_none();
    }
    put(made, 0,
        method_header(method->is_sista, count, method->temp_count + method->argument_count,
                      method->argument_count));
    put(made, count - 1, selector);
    put(made, count, class_variable);
    return made;
}
