// SPDX-License-Identifier: MIT
// Assembling: IR to bytes, for any back end, in two passes over the list. The first asks the back
// end for the size of every instruction and so finds where labels lie; the second writes.
//
// What must stay true: both passes see every instruction at the same place. Sizes do not depend on
// labels (backend.h), and padding depends on the address only up to the code's own alignment. The
// second pass checks it at every label.
#include "jit/backend.h"

#include <string.h>

#include "base/bits.h"
#include "base/check.h"

#if defined(__x86_64__)
#define HOST_BACKEND &backend_x64
#elif defined(__aarch64__)
#define HOST_BACKEND &backend_arm64
#else
#define HOST_BACKEND NULL
#endif

static const Backend *const backends[] = {&backend_x64, &backend_arm64};

const Backend *backend_host(void) { return HOST_BACKEND; }

const Backend *backend_at(unsigned index) {
    return index < sizeof backends / sizeof *backends ? backends[index] : NULL;
}

const Backend *backend_named(const char *name) {
    for (unsigned i = 0; backend_at(i); i++)
        if (strcmp(backends[i]->name, name) == 0) return backends[i];
    return NULL;
}

#define LABEL_NOWHERE UINT64_MAX

// Where the label that is instruction i lies. Data words align themselves, and their labels go
// with them.
static uint64_t label_place(const IrCode *code, uint32_t i, uint64_t at) {
    while (i < code->count && code->instructions[i].op == IR_LABEL)
        i++;
    bool is_data = i < code->count && code->instructions[i].op == IR_DATA;
    return is_data ? round_up(at, sizeof(uint64_t)) : at;
}

uint32_t assemble_measure(const IrCode *code, const Backend *backend, uint64_t *labels,
                          uint32_t *offsets) {
    uint8_t bytes[128];
    ASSERT(backend->longest_bytes <= sizeof bytes);
    ASSERT(backend->code_alignment >= IR_LARGEST_ALIGNMENT);
    for (uint32_t i = 0; i < code->label_count; i++)
        labels[i] = LABEL_NOWHERE;
    uint32_t at = 0;
    for (uint32_t i = 0; i < code->count; i++) {
        const IrIns *in = &code->instructions[i];
        CHECK(ir_is_sound(code, in), "instruction %u, %s, is not sound", i, ir_op_name(in->op));
        if (offsets) offsets[i] = at;
        if (in->op == IR_LABEL) {
            CHECK(labels[in->extra] == LABEL_NOWHERE, "label %d stands twice", in->extra);
            labels[in->extra] = label_place(code, i, at);
        }
        at += backend->encode(in, at, NULL, bytes);
    }
    if (offsets) offsets[code->count] = at;
    return at;
}

static bool refers_to_label(IrOp op) {
    switch (ir_op_form(op)) {
    case FORM_L:
    case FORM_CL:
    case FORM_RL:
    case FORM_RRL:
        return true;
    default:
        return false;
    }
}

AssembleResult assemble(const IrCode *code, const Backend *backend, uint64_t address,
                        uint64_t *labels, uint8_t *out) {
    if (code->out_of_memory) return ASSEMBLE_NO_MEMORY;
    ASSERT(address % backend->code_alignment == 0);
    for (uint32_t i = 0; i < code->label_count; i++)
        if (labels[i] != LABEL_NOWHERE) labels[i] += address;
    uint64_t at = address;
    for (uint32_t i = 0; i < code->count; i++) {
        const IrIns *in = &code->instructions[i];
        if (refers_to_label(in->op))
            CHECK(labels[in->extra] != LABEL_NOWHERE, "label %d stands nowhere", in->extra);
        if (in->op == IR_LABEL)
            CHECK(labels[in->extra] == label_place(code, i, at), "label %d has moved", in->extra);
        uint32_t bytes = backend->encode(in, at, labels, out + (at - address));
        if (bytes == ENCODE_TOO_FAR) return ASSEMBLE_TOO_FAR;
        ASSERT(bytes <= backend->longest_bytes);
        at += bytes;
    }
    return ASSEMBLED;
}
