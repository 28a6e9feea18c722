// SPDX-License-Identifier: MIT
// See unwind.h. An .eh_frame section holds a common entry (CIE) with what is true at a function's
// beginning, and an entry of the function (FDE) with what changes on the way.
#include "tool/unwind.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"

// DWARF's numbers of registers, operations and rules.
enum { DW_RBX = 3, DW_RBP = 6, DW_RSP = 7, DW_R12 = 12, DW_R15 = 15, DW_RETURN_ADDRESS = 16 };
enum {
    CFA_OFFSET = 0x80,
    CFA_ADVANCE4 = 0x04,
    CFA_SAME_VALUE = 0x08,
    CFA_DEF_CFA = 0x0C,
    CFA_DEF_CFA_EXPRESSION = 0x0F,
    CFA_EXPRESSION = 0x10,
    OP_DEREF = 0x06,
    OP_CONSTANT1 = 0x09, // a byte with sign
    OP_PLUS = 0x22,
    OP_BREG15 = 0x7F,
};
enum { WORD = 8, EXPRESSION_LIMIT = 16 };

static void put(Unwind *unwind, unsigned byte) {
    if (unwind->size < UNWIND_LIMIT) unwind->bytes[unwind->size++] = (uint8_t)byte;
}
static void put32(Unwind *unwind, uint32_t value) {
    for (int i = 0; i < 4; i++)
        put(unwind, value >> 8 * i & 255);
}
static void put64(Unwind *unwind, uint64_t value) {
    put32(unwind, (uint32_t)value);
    put32(unwind, (uint32_t)(value >> 32));
}
static void put_unsigned(Unwind *unwind, uint64_t value) { // LEB128
    for (; value > 127; value >>= 7)
        put(unwind, (unsigned)(value & 127) | 128);
    put(unwind, (unsigned)value);
}
static void put_signed(Unwind *unwind, int64_t value) {
    for (; value < -64 || value > 63; value >>= 7)
        put(unwind, (unsigned)(value & 127) | 128);
    put(unwind, (unsigned)(value & 127));
}

// ---- entries: each begins with its length, and is padded to whole words

static size_t begin_entry(Unwind *unwind) {
    put32(unwind, 0);
    return unwind->size;
}
static void end_entry(Unwind *unwind, size_t begin) {
    while (unwind->size % WORD && unwind->size < UNWIND_LIMIT)
        put(unwind, 0); // DW_CFA_nop
    store_u32(unwind->bytes + begin - 4, (uint32_t)(unwind->size - begin));
}

// A function whose caller goes on at the instruction itself, not behind a call, is one that a
// signal interrupted, in DWARF's words. Debuggers let its stack lie anywhere.
static void put_common(Unwind *unwind, bool is_signal) {
    size_t begin = begin_entry(unwind);
    put32(unwind, 0); // that it is a CIE
    put(unwind, 1);   // version
    for (const char *at = is_signal ? "zRS" : "zR"; *at; at++)
        put(unwind, (unsigned char)*at);
    put(unwind, 0);
    put(unwind, 1);            // unit of places
    put_signed(unwind, -WORD); // unit of offsets
    put(unwind, DW_RETURN_ADDRESS);
    put(unwind, 1); // bytes of what the letters announce:
    put(unwind, 0); // addresses are absolute, 8 bytes
    put(unwind, CFA_DEF_CFA);
    put(unwind, DW_RSP);
    put(unwind, WORD);
    put(unwind, CFA_OFFSET | DW_RETURN_ADDRESS);
    put(unwind, 1);
    end_entry(unwind, begin);
}

static size_t begin_function(Unwind *unwind, uint64_t start, uint64_t end, bool is_signal) {
    *unwind = (Unwind){.size = 0};
    put_common(unwind, is_signal);
    size_t begin = begin_entry(unwind);
    put32(unwind, (uint32_t)begin); // how far back the common entry lies
    unwind->place = unwind->size;
    put64(unwind, start);
    put64(unwind, end - start);
    put(unwind, 0);
    return begin;
}
static void end_function(Unwind *unwind, size_t begin) {
    end_entry(unwind, begin);
    put32(unwind, 0); // no more
}

// ---- methods and blocks

typedef enum FrameState {
    FRAME_NONE,   // the return address is on top
    FRAME_PUSHED, // the caller's FP above it
    FRAME_BUILT,  // FP points there
} FrameState;

typedef struct StateWriter {
    Unwind *unwind;
    FrameState state;
    uint32_t offset; // that was reached
    // What holds at labels, plus 1, by the jumps to them; 0: not known.
    uint8_t *labels;
} StateWriter;

static void change_state(StateWriter *w, FrameState state, uint32_t offset) {
    Unwind *unwind = w->unwind;
    if (state == w->state) return;
    put(unwind, CFA_ADVANCE4);
    put32(unwind, offset - w->offset);
    put(unwind, CFA_DEF_CFA);
    put(unwind, state == FRAME_BUILT ? DW_RBP : DW_RSP);
    put(unwind, state == FRAME_NONE ? WORD : 2 * WORD);
    put(unwind, state == FRAME_NONE ? CFA_SAME_VALUE : CFA_OFFSET | DW_RBP);
    put(unwind, state == FRAME_NONE ? DW_RBP : 2);
    w->state = state;
    w->offset = offset;
}

static bool jumps_to_label(const IrIns *in) {
    IrForm form = ir_op_form(in->op);
    return in->op != IR_LABEL && (form == FORM_L || form == FORM_CL || form == FORM_RRL);
}

static bool goes_on(const IrIns *in) {
    return in->op != IR_JUMP && in->op != IR_RETURN && in->op != IR_JUMP_CODE &&
           in->op != IR_JUMP_REGISTER;
}

// The state behind the instruction.
static FrameState state_behind(const IrIns *in, FrameState state) {
    if (in->op == IR_PUSH && in->a == R_FP) return FRAME_PUSHED;
    if (in->op == IR_MOVE && in->a == R_FP) return FRAME_BUILT;
    return in->op == IR_POP && in->a == R_FP ? FRAME_NONE : state;
}

static void write_states(StateWriter *w, const Compilation *c) {
    const IrCode *ir = &c->ir;
    for (uint32_t i = 0; i < ir->count; i++) {
        const IrIns *in = &ir->instructions[i];
        uint8_t *known = in->extra >= 0 ? &w->labels[in->extra % (int32_t)ir->label_count] : NULL;
        if (in->op == IR_LABEL && *known) change_state(w, (FrameState)(*known - 1), ir->offsets[i]);
        if (jumps_to_label(in) && !*known) *known = (uint8_t)(w->state + 1);
        bool leaves = w->state != FRAME_NONE && in->op == IR_POP && in->a == R_FP;
        change_state(w, state_behind(in, w->state), ir->offsets[i + 1]);
        // Behind a frame's return others go on that have one.
        if (!goes_on(in) && i > 0 && w->state == FRAME_NONE && !leaves &&
            ir->instructions[i - 1].op == IR_POP && ir->instructions[i - 1].a == R_FP)
            change_state(w, FRAME_BUILT, ir->offsets[i + 1]);
    }
}

void unwind_code(Unwind *unwind, const Compilation *c, const Code *code) {
    size_t begin = begin_function(unwind, code->start, code->end, false);
    StateWriter writer = {.unwind = unwind, .labels = calloc(c->ir.label_count + 1, 1)};
    if (writer.labels && c->ir.label_count) write_states(&writer, c);
    free(writer.labels);
    end_function(unwind, begin);
}

void unwind_plain(Unwind *unwind, uint64_t start, uint64_t end) {
    end_function(unwind, begin_function(unwind, start, end, false));
}

// ---- stubs

// The VM's field at the offset: its address, or what it holds plus a constant.
static void put_field(Unwind *unwind, size_t offset, bool is_read, int constant) {
    Unwind expression = {.size = 0};
    put(&expression, OP_BREG15);
    put_signed(&expression, (int64_t)offset);
    if (is_read) put(&expression, OP_DEREF);
    if (constant) {
        put(&expression, OP_CONSTANT1);
        put(&expression, (unsigned)constant & 255);
        put(&expression, OP_PLUS);
    }
    put_unsigned(unwind, expression.size);
    for (size_t i = 0; i < expression.size; i++)
        put(unwind, expression.bytes[i]);
}

static void put_saved_in_field(Unwind *unwind, unsigned reg, size_t offset) {
    put(unwind, CFA_EXPRESSION);
    put(unwind, reg);
    put_field(unwind, offset, false, 0);
}

void unwind_stub(Unwind *unwind, uint64_t start, uint64_t end, bool takes_word) {
    size_t begin = begin_function(unwind, start, end, true);
    put(unwind, CFA_DEF_CFA_EXPRESSION);
    put_field(unwind, offsetof(VM, sp), true, takes_word ? -WORD : 0);
    put_saved_in_field(unwind, DW_RETURN_ADDRESS, offsetof(VM, machine.link));
    put_saved_in_field(unwind, DW_RBP, offsetof(VM, fp));
    end_function(unwind, begin);
}

// What ENTER_FROM_C of x64_encode.c has pushed, in its order; then 8 bytes of padding.
void unwind_return_to_interpreter(Unwind *unwind, uint64_t start, uint64_t end) {
    static const uint8_t saved[] = {DW_RBX, DW_RBP, DW_R12, 13, 14, DW_R15};
    enum { PUSHED = (sizeof saved + 2) * WORD }; // padding and return address, too
    // Whoever returns here is looked up by the byte before.
    size_t begin = begin_function(unwind, start - 1, end, false);
    put(unwind, CFA_DEF_CFA_EXPRESSION);
    put_field(unwind, offsetof(VM, machine.c_stack), true, PUSHED);
    for (unsigned i = 0; i < sizeof saved; i++) {
        put(unwind, CFA_OFFSET | saved[i]);
        put_unsigned(unwind, i + 2);
    }
    end_function(unwind, begin);
}
