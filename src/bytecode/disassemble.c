// SPDX-License-Identifier: MIT
// Disassembly: the texts of instructions.tbl with their marks filled in. It also runs when the VM
// is broken, so it checks what it reads of the method and needs no memory.
#include "bytecode/disassemble.h"

#include <inttypes.h>
#include <stdarg.h>

#include "object/ops.h"
#include "object/raw.h"

typedef struct Line {
    char *text;
    size_t length;
} Line;

__attribute__((format(printf, 2, 3))) static void put(Line *line, const char *format, ...) {
    size_t room = DISASSEMBLY_LINE_LIMIT - line->length;
    va_list arguments;
    va_start(arguments, format);
    int written = vsnprintf(line->text + line->length, room, format, arguments);
    va_end(arguments);
    if (written > 0) line->length += (size_t)written < room ? (size_t)written : room - 1;
}

static void put_literal(Line *line, Oop method, int64_t index, const LiteralNames *names) {
    char name[DISASSEMBLY_LINE_LIMIT] = "";
    put(line, "%" PRId64, index);
    if (!names || index < 0 || index >= num_concrete(method_literal_count(method))) return;
    if (index + 1 >= num_concrete(slot_count(method))) return;
    names->describe(names->context, slot_at(method, num(index + 1)), name, sizeof name);
    if (name[0]) put(line, " %s", name);
}

static void put_mark(Line *line, char mark, Oop method, const Instruction *in,
                     const LiteralNames *names) {
    switch (mark) {
    case 'a':
        put(line, "%" PRId64, in->a);
        return;
    case 'b':
        put(line, "%" PRId64, in->b);
        return;
    case 'c':
        put(line, "%" PRId64, in->c);
        return;
    case 'j':
        put(line, "%" PRId64, instruction_jump_target(in) + 1);
        return;
    case 'l':
        put_literal(line, method, in->a, names);
        return;
    default:
        put(line, "$%c", mark);
    }
}

static void put_bytes(Line *line, Oop method, uint32_t pc, uint32_t length) {
    const uint8_t *code = object_bytes(method);
    size_t column = line->length + 13;
    put(line, "<");
    for (uint32_t i = 0; i < length; i++)
        put(line, i ? " %02X" : "%02X", code[pc + i]);
    put(line, "> ");
    while (line->length < column)
        put(line, " ");
}

void disassemble_instruction(Oop method, const Instruction *in, const LiteralNames *names,
                             char text[DISASSEMBLY_LINE_LIMIT]) {
    Line line = {text, 0};
    put(&line, "%4" PRIu32 "  ", in->pc + 1);
    put_bytes(&line, method, in->pc, in->length);
    for (const char *from = bytecode_op_text(in->op); *from; from++) {
        if (*from == '$' && from[1])
            put_mark(&line, *++from, method, in, names);
        else
            put(&line, "%c", *from);
    }
}

static uint32_t code_limit(Oop method) {
    int64_t bytes = num_concrete(byte_count(method));
    return bytes > UINT32_MAX ? UINT32_MAX : (uint32_t)bytes;
}

uint32_t disassemble_at(Oop method, uint32_t pc, const LiteralNames *names,
                        char text[DISASSEMBLY_LINE_LIMIT]) {
    Instruction in;
    if (instruction_decode(object_bytes(method), code_limit(method), pc, method_is_sista(method),
                           &in)) {
        disassemble_instruction(method, &in, names, text);
        return in.length;
    }
    Line line = {text, 0};
    put(&line, "%4" PRIu32 "  cut off", pc + 1);
    return 0;
}

void disassemble_method(FILE *out, Oop method, uint32_t end_pc, uint32_t marked_pc,
                        const LiteralNames *names) {
    char text[DISASSEMBLY_LINE_LIMIT];
    uint32_t limit = code_limit(method), length = 1;
    if (end_pc == 0 || end_pc > limit) end_pc = limit;
    for (uint32_t pc = (uint32_t)num_concrete(method_first_pc(method)); pc < end_pc && length > 0;
         pc += length) {
        length = disassemble_at(method, pc, names, text);
        fprintf(out, "%s%s\n", pc == marked_pc ? "->" : "  ", text);
    }
}
