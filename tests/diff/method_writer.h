// SPDX-License-Identifier: MIT
// Writes methods of either bytecode set, instruction by instruction, for tests that run them:
//
//     MethodWriter w;
//     writer_begin(&w, vm, is_sista, argument_count, temp_count);   arguments are temps, too
//     writer_put(&w, BC_PUSH_TEMP, 0, 0, 0);
//     unsigned jump = writer_jump(&w, BC_JUMP_IF_FALSE);
//     writer_send(&w, selector, 1);
//     writer_land(&w, jump);
//     Oop method = writer_end(&w, class);
//
// An instruction that the set cannot express makes the method a failed one: writer_end answers
// oop_none().
#ifndef PARLEY_TESTS_DIFF_METHOD_WRITER_H
#define PARLEY_TESTS_DIFF_METHOD_WRITER_H

#include "bytecode/instruction.h"
#include "run/vm.h"

enum { WRITER_BYTES = 4096, WRITER_LITERALS = 320 };

typedef struct MethodWriter {
    VM *vm;
    bool is_sista, has_primitive, has_failed;
    unsigned argument_count, temp_count, literal_count, byte_count;
    Oop literals[WRITER_LITERALS];
    uint8_t bytes[WRITER_BYTES];
} MethodWriter;

void writer_begin(MethodWriter *w, VM *vm, bool is_sista, unsigned argument_count,
                  unsigned temp_count);
void writer_put(MethodWriter *w, BytecodeOp op, int64_t a, int64_t b, int64_t c);
void writer_put_bytes(MethodWriter *w, const uint8_t *bytes, unsigned count);
// Only first in a method.
void writer_primitive(MethodWriter *w, unsigned number);
// The literal's index; the same one is not entered twice.
unsigned writer_literal(MethodWriter *w, Oop literal);
// The literals up to `index` are there, and that one is this.
void writer_literal_at(MethodWriter *w, unsigned index, Oop literal);
void writer_push_literal(MethodWriter *w, Oop literal);
void writer_send(MethodWriter *w, Oop selector, unsigned argument_count);
// A jump forward, and where it leads to: behind what was written until then.
unsigned writer_jump(MethodWriter *w, BytecodeOp op);
void writer_land(MethodWriter *w, unsigned jump);
// A jump back to where byte_count was `target`.
void writer_jump_back(MethodWriter *w, unsigned target);
// The method; its last literal is a binding of the class, so that it may send to super.
Oop writer_end(MethodWriter *w, Oop class_binding);

#endif
