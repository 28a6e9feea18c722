// SPDX-License-Identifier: MIT
// A stand-in is enough for the verifier where it only asks whether a literal is an object with a
// value, or a compiled block: literals that are neither are all the same association.
#include "compile/check_code.h"

#include "bytecode/summary.h"
#include "object/header.h"

enum { STAND_IN_CLASS_INDEX = 1024, ASSOCIATION_SLOTS = 2, BYTES_PER_WORD = 8 };

// An object of so many slots, all nil (integer 0 here); 0 when memory is out.
static uint64_t make_object(CodeArena *arena, size_t slot_count, unsigned format) {
    size_t bytes = raw_bytes_for_slots(slot_count);
    uint64_t start = (uint64_t)(uintptr_t)code_arena_allocate(arena, bytes);
    if (!start) return 0;
    uint64_t raw = start;
    if (slot_count >= HEADER_SLOTS_OVERFLOW) {
        raw_store(start, HEADER_SLOTS_OVERFLOW << HEADER_SLOTS_SHIFT | slot_count);
        raw += BYTES_PER_WORD;
    }
    raw_store(raw, header_make(slot_count, format, STAND_IN_CLASS_INDEX));
    for (size_t i = 0; i < slot_count; i++)
        raw_store(raw_slot_address(raw, i), raw_from_int(0));
    return raw;
}

static uint64_t make_method(const Code *code, BytecodeSet set, uint64_t stand_in,
                            CodeArena *arena) {
    size_t bytes = code->byte_count;
    size_t words = (bytes + BYTES_PER_WORD - 1) / BYTES_PER_WORD;
    unsigned unused = (unsigned)(words * BYTES_PER_WORD - bytes);
    size_t slots = 1 + code->literal_count + words;
    uint64_t raw = make_object(arena, slots, FORMAT_COMPILED_METHOD + unused);
    if (!raw) return 0;
    raw_store(raw_slot_address(raw, 0), raw_from_int(code_header(code, set)));
    for (size_t i = 0; i < code->literal_count; i++)
        raw_store(raw_slot_address(raw, 1 + i), stand_in);
    memcpy((void *)(uintptr_t)raw_slot_address(raw, 1 + code->literal_count), code->bytes, bytes);
    return raw;
}

static Status verify(const Code *code, BytecodeSet set, uint64_t stand_in, CodeArena *arena,
                     Diagnosis *diagnosis, uint64_t *method);

static Status verify_blocks(const Code *code, BytecodeSet set, uint64_t stand_in, CodeArena *arena,
                            Diagnosis *diagnosis, uint64_t method) {
    for (size_t i = 0; i < code->literal_count; i++) {
        uint64_t block;
        if (!code->literals[i].code) continue;
        Status status = verify(code->literals[i].code, set, stand_in, arena, diagnosis, &block);
        if (status != STATUS_OK) return status;
        raw_store(raw_slot_address(method, 1 + i), block);
    }
    return STATUS_OK;
}

static Status verify(const Code *code, BytecodeSet set, uint64_t stand_in, CodeArena *arena,
                     Diagnosis *diagnosis, uint64_t *method) {
    MethodSummary summary;
    *method = make_method(code, set, stand_in, arena);
    if (!*method) return diagnose(diagnosis, STATUS_NO_MEMORY, "no memory to verify a method");
    Status status = verify_blocks(code, set, stand_in, arena, diagnosis, *method);
    if (status == STATUS_OK) status = bytecode_verify(oop_from_bits(*method), &summary, diagnosis);
    if (status == STATUS_OK) summary_free(&summary);
    return status;
}

Status code_verify(const Code *code, BytecodeSet set, CodeArena *scratch, Diagnosis *diagnosis) {
    uint64_t stand_in = make_object(scratch, ASSOCIATION_SLOTS, FORMAT_FIXED), method;
    if (!stand_in) return diagnose(diagnosis, STATUS_NO_MEMORY, "no memory to verify a method");
    return verify(code, set, stand_in, scratch, diagnosis, &method);
}
