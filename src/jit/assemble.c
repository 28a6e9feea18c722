// SPDX-License-Identifier: MIT
// Assembling: IR to bytes, for any back end, in two passes over the list. The first lets the back
// end write a draft, with any displacements, and so finds where labels lie; the second, when the
// address is known, writes anew what depends on places: jumps, calls and the like, which the first
// has noted.
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

static const bool has_label[] = {
#define IR(NAME, form, text)                                                                       \
    [IR_##NAME] = FORM_##form == FORM_L || FORM_##form == FORM_CL || FORM_##form == FORM_RL ||     \
                  FORM_##form == FORM_RRL,
#include "jit/ir.tbl"
#undef IR
};

static bool depends_on_place(IrOp op) {
    return has_label[op] || ir_leads_elsewhere(op) || op == IR_SEND_SITE;
}

// Room for all instructions at their longest; false: no memory.
static bool begin_draft(IrCode *code, const Backend *backend) {
    code->placed_count = 0;
    if (code->measured > code->count) return true;
    free(code->draft);
    free(code->offsets);
    free(code->placed);
    code->measured = code->count + code->count / 2 + 256;
    code->draft = malloc((size_t)code->measured * backend->longest_bytes);
    code->offsets = malloc(code->measured * sizeof *code->offsets);
    code->placed = malloc(code->measured * sizeof *code->placed);
    if (code->draft && code->offsets && code->placed) return true;
    code->measured = 0;
    return false;
}

static void place_label(const IrCode *code, uint32_t i, uint64_t at, uint64_t *labels) {
    int32_t label = code->instructions[i].extra;
    CHECK(labels[label] == LABEL_NOWHERE, "label %d stands twice", label);
    labels[label] = label_place(code, i, at);
}

uint32_t assemble_measure(IrCode *code, const Backend *backend, uint64_t *labels) {
    ASSERT(backend->code_alignment >= IR_LARGEST_ALIGNMENT);
    if (!begin_draft(code, backend)) code->out_of_memory = true;
    if (code->out_of_memory) return 0;
    for (uint32_t i = 0; i < code->label_count; i++)
        labels[i] = LABEL_NOWHERE;
    const IrIns *instructions = code->instructions;
    uint32_t *offsets = code->offsets, *placed = code->placed;
    uint32_t count = code->count, at = 0;
    for (uint32_t i = 0; i < count; i++) {
        const IrIns *in = &instructions[i];
        ASSERT(ir_is_sound(code, in));
        offsets[i] = at;
        if (in->op == IR_LABEL) {
            place_label(code, i, at, labels);
            continue;
        }
        if (depends_on_place(in->op)) *placed++ = i;
        at += backend->encode(in, at, NULL, code->draft + at);
    }
    offsets[count] = at;
    code->placed_count = (uint32_t)(placed - code->placed);
    return at;
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

// Debug builds ask whether all else is as it should be.
static void check_draft(const IrCode *code, const Backend *backend, uint64_t address,
                        const uint64_t *labels) {
    for (uint32_t i = 0; i < code->count; i++)
        ASSERT(depends_on_place(code->instructions[i].op) ||
               draft_holds(code, backend, i, address, labels));
}

AssembleResult assemble(const IrCode *code, const Backend *backend, uint64_t address,
                        uint64_t *labels, uint8_t *out) {
    if (code->out_of_memory) return ASSEMBLE_NO_MEMORY;
    ASSERT(address % backend->code_alignment == 0);
    if (out != code->draft) memcpy(out, code->draft, code->offsets[code->count]);
    for (uint32_t i = 0; i < code->label_count; i++)
        if (labels[i] != LABEL_NOWHERE) labels[i] += address;
    for (uint32_t i = 0; i < code->placed_count; i++) {
        const IrIns *in = &code->instructions[code->placed[i]];
        uint32_t offset = code->offsets[code->placed[i]];
        if (has_label[in->op])
            CHECK(labels[in->extra] != LABEL_NOWHERE, "label %d stands nowhere", in->extra);
        uint32_t bytes = backend->encode(in, address + offset, labels, out + offset);
        if (bytes == ENCODE_TOO_FAR) return ASSEMBLE_TOO_FAR;
        ASSERT(bytes == code->offsets[code->placed[i] + 1] - offset);
    }
    check_draft(code, backend, address, labels);
    return ASSEMBLED;
}
