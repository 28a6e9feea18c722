// SPDX-License-Identifier: MIT
// The recording build's operations. Each row of ops.tbl becomes a function that opens its operands
// to their concrete values, computes the row's own expression, and records a node (or, when the
// result is bool, a condition). So there is nothing here that knows what an operation means.
#include "object/record.h"

#include <inttypes.h>
#include <string.h>

#include "base/check.h"
#include "object/ops.h"
#include "object/raw.h"
#include "object/raw_values.h"

#define HANDLE_TAG      0x7EC0DE0000000000ull
#define HANDLE_TAG_MASK 0xFFFFFF0000000000ull

static _Thread_local Recording *current;

// ---- recordings and nodes

void record_begin(Recording *recording, void *client) {
    *recording = (Recording){.client = client};
    current = recording;
}

void record_end(Recording *recording) {
    array_free(&recording->nodes);
    array_free(&recording->conditions);
    array_free(&recording->effects);
    current = NULL;
}

Recording *record_current(void) {
    CHECK(current, "%s", "an operation outside of any recording");
    return current;
}

static uint64_t add_node(RecordNode node) {
    Recording *recording = record_current();
    bool pushed = array_push(&recording->nodes, node);
    CHECK(pushed, "%s", "no memory for a recording");
    return HANDLE_TAG + recording->nodes.count - 1;
}

const RecordNode *record_node(uint64_t handle) {
    if (handle == 0) return NULL;
    uint64_t index = handle & ~HANDLE_TAG_MASK;
    CHECK((handle & HANDLE_TAG_MASK) == HANDLE_TAG && index < record_current()->nodes.count,
          "%016" PRIx64 " is no handle", handle);
    return record_current()->nodes.items + index;
}

uint64_t record_bits(uint64_t handle) {
    const RecordNode *node = record_node(handle);
    return node ? node->bits : 0;
}

static uint64_t add_named(RecordType type, RecordKind kind, const char *name, uint64_t bits) {
    RecordNode node = {.type = type, .kind = kind, .bits = bits};
    snprintf(node.name, sizeof node.name, "%s", name);
    return add_node(node);
}

uint64_t record_input(RecordType type, const char *name, uint64_t bits) {
    return add_named(type, NODE_INPUT, name, bits);
}
uint64_t record_constant(RecordType type, uint64_t bits) {
    return add_named(type, NODE_CONSTANT, "", bits);
}
uint64_t record_named_constant(RecordType type, const char *name, uint64_t bits) {
    return add_named(type, NODE_CONSTANT, name, bits);
}
uint64_t record_result(RecordType type, const char *name, uint64_t bits) {
    char numbered[RECORD_NAME_LIMIT];
    snprintf(numbered, sizeof numbered, "%s %u", name, ++record_current()->result_count);
    return add_named(type, NODE_RESULT, numbered, bits);
}

// ---- operations

// A number that does not depend on any input. Oops always may: what they refer to is memory.
static bool is_constant_number(uint64_t handle) {
    const RecordNode *node = record_node(handle);
    return node && node->kind == NODE_CONSTANT && node->type != RECORD_OOP;
}

static bool are_constant_numbers(const uint64_t *operands, unsigned count) {
    for (unsigned i = 0; i < count; i++)
        if (!is_constant_number(operands[i])) return false;
    return true;
}

static uint64_t add_operation(RecordType type, const char *operation, uint64_t bits,
                              const uint64_t *operands, unsigned count) {
    RecordNode node = {.type = type,
                       .kind = NODE_OPERATION,
                       .bits = bits,
                       .operation = operation,
                       .operand_count = count};
    memcpy(node.operands, operands, count * sizeof *operands);
    return add_node(node);
}

static bool writes_into(const RecordEffect *effect, uint64_t object) {
    return effect->operand_count == 3 && record_bits(effect->operands[0]) == object;
}

// The node that this run wrote where `operation` reads: by the last store into the object, when
// its name is that of the read with "_put" behind it and its index is the same; otherwise 0.
static uint64_t written_node(const char *operation, const uint64_t *operands, unsigned count) {
    const Recording *recording = record_current();
    size_t length = strlen(operation);
    if (count != 2) return 0;
    for (size_t i = recording->effects.count; i > 0; i--) {
        const RecordEffect *effect = recording->effects.items + (i - 1);
        if (!writes_into(effect, record_bits(operands[0]))) continue;
        bool is_alike = strncmp(effect->operation, operation, length) == 0 &&
                        strcmp(effect->operation + length, "_put") == 0;
        if (!is_alike) return 0;
        if (record_bits(effect->operands[1]) == record_bits(operands[1]))
            return effect->operands[2];
    }
    return 0;
}

uint64_t record_operation(RecordType type, const char *operation, uint64_t bits,
                          const uint64_t *operands, unsigned count) {
    if (are_constant_numbers(operands, count)) return record_constant(type, bits);
    uint64_t written = written_node(operation, operands, count);
    if (written && record_node(written)->type == type && record_bits(written) == bits)
        return written;
    return add_operation(type, operation, bits, operands, count);
}

static void add_condition(uint64_t expression, bool outcome) {
    RecordCondition condition = {expression, outcome};
    bool pushed = array_push(&record_current()->conditions, condition);
    CHECK(pushed, "%s", "no memory for a recording");
}

bool record_predicate(const char *operation, bool outcome, const uint64_t *operands,
                      unsigned count) {
    if (!are_constant_numbers(operands, count))
        add_condition(add_operation(RECORD_BOOL, operation, outcome, operands, count), outcome);
    return outcome;
}

void record_effect(const char *operation, const uint64_t *operands, unsigned count) {
    RecordEffect effect = {.operation = operation, .operand_count = count};
    for (unsigned i = 0; i < count; i++) effect.operands[i] = operands[i];
    bool pushed = array_push(&record_current()->effects, effect);
    CHECK(pushed, "%s", "no memory for a recording");
}

// ---- the rows of ops.tbl

static uint64_t open_Oop(uint64_t handle) { return record_bits(handle); }
static int64_t open_Num(uint64_t handle) { return (int64_t)record_bits(handle); }
static uint64_t open_Word(uint64_t handle) { return record_bits(handle); }
static double open_Real(uint64_t handle) { return raw_double_of_bits(record_bits(handle)); }

#define OPERANDS operands, sizeof operands / sizeof *operands
#define close_Oop(name, value)                                                                     \
    (Oop) { record_operation(RECORD_OOP, name, value, OPERANDS) }
#define close_Num(name, value)                                                                     \
    (Num) { record_operation(RECORD_NUM, name, (uint64_t)(value), OPERANDS) }
#define close_Word(name, value)                                                                    \
    (Word) { record_operation(RECORD_WORD, name, value, OPERANDS) }
#define close_Real(name, value)                                                                    \
    (Real) { record_operation(RECORD_REAL, name, raw_bits_of_double(value), OPERANDS) }
#define close_bool(name, value) record_predicate(name, value, OPERANDS)

#define OP1(R, name, A, expression)                                                                \
    R name(A x) {                                                                                  \
        const uint64_t operands[] = {x.handle};                                                    \
        raw_##A a = open_##A(x.handle);                                                            \
        return close_##R(#name, (expression));                                                     \
    }
#define OP2(R, name, A, B, expression)                                                             \
    R name(A x, B y) {                                                                             \
        const uint64_t operands[] = {x.handle, y.handle};                                          \
        raw_##A a = open_##A(x.handle);                                                            \
        raw_##B b = open_##B(y.handle);                                                            \
        return close_##R(#name, (expression));                                                     \
    }
#define OP3(R, name, A, B, C, expression)                                                          \
    R name(A x, B y, C z) {                                                                        \
        const uint64_t operands[] = {x.handle, y.handle, z.handle};                                \
        raw_##A a = open_##A(x.handle);                                                            \
        raw_##B b = open_##B(y.handle);                                                            \
        raw_##C c = open_##C(z.handle);                                                            \
        return close_##R(#name, (expression));                                                     \
    }
// The sum, difference or product, wrapped around, is that of the operation without the question.
static const char *wrapping_operation(const char *overflows) {
    static const char *const wrapping[] = {"num_add", "num_sub", "num_mul"};
    for (size_t i = 0; i < sizeof wrapping / sizeof *wrapping; i++)
        if (strncmp(overflows, wrapping[i], strlen(wrapping[i])) == 0) return wrapping[i];
    return overflows;
}
#define OVERFLOWS(name, builtin)                                                                   \
    bool name(Num x, Num y, Num *result) {                                                         \
        const uint64_t operands[] = {x.handle, y.handle};                                          \
        int64_t value;                                                                             \
        bool overflows = builtin(open_Num(x.handle), open_Num(y.handle), &value);                  \
        *result = close_Num(wrapping_operation(#name), value);                                     \
        return close_bool(#name, overflows);                                                       \
    }
#include "object/ops.tbl"
#undef OP1
#undef OP2
#undef OP3
#undef OVERFLOWS

// ---- constants, and leaving the recorded world

Num num(int64_t value) { return (Num){record_constant(RECORD_NUM, (uint64_t)value)}; }
Word word(uint64_t value) { return (Word){record_constant(RECORD_WORD, value)}; }
Real real(double value) { return (Real){record_constant(RECORD_REAL, raw_bits_of_double(value))}; }
Oop oop_none(void) { return (Oop){0}; }

// The run now depends on the very value: a condition of its own.
int64_t num_concrete(Num value) {
    if (!is_constant_number(value.handle)) add_condition(value.handle, true);
    return open_Num(value.handle);
}

uint8_t *object_bytes(Oop object) {
    const uint64_t operands[] = {object.handle};
    record_effect("object_bytes", operands, 1);
    return (uint8_t *)(uintptr_t)(open_Oop(object.handle) + 8);
}
void object_set_hash(Oop object, Num hash) {
    const uint64_t operands[] = {object.handle, hash.handle};
    uint64_t raw = open_Oop(object.handle);
    raw_store(raw, header_with_hash(raw_load(raw), open_Word(hash.handle)));
    record_effect("object_set_hash", operands, 2);
}
void object_set_class_and_format(Oop object, Num class_index, Num format) {
    const uint64_t operands[] = {object.handle, class_index.handle, format.handle};
    uint64_t raw = open_Oop(object.handle);
    uint64_t header = header_with_class_index(raw_load(raw), open_Word(class_index.handle));
    raw_store(raw, header_with_format(header, (unsigned)open_Word(format.handle)));
    record_effect("object_set_class_and_format", operands, 3);
}

// ---- printing

static void print_constant(FILE *out, const RecordNode *node) {
    if (node->name[0])
        fputs(node->name, out);
    else if (node->type == RECORD_REAL)
        fprintf(out, "%.17g", raw_double_of_bits(node->bits));
    else if (node->type == RECORD_NUM)
        fprintf(out, "%" PRId64, (int64_t)node->bits);
    else if (node->type == RECORD_OOP && (node->bits & TAG_MASK) == TAG_INT)
        fprintf(out, "oop %" PRId64, raw_int(node->bits));
    else
        fprintf(out, "0x%" PRIx64, node->bits);
}

static void print_operands(FILE *out, const uint64_t *operands, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        if (i) fputs(", ", out);
        record_print_expression(out, operands[i]);
    }
}

void record_print_expression(FILE *out, uint64_t handle) {
    const RecordNode *node = record_node(handle);
    if (!node) {
        fputs("none", out);
        return;
    }
    switch (node->kind) {
    case NODE_CONSTANT:
        print_constant(out, node);
        return;
    case NODE_INPUT:
    case NODE_RESULT:
        fputs(node->name, out);
        return;
    case NODE_OPERATION:
        break;
    }
    fprintf(out, "%s(", node->operation);
    print_operands(out, node->operands, node->operand_count);
    fputc(')', out);
}

void record_print_conditions(FILE *out, const Recording *recording) {
    for (size_t i = 0; i < recording->conditions.count; i++) {
        RecordCondition condition = recording->conditions.items[i];
        const RecordNode *node = record_node(condition.expression);
        fputs(condition.outcome ? "  " : "  not ", out);
        record_print_expression(out, condition.expression);
        if (node->type != RECORD_BOOL) fprintf(out, " is %" PRId64, (int64_t)node->bits);
        fputc('\n', out);
    }
}

void record_print_effects(FILE *out, const Recording *recording) {
    for (size_t i = 0; i < recording->effects.count; i++) {
        const RecordEffect *effect = recording->effects.items + i;
        fprintf(out, "  ! %s(", effect->operation);
        print_operands(out, effect->operands, effect->operand_count);
        fputs(")\n", out);
    }
}
