// SPDX-License-Identifier: MIT
// The code zone. See code.h.
#include "jit/code.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/check.h"
#include "base/os_memory.h"

static void renew(void *context, uint64_t start, uint64_t bytes) {
    (void)context;
    os_memory_renew_code(start, bytes);
}

Status zone_init(CodeZone *zone, const Backend *backend, uint64_t start, uint64_t end,
                 Diagnosis *diagnosis) {
    *zone = (CodeZone){.backend = backend, .start = start, .end = end, .limit = end, .free = start};
    zone->writable = os_memory_map_code(start, end - start);
    if (!zone->writable)
        return diagnose(diagnosis, STATUS_NO_MEMORY, "no memory for compiled code");
    if (os_memory_code_stays_stale(start, zone->writable)) zone->written = renew;
    return STATUS_OK;
}

void zone_release(CodeZone *zone) {
    zone_clear(zone);
    free(zone->codes);
    if (zone->writable) os_memory_unmap(zone->writable, zone->end - zone->start);
    *zone = (CodeZone){0};
}

bool zone_may_have_limit(const CodeZone *zone, uint64_t bytes) {
    return bytes >= zone->stubs_end - zone->start && bytes <= zone->end - zone->start;
}

void zone_set_limit(CodeZone *zone, uint64_t bytes) {
    ASSERT(zone_may_have_limit(zone, bytes) && zone->free <= zone->start + bytes);
    zone->limit = zone->start + bytes;
}

uint64_t zone_free_bytes(const CodeZone *zone) { return zone->limit - zone->free; }

uint64_t zone_allocate(CodeZone *zone, uint64_t bytes) {
    uint64_t start = round_up(zone->free, zone->backend->code_alignment);
    if (start > zone->limit || bytes > zone->limit - start) return 0;
    zone->free = start + bytes;
    return start;
}

void zone_write(CodeZone *zone, uint64_t address, const void *bytes, size_t count) {
    ASSERT(address >= zone->start && address + count <= zone->end);
    memcpy((void *)(uintptr_t)(zone->writable + (address - zone->start)), bytes, count);
    os_memory_code_written(address, count);
    if (zone->written) zone->written(zone->written_context, address, count);
}

bool zone_add(CodeZone *zone, Code *code) {
    if (zone->count == zone->capacity) {
        uint32_t capacity = zone->capacity ? zone->capacity * 2 : 256;
        Code **codes = realloc(zone->codes, capacity * sizeof *codes);
        if (!codes) return false;
        zone->codes = codes;
        zone->capacity = capacity;
    }
    ASSERT(!zone->count || zone->codes[zone->count - 1]->end <= code->start);
    zone->codes[zone->count++] = code;
    return true;
}

void code_free(Code *code) {
    if (!code) return;
    for (uint32_t i = 0; i < code->send_count; i++)
        free(code->sends[i].cases);
    free(code->sends);
    free(code);
}

void zone_clear(CodeZone *zone) {
    for (uint32_t i = 0; i < zone->count; i++)
        code_free(zone->codes[i]);
    zone->count = 0;
    zone->free = zone->stubs_end;
}

// ---- compaction

static void move_piece(CodeZone *zone, Code *code, uint8_t *bytes) {
    uint64_t size = code->end - code->start;
    int64_t distance = (int64_t)(code->destination - code->start);
    if (distance == 0) return;
    memcpy(bytes, (const void *)(uintptr_t)code->start, size);
    for (uint32_t i = 0; i < code->reference_count; i++)
        zone->backend->move_reference(bytes + code->references[i], distance);
    for (uint32_t i = 0; i < code->send_count; i++)
        zone->backend->move_reference(bytes + code->sends[i].return_offset, distance);
    zone_write(zone, code->destination, bytes, size);
    code->start += (uint64_t)distance;
    code->end += (uint64_t)distance;
    code->checked_entry += (uint64_t)distance;
    code->keyed_entry += (uint64_t)distance;
    code->unchecked_entry += (uint64_t)distance;
    code->linked_entry += (uint64_t)distance;
}

// What is free traps, so that nobody runs there unnoticed.
static void fill_free(CodeZone *zone, uint64_t end, uint8_t *bytes, uint64_t size) {
    memset(bytes, zone->backend->trap_byte, size);
    for (uint64_t at = zone->free; at < end; at += size)
        zone_write(zone, at, bytes, at + size < end ? size : end - at);
}

void zone_compact(CodeZone *zone) {
    uint64_t largest = 4096, end = zone->free;
    for (uint32_t i = 0; i < zone->count; i++)
        if (zone->codes[i]->end - zone->codes[i]->start > largest)
            largest = zone->codes[i]->end - zone->codes[i]->start;
    uint8_t *bytes = malloc(largest);
    uint32_t kept = 0;
    zone->free = zone->stubs_end;
    CHECK(bytes, "no memory to move %u pieces of code", zone->count);
    for (uint32_t i = 0; i < zone->count; i++) {
        Code *code = zone->codes[i];
        if (code_is_given_up(code)) {
            code_free(code);
            continue;
        }
        ASSERT(code->destination <= code->start && code->destination >= zone->free);
        move_piece(zone, code, bytes);
        zone->codes[kept++] = code;
        zone->free = code->end;
    }
    zone->count = kept;
    fill_free(zone, end, bytes, largest);
    free(bytes);
}

// ---- finding

Code *zone_code_at(const CodeZone *zone, uint64_t address) {
    uint32_t low = 0, high = zone->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (zone->codes[middle]->start < address)
            low = middle + 1;
        else
            high = middle;
    }
    if (!low) return NULL;
    Code *code = zone->codes[low - 1];
    return address <= code->end ? code : NULL;
}

SendSite *code_send_at(const Code *code, uint64_t return_address) {
    uint64_t offset = return_address - code->start;
    uint32_t low = 0, high = code->send_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (code->sends[middle].return_offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low < code->send_count && code->sends[low].return_offset == offset ? &code->sends[low]
                                                                              : NULL;
}

const ResumePoint *code_resume_at(const Code *code, uint64_t pc) {
    uint32_t low = 0, high = code->resume_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (code->resume_points[middle].pc < pc)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == code->resume_count || code->resume_points[low].pc != pc) return NULL;
    return &code->resume_points[low];
}

// The site's bytes are changed in a copy and written at once.
void zone_link_send(CodeZone *zone, Code *code, SendSite *site, uint32_t tag, uint64_t target) {
    uint8_t bytes[64];
    const Backend *backend = zone->backend;
    uint64_t end = code->start + site->return_offset, start = end - backend->send_site_bytes;
    memcpy(bytes, (const void *)(uintptr_t)start, backend->send_site_bytes);
    backend->patch_send(bytes, start, end, tag, target);
    zone_write(zone, start, bytes, backend->send_site_bytes);
}
