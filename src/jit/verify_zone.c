// SPDX-License-Identifier: MIT
// The verifier of the code zone. See verify_zone.h.
#include "jit/verify_zone.h"

#include <stdarg.h>

#include "jit/inline_cache.h"
#include "object/raw.h"
#include "run/stack.h"

typedef struct Verifier {
    VM *vm;
    Jit *jit;
    FILE *report;
    unsigned limit;
    uint64_t complaints;
} Verifier;

__attribute__((format(printf, 3, 4))) static void expect(Verifier *v, bool holds,
                                                         const char *format, ...) {
    if (holds) return;
    if (v->complaints++ >= v->limit || !v->report) return;
    va_list arguments;
    va_start(arguments, format);
    fprintf(v->report, "compiled code: ");
    vfprintf(v->report, format, arguments);
    fputc('\n', v->report);
    va_end(arguments);
}

static unsigned long hex(uint64_t address) { return (unsigned long)address; }

// ---- the zone

static bool is_inside(const Code *code, uint64_t address) {
    return address >= code->start && address < code->end;
}

static void verify_words(Verifier *v, const Code *code) {
    bool is_dead = oop_is_none(code->method.method);
    expect(v, is_dead || raw_load(code->start) == oop_bits(code->method.method),
           "the piece at %#lx names another method", hex(code->start));
    expect(v, raw_load(code->start + 8) == (uint64_t)(uintptr_t)code,
           "the piece at %#lx does not know its tables", hex(code->start));
    expect(v,
           is_dead ||
               method_table_row(&v->jit->known, code->method.method, code->block_pc)->value == code,
           "the piece at %#lx is not known", hex(code->start));
}

static void verify_tables(Verifier *v, const Code *code) {
    uint64_t size = code->end - code->start;
    for (uint32_t i = 0; i < code->send_count; i++)
        expect(v,
               code->sends[i].return_offset <= size &&
                   (!i || code->sends[i - 1].return_offset < code->sends[i].return_offset),
               "sends of the piece at %#lx are out of order", hex(code->start));
    for (uint32_t i = 0; i < code->resume_count; i++)
        expect(v,
               code->resume_points[i].offset <= size &&
                   (!i || code->resume_points[i - 1].pc <= code->resume_points[i].pc),
               "resume points of the piece at %#lx are out of order", hex(code->start));
    for (uint32_t i = 0; i < code->reference_count; i++)
        expect(v, code->references[i] <= size, "the piece at %#lx refers from outside",
               hex(code->start));
}

static void verify_pieces(Verifier *v) {
    const CodeZone *zone = &v->jit->zone;
    uint64_t end = zone->stubs_end;
    expect(v,
           zone->start <= zone->stubs_end && zone->stubs_end <= zone->free &&
               zone->free <= zone->limit && zone->limit <= zone->end,
           "the zone's bounds are out of order");
    for (uint32_t i = 0; i < zone->count; i++) {
        const Code *code = zone->codes[i];
        expect(v, code->start >= end && code->start < code->end && code->end <= zone->free,
               "the piece at %#lx overlaps", hex(code->start));
        expect(v, code->start % zone->backend->code_alignment == 0,
               "the piece at %#lx is not aligned", hex(code->start));
        expect(v,
               is_inside(code, code->checked_entry) && is_inside(code, code->keyed_entry) &&
                   is_inside(code, code->unchecked_entry) && is_inside(code, code->linked_entry),
               "the piece at %#lx is entered outside", hex(code->start));
        end = code->end;
        verify_words(v, code);
        verify_tables(v, code);
    }
}

static void verify_caches(Verifier *v) {
    const Jit *jit = v->jit;
    for (size_t i = 0; i < jit->caches.count; i++) {
        const CachePiece *cache = &jit->caches.items[i];
        const Code *before = zone_code_at(&jit->zone, cache->end);
        expect(v, cache->start >= jit->zone.stubs_end && cache->end <= jit->zone.free,
               "the cache at %#lx lies outside", hex(cache->start));
        expect(v, !before || before->end <= cache->start || before->start >= cache->end,
               "the cache at %#lx overlaps", hex(cache->start));
    }
    for (size_t i = 0; i < jit->open_caches.count; i++) {
        const OpenCache *open = &jit->open_caches.items[i];
        expect(v,
               oop_is_none(open->selector) ||
                   raw_load(open->selector_word) == oop_bits(open->selector),
               "the open cache at %#lx has another selector", hex(open->entry));
    }
}

// The live piece that the address is the start, or an entry, of; NULL: none.
static const Code *live_piece(const Verifier *v, uint64_t address) {
    const Code *code = zone_code_at(&v->jit->zone, address + 1);
    return code && !oop_is_none(code->method.method) ? code : NULL;
}

// ---- links

static bool cache_begins_at(const Verifier *v, uint64_t address) {
    for (size_t i = 0; i < v->jit->caches.count; i++)
        if (v->jit->caches.items[i].start == address) return true;
    return false;
}

static bool leads_to_cases(const Verifier *v, const SendSite *site, uint64_t target) {
    if (!site->cases || !cache_begins_at(v, target)) return false;
    for (uint32_t i = 0; i < site->cases->count; i++) {
        const Code *code = live_piece(v, site->cases->entries[i]);
        if (!code || code->unchecked_entry != site->cases->entries[i]) return false;
    }
    return true;
}

static bool leads_to_open(const Verifier *v, const Code *code, const SendSite *site,
                          uint64_t target) {
    Oop selector = cache_selector(v->vm, code, site);
    for (size_t i = 0; i < v->jit->open_caches.count; i++) {
        const OpenCache *open = &v->jit->open_caches.items[i];
        if (open->entry == target)
            return oop_is(open->selector, selector) && open->argument_count == site->argument_count;
    }
    return false;
}

static bool leads_to_method(const Verifier *v, const SendSite *site, uint64_t target) {
    const Code *callee = live_piece(v, target);
    if (!callee) return false;
    switch ((SendKind)site->kind) {
    case SEND_TO_SUPER:
        return target == callee->unchecked_entry;
    case SEND_DIRECTED:
        return target == callee->keyed_entry;
    case SEND_NORMAL:
    case SEND_SPECIAL:
        break;
    }
    return target == callee->checked_entry;
}

static bool site_is_sound(const Verifier *v, const Code *code, const SendSite *site) {
    const uint8_t *bytes = (const uint8_t *)(uintptr_t)code->start;
    uint64_t target =
        v->jit->zone.backend->send_target(bytes, code->start, code->start + site->return_offset);
    switch ((SiteState)site->state) {
    case SITE_UNLINKED:
        return target == v->jit->stubs[RUNTIME_SEND];
    case SITE_MONOMORPHIC:
        return leads_to_method(v, site, target);
    case SITE_CLOSED:
        return leads_to_cases(v, site, target);
    case SITE_OPEN:
        return leads_to_open(v, code, site, target);
    }
    return false;
}

static void verify_links(Verifier *v) {
    for (uint32_t i = 0; i < v->jit->zone.count; i++) {
        const Code *code = v->jit->zone.codes[i];
        if (oop_is_none(code->method.method)) continue;
        for (uint32_t k = 0; k < code->send_count; k++)
            expect(v, site_is_sound(v, code, &code->sends[k]),
                   "the send at %#lx does not lead where its state %d says",
                   hex(code->start + code->sends[k].return_offset), code->sends[k].state);
    }
}

// ---- tables that lead to code

static void verify_known(Verifier *v) {
    const MethodTable *known = &v->jit->known;
    for (size_t i = 0; i < known->capacity; i++) {
        const MethodRow *row = &known->rows[i];
        const Code *in_table = row->value;
        if (!in_table) continue;
        const Code *code = zone_code_at(&v->jit->zone, in_table->start + 1);
        expect(v, code == in_table && oop_is(code->method.method, row->method),
               "what is known of %#lx is not in the zone", hex(oop_bits(row->method)));
    }
}

static bool entry_leads_to(const Verifier *v, uint64_t entry, Oop method) {
    const Code *code = live_piece(v, entry);
    return code && code->linked_entry == entry && oop_is(code->method.method, method);
}

static void verify_entries(Verifier *v) {
    for (unsigned i = 0; i < LOOKUP_CACHE_SIZE; i++) {
        const LookupEntry *entry = &v->vm->lookup_cache[i];
        if (!entry->key) continue;
        expect(v, entry->code || entry->kind != LOOKUP_ENTERS_CODE, "lookup entry %u has no code",
               i);
        expect(v, !entry->code || entry_leads_to(v, entry->code, entry->method),
               "lookup entry %u leads to other code", i);
    }
    for (unsigned i = 0; i < BLOCK_CACHE_SIZE; i++) {
        const BlockEntry *entry = &v->vm->block_cache[i];
        expect(v,
               oop_is_none(entry->method) || !entry->code ||
                   entry_leads_to(v, entry->code, entry->method),
               "block entry %u leads to other code", i);
    }
}

// ---- frames

static void verify_compiled_frame(Verifier *v, uint64_t *fp) {
    uint64_t back = fp[FRAME_RETURN_ADDRESS];
    expect(v, jit_frame_code(v->vm, fp) != NULL, "the compiled frame at %p has no code",
           (void *)fp);
    if (back == v->jit->hooks.return_to_interpreter) return;
    uint64_t *caller = frame_caller(fp);
    const Code *code = zone_code_at(&v->jit->zone, back);
    expect(v,
           caller && code && frame_kind(caller) == FRAME_BASELINE &&
               jit_frame_code(v->vm, caller) == code && code_send_at(code, back),
           "the frame at %p returns to %#lx, which is no send of its caller", (void *)fp,
           hex(back));
}

static void verify_frame(Verifier *v, uint64_t *fp) {
    if (frame_kind(fp) == FRAME_BASELINE) {
        verify_compiled_frame(v, fp);
        return;
    }
    uint64_t *caller = frame_caller(fp);
    expect(v, fp[FRAME_RETURN_ADDRESS] == 0, "the interpreted frame at %p returns to code",
           (void *)fp);
    expect(v,
           !caller || frame_kind(caller) == FRAME_INTERPRETED ||
               frame_flags(fp) & FRAME_FLAG_RETURNS_SLOWLY,
           "the interpreted frame at %p does not ask for its caller", (void *)fp);
}

static void verify_frames(Verifier *v) {
    for (unsigned i = 0; i < v->vm->stack.count; i++) {
        StackPage *page = &v->vm->stack.pages[i];
        if (!page->in_use) continue;
        for (uint64_t *fp = stack_head_fp(v->vm, page); fp; fp = frame_caller(fp))
            verify_frame(v, fp);
    }
}

uint64_t zone_verify(VM *vm, FILE *report, unsigned limit) {
    Verifier v = {.vm = vm, .jit = vm->jit, .report = report, .limit = limit};
    if (!vm->jit) return 0;
    verify_pieces(&v);
    verify_caches(&v);
    verify_known(&v);
    verify_links(&v);
    verify_entries(&v);
    verify_frames(&v);
    return v.complaints;
}
