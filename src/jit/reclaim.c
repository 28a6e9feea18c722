// SPDX-License-Identifier: MIT
// Reclaiming code. See reclaim.h. Code.destination says, for the time of a reclamation, where a
// piece goes: 0 for what is given up.
#include "jit/reclaim.h"

#include <stdlib.h>

#include "base/bits.h"
#include "base/os.h"
#include "jit/inline_cache.h"
#include "jit/watch.h"
#include "run/stack.h"

// ---- frames

typedef void (*FrameVisitor)(VM *vm, uint64_t *fp);

static void for_each_compiled_frame(VM *vm, FrameVisitor visit) {
    for (unsigned i = 0; i < vm->stack.count; i++) {
        StackPage *page = &vm->stack.pages[i];
        if (!page->in_use) continue;
        for (uint64_t *fp = stack_head_fp(vm, page); fp; fp = frame_caller(fp))
            if (frame_kind(fp) == FRAME_BASELINE) visit(vm, fp);
    }
}

static void mark_frame(VM *vm, uint64_t *fp) {
    Code *code = jit_frame_code(vm, fp);
    if (code) code->used = true;
}

// Its caller's code may move or go, and then its own.
static void adjust_frame(VM *vm, uint64_t *fp) {
    uint64_t stub = vm->jit->hooks.return_to_interpreter;
    if (fp[FRAME_RETURN_ADDRESS] != stub) {
        const Code *caller = zone_code_at(&vm->jit->zone, fp[FRAME_RETURN_ADDRESS]);
        if (caller && !code_is_given_up(caller))
            fp[FRAME_RETURN_ADDRESS] += caller->destination - caller->start;
        else
            fp[FRAME_RETURN_ADDRESS] = stub;
    }
    const Code *own = jit_frame_code(vm, fp);
    if (!own || code_is_given_up(own)) jit_interpret_frame(vm, fp);
}

// ---- whatever leads to code

// Entries that led into code ask for it again.
static void disconnect_entries(VM *vm) {
    for (unsigned i = 0; i < LOOKUP_CACHE_SIZE; i++) {
        LookupEntry *entry = &vm->lookup_cache[i];
        if (entry->kind == LOOKUP_ENTERS_CODE) entry->kind = LOOKUP_COUNTS;
        entry->code = 0;
    }
    for (unsigned i = 0; i < BLOCK_CACHE_SIZE; i++)
        vm->block_cache[i].code = 0;
}

// What is known of the method, and code that is given up, is known no more.
static void forget_known(MethodTable *known, Oop method) {
    for (size_t i = 0; i < known->capacity;) {
        MethodRow *row = &known->rows[i];
        const Code *code = row->value;
        bool goes = oop_is(row->method, method) || (code && code_is_given_up(code));
        if (goes && !oop_is_none(row->method))
            method_table_remove(known, row); // another one may stand there now
        else
            i++;
    }
}

// Nothing leads to what is given up, or to where something was; `method` is forgotten.
static void disconnect(VM *vm, Oop method) {
    Jit *jit = vm->jit;
    caches_unlink_all(jit);
    for_each_compiled_frame(vm, adjust_frame);
    disconnect_entries(vm);
    forget_known(&jit->known, method);
    jit->resets++;
}

// ---- choosing

static int compare_use(const void *a, const void *b) {
    const Code *const *one = a, *const *other = b;
    int one_age = oop_is_none((*one)->method.method) ? -1 : (*one)->age;
    int other_age = oop_is_none((*other)->method.method) ? -1 : (*other)->age;
    if (one_age != other_age) return one_age - other_age;
    return (*one)->start < (*other)->start ? -1 : 1;
}

static void grow_older(VM *vm) {
    enum { USED_LATELY = 0x80 };
    CodeZone *zone = &vm->jit->zone;
    for_each_compiled_frame(vm, mark_frame);
    for (uint32_t i = 0; i < zone->count; i++) {
        Code *code = zone->codes[i];
        code->age = (uint8_t)(code->age >> 1 | (code->used ? USED_LATELY : 0));
        code->used = false;
    }
}

static uint64_t room_of(const CodeZone *zone, const Code *code) {
    return round_up(code->end - code->start, zone->backend->code_alignment);
}

// Marks as many as must go for so many bytes to be free, when all caches are gone. False: no
// memory.
static bool choose(CodeZone *zone, uint64_t wanted) {
    uint64_t free_bytes = zone->limit - zone->stubs_end;
    Code **by_use = malloc((zone->count + 1) * sizeof *by_use);
    if (!by_use) return false;
    for (uint32_t i = 0; i < zone->count; i++) {
        by_use[i] = zone->codes[i];
        zone->codes[i]->destination = zone->codes[i]->start;
        free_bytes -= room_of(zone, zone->codes[i]);
    }
    qsort(by_use, zone->count, sizeof(Code *), compare_use);
    for (uint32_t i = 0; i < zone->count; i++) {
        bool is_dead = oop_is_none(by_use[i]->method.method);
        if ((int64_t)free_bytes >= (int64_t)wanted && !is_dead) break;
        by_use[i]->destination = 0;
        free_bytes += room_of(zone, by_use[i]);
    }
    free(by_use);
    return true;
}

// What stays lies side by side, in the order that it had.
static void find_destinations(CodeZone *zone) {
    uint64_t at = round_up(zone->stubs_end, zone->backend->code_alignment);
    for (uint32_t i = 0; i < zone->count; i++) {
        Code *code = zone->codes[i];
        if (code_is_given_up(code)) continue;
        code->destination = at;
        at += room_of(zone, code);
    }
}

// Where more methods are in use than there is room for, each is given up before it has paid for
// itself. Then compiling waits until it has taken no more than its part of the time.
static void pause_compiling(VM *vm, uint64_t now) {
    Jit *jit = vm->jit;
    const JitStatistics *counted = &jit->statistics;
    uint64_t spent = counted->compile_nanoseconds + counted->compact_nanoseconds;
    uint64_t took = spent - jit->spent_before;
    uint64_t earliest =
        jit->reclaimed_at + took * 100 / (uint64_t)jit->options.policy.compiling_percent;
    if (earliest > now) {
        jit->paused_until = earliest;
        jit->statistics.pauses++;
        jit_event(vm, (JitEvent){.kind = JIT_EVENT_PAUSED, .took = earliest - now}, oop_none(),
                  false);
    }
    jit->reclaimed_at = now;
    jit->spent_before = spent;
}

void reclaim_room(VM *vm) {
    Jit *jit = vm->jit;
    CodeZone *zone = &jit->zone;
    uint64_t before = os_monotonic_nanoseconds(), all = zone->limit - zone->stubs_end;
    uint64_t share = all / 100 * (uint64_t)jit->options.policy.reclaimed_percent;
    uint64_t wanted = jit->wanted_bytes > share ? jit->wanted_bytes : share;
    uint64_t used = zone->free - zone->start;
    uint32_t count = zone->count;
    jit->wanted_bytes = 0;
    grow_older(vm);
    if (!choose(zone, wanted < all ? wanted : all)) {
        jit_forget_all(vm);
        return;
    }
    find_destinations(zone);
    disconnect(vm, oop_none());
    caches_clear(jit);
    zone_compact(zone);
    watch_tell_zone_changed(jit);
    jit->statistics.discarded += count - zone->count;
    jit->statistics.compactions++;
    uint64_t now = os_monotonic_nanoseconds();
    jit->statistics.compact_nanoseconds += now - before;
    jit_event(vm,
              (JitEvent){.kind = JIT_EVENT_COMPACTED,
                         .took = now - before,
                         .pieces = count - zone->count,
                         .bytes = used - (zone->free - zone->start)},
              oop_none(), false);
    pause_compiling(vm, now);
}

void reclaim_method(VM *vm, Oop method) {
    CodeZone *zone = &vm->jit->zone;
    for (uint32_t i = 0; i < zone->count; i++) {
        Code *code = zone->codes[i];
        bool is_its = oop_is(code->method.method, method);
        code->destination = is_its ? 0 : code->start;
        vm->jit->statistics.discarded += is_its;
    }
    disconnect(vm, method);
    for (uint32_t i = 0; i < zone->count; i++)
        if (code_is_given_up(zone->codes[i])) zone->codes[i]->method.method = oop_none();
    watch_tell_zone_changed(vm->jit);
}
