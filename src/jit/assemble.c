// SPDX-License-Identifier: MIT
// Assembling: IR to bytes, for any back end, in two passes over the list. The first lets the back
// end write a draft, with any displacements, and so finds where labels lie; the second, when the
// address is known, writes anew what depends on places: jumps, calls and the like.
//
// What must stay true: both passes see every instruction at the same place. Sizes do not depend on
// labels (backend.h), and padding depends on the address only up to the code's own alignment. A
// debug build writes everything anew, and checks that only those instructions change.
#include "jit/backend.h"

#include <stdlib.h>
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

// Room for all instructions at their longest; false: no memory.
static bool begin_draft(IrCode *code, const Backend *backend) {
    free(code->draft);
    free(code->offsets);
    code->draft = malloc((size_t)(code->count + 1) * backend->longest_bytes);
    code->offsets = malloc((code->count + 1) * sizeof *code->offsets);
    return code->draft && code->offsets;
}

uint32_t assemble_measure(IrCode *code, const Backend *backend, uint64_t *labels) {
    ASSERT(backend->code_alignment >= IR_LARGEST_ALIGNMENT);
    if (!begin_draft(code, backend)) code->out_of_memory = true;
    if (code->out_of_memory) return 0;
    for (uint32_t i = 0; i < code->label_count; i++)
        labels[i] = LABEL_NOWHERE;
    uint32_t at = 0;
    for (uint32_t i = 0; i < code->count; i++) {
        const IrIns *in = &code->instructions[i];
        CHECK(ir_is_sound(code, in), "instruction %u, %s, is not sound", i, ir_op_name(in->op));
        code->offsets[i] = at;
        if (in->op == IR_LABEL) {
            CHECK(labels[in->extra] == LABEL_NOWHERE, "label %d stands twice", in->extra);
            labels[in->extra] = label_place(code, i, at);
        } else {
            at += backend->encode(in, at, NULL, code->draft + at);
        }
    }
    code->offsets[code->count] = at;
    return at;
}

static bool refers_to_label(const IrIns *in) {
    switch (ir_op_form(in->op)) {
    case FORM_L:
        return in->op != IR_LABEL;
    case FORM_CL:
    case FORM_RL:
    case FORM_RRL:
        return true;
    default:
        return false;
    }
}

static bool depends_on_place(const IrIns *in) {
    switch ((IrOp)in->op) {
    case IR_JUMP_CODE:
    case IR_JUMP_CODE_IF:
    case IR_CALL_CODE:
    case IR_SEND_SITE:
        return true;
    default:
        return refers_to_label(in);
    }
}

// Does the instruction's draft hold for the address?
__attribute__((unused)) static bool draft_holds(const IrCode *code, const Backend *backend,
                                                uint32_t i, uint64_t address,
                                                const uint64_t *labels) {
    uint8_t bytes[128];
    uint32_t offset = code->offsets[i], size = code->offsets[i + 1] - offset;
    ASSERT(backend->longest_bytes <= sizeof bytes);
    return backend->encode(&code->instructions[i], address + offset, labels, bytes) == size &&
           memcmp(bytes, code->draft + offset, size) == 0;
}

AssembleResult assemble(const IrCode *code, const Backend *backend, uint64_t address,
                        uint64_t *labels, uint8_t *out) {
    if (code->out_of_memory) return ASSEMBLE_NO_MEMORY;
    ASSERT(address % backend->code_alignment == 0);
    memcpy(out, code->draft, code->offsets[code->count]);
    for (uint32_t i = 0; i < code->label_count; i++)
        if (labels[i] != LABEL_NOWHERE) labels[i] += address;
    for (uint32_t i = 0; i < code->count; i++) {
        const IrIns *in = &code->instructions[i];
        uint32_t offset = code->offsets[i];
        if (!depends_on_place(in)) {
            ASSERT(draft_holds(code, backend, i, address, labels));
            continue;
        }
        if (refers_to_label(in))
            CHECK(labels[in->extra] != LABEL_NOWHERE, "label %d stands nowhere", in->extra);
        uint32_t bytes = backend->encode(in, address + offset, labels, out + offset);
        if (bytes == ENCODE_TOO_FAR) return ASSEMBLE_TOO_FAR;
        ASSERT(bytes == code->offsets[i + 1] - offset);
    }
    return ASSEMBLED;
}
