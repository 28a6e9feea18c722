// SPDX-License-Identifier: MIT
// Inline caches. See inline_cache.h. Closed and open caches are pieces without tables: no call in
// them has a return address. They are never changed, but for the selector in an open one; a site
// that meets another class gets a new closed cache, and the old one stays until code is
// reclaimed.
#include "jit/inline_cache.h"

#include <stddef.h>
#include <stdlib.h>

#include "jit/compilation.h"
#include "jit/watch.h"
#include "object/header.h"
#include "run/lookup.h"
#include "run/primitive.h"

enum { CACHE_BYTES = 256 }; // more than a closed or open cache takes

uint32_t cache_tag(Oop receiver) {
    if (oop_is_immediate(receiver)) return (uint32_t)(oop_bits(receiver) & TAG_MASK);
    return (uint32_t)header_class_index(raw_load(oop_bits(receiver)));
}

Oop cache_selector(VM *vm, const Code *code, const SendSite *site) {
    if (site->kind == SEND_SPECIAL) return special_selector(vm, site->selector);
    return slot_at(code->method.method, num((int64_t)site->selector + 1));
}

// ---- unlinking

static void unlink_site(Jit *jit, Code *code, SendSite *site) {
    if (site->state == SITE_UNLINKED) return;
    zone_link_send(&jit->zone, code, site, 0, jit->stubs[RUNTIME_SEND]);
    site->state = SITE_UNLINKED;
    free(site->cases);
    site->cases = NULL;
    jit->statistics.unlinked++;
}

void caches_unlink_all(Jit *jit) {
    for (uint32_t i = 0; i < jit->zone.count; i++)
        for (uint32_t k = 0; k < jit->zone.codes[i]->send_count; k++)
            unlink_site(jit, jit->zone.codes[i], &jit->zone.codes[i]->sends[k]);
}

void caches_clear(Jit *jit) {
    array_clear(&jit->open_caches);
    array_clear(&jit->caches);
}

// Open caches find what the lookup cache finds, which has been flushed.
void caches_selector_changed(VM *vm, Oop selector) {
    Jit *jit = vm->jit;
    for (uint32_t i = 0; i < jit->zone.count; i++) {
        Code *code = jit->zone.codes[i];
        if (oop_is_none(code->method.method)) continue;
        for (uint32_t k = 0; k < code->send_count; k++) {
            SendSite *site = &code->sends[k];
            if (site->state != SITE_UNLINKED && oop_is(cache_selector(vm, code, site), selector))
                unlink_site(jit, code, site);
        }
    }
}

// ---- pieces

static uint64_t assemble_cache(Jit *jit, IrCode *ir, uint64_t *labels) {
    uint64_t start = assemble_piece(jit, ir, labels);
    bool noted = start && array_push(&jit->caches, ((CachePiece){start, jit->zone.free}));
    return noted ? start : 0;
}

static uint64_t make_closed(Jit *jit, const SendSite *site) {
    IrCode ir;
    ir_init(&ir);
    emit_class_index(&ir);
    for (uint32_t i = 0; i < site->cases->count; i++) {
        ir_ri(&ir, IR_COMPARE32_CONSTANT, R_T1, site->cases->tags[i]);
        ir_jump_code_if(&ir, COND_EQUAL, site->cases->entries[i]);
    }
    ir_i(&ir, IR_JUMP_CODE, (int64_t)jit->stubs[RUNTIME_SEND]);
    return assemble_cache(jit, &ir, NULL);
}

static uint64_t make_open(Jit *jit, OpenCache *cache) {
    IrCode ir;
    uint64_t labels[8];
    ir_init(&ir);
    Label word = ir_new_label(&ir), miss = ir_new_label(&ir);
    Label begin = ir_new_label(&ir);
    ir_label(&ir, word);
    ir_i(&ir, IR_DATA, (int64_t)oop_bits(cache->selector));
    ir_label(&ir, begin);
    emit_class_index(&ir);
    ir_ri(&ir, IR_OR_CONSTANT, R_T1, (int64_t)cache->argument_count << LOOKUP_COUNT_SHIFT);
    ir_rl(&ir, IR_LOAD_DATA, R_T2, word);
    emit_find_code(&ir, miss);
    ir_none(&ir, IR_PUSH_LINK);
    ir_r(&ir, IR_JUMP_REGISTER, R_T3);
    ir_label(&ir, miss);
    ir_i(&ir, IR_JUMP_CODE, (int64_t)jit->stubs[RUNTIME_SEND]);
    uint64_t start = assemble_cache(jit, &ir, labels);
    if (!start) return 0;
    cache->selector_word = labels[word];
    return labels[begin];
}

static OpenCache *find_open(Jit *jit, Oop selector, uint32_t argument_count) {
    for (size_t i = 0; i < jit->open_caches.count; i++) {
        OpenCache *cache = &jit->open_caches.items[i];
        if (oop_is(cache->selector, selector) && cache->argument_count == argument_count)
            return cache;
    }
    return NULL;
}

static OpenCache *add_open(Jit *jit, Oop selector, uint32_t argument_count) {
    OpenCache cache = {.selector = selector, .argument_count = argument_count};
    cache.entry = make_open(jit, &cache);
    if (!cache.entry || !array_push(&jit->open_caches, cache)) return NULL;
    watch_tell_cache(jit, true, selector, cache.selector_word);
    jit->statistics.opened++;
    return &jit->open_caches.items[jit->open_caches.count - 1];
}

void caches_update(Jit *jit, Heap *heap) {
    for (size_t i = 0; i < jit->open_caches.count; i++) {
        OpenCache *cache = &jit->open_caches.items[i];
        if (oop_is_none(cache->selector)) continue;
        Oop selector = heap_survivor(heap, cache->selector);
        if (oop_is(selector, cache->selector)) continue;
        cache->selector = selector;
        uint64_t word = oop_bits(selector);
        zone_write(&jit->zone, cache->selector_word, &word, sizeof word);
    }
}

// ---- linking

static void link_open(VM *vm, Code *caller, SendSite *site, LookupEntry *entry, const Code *callee,
                      const OpenCache *cache) {
    entry->code = callee->linked_entry;
    if (site->state == SITE_OPEN) return;
    zone_link_send(&vm->jit->zone, caller, site, 0, cache->entry);
    site->state = SITE_OPEN;
    free(site->cases);
    site->cases = NULL;
}

static bool add_case(SendSite *site, uint32_t tag, uint64_t entry, uint32_t limit) {
    if (!site->cases) site->cases = calloc(1, sizeof *site->cases);
    SendCases *cases = site->cases;
    if (!cases || cases->count >= limit) return false;
    for (uint32_t i = 0; i < cases->count; i++)
        if (cases->tags[i] == tag) return false;
    cases->tags[cases->count] = tag;
    cases->entries[cases->count++] = entry;
    return true;
}

static void link_closed(VM *vm, Code *caller, SendSite *site) {
    Jit *jit = vm->jit;
    uint64_t piece = make_closed(jit, site);
    if (!piece) {
        jit_request_room(vm, CACHE_BYTES);
        return;
    }
    watch_tell_cache(jit, false, cache_selector(vm, caller, site), piece);
    zone_link_send(&jit->zone, caller, site, 0, piece);
    jit->statistics.closed += site->state != SITE_CLOSED;
    site->state = SITE_CLOSED;
}

static void link_monomorphic(Jit *jit, Code *caller, SendSite *site, uint32_t tag, uint64_t entry) {
    zone_link_send(&jit->zone, caller, site, tag, entry);
    site->state = SITE_MONOMORPHIC;
    jit->statistics.linked++;
}

void cache_link(VM *vm, Code *caller, SendSite *site, LookupEntry *entry, const Code *callee,
                uint32_t tag) {
    Jit *jit = vm->jit;
    if (site->kind == SEND_DIRECTED) {
        if (tag) link_monomorphic(jit, caller, site, tag, callee->keyed_entry);
        return;
    }
    if (site->kind == SEND_TO_SUPER) {
        link_monomorphic(jit, caller, site, tag, callee->unchecked_entry);
        return;
    }
    OpenCache *open = find_open(jit, entry->selector, site->argument_count);
    if (open) {
        link_open(vm, caller, site, entry, callee, open);
    } else if (!add_case(site, tag, callee->unchecked_entry,
                         (uint32_t)jit->options.policy.closed_cache_cases)) {
        open = add_open(jit, entry->selector, site->argument_count);
        if (open)
            link_open(vm, caller, site, entry, callee, open);
        else
            jit_request_room(vm, CACHE_BYTES);
    } else if (site->state == SITE_UNLINKED) {
        link_monomorphic(jit, caller, site, tag, callee->checked_entry);
    } else {
        link_closed(vm, caller, site);
    }
}
