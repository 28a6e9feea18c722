// SPDX-License-Identifier: MIT
// What is compiled when, the table of what is known, and the loop that lets interpreter and
// compiled code take turns. See jit.h.
//
// Must stay true:
//   - a lookup entry or block entry with code names code that is in the zone
//   - the code of every compiled frame is in the zone: frames whose code goes become interpreted
//   ones
#include "jit/compilation.h"
#include "jit/inline_cache.h"
#include "jit/reclaim.h"
#include "jit/verify_zone.h"
#include "jit/relied.h"
#include "jit/watch.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/crash.h"
#include "base/os.h"
#include "object/header.h"
#include "run/activate.h"
#include "run/closure.h"
#include "run/interpreter.h"
#include "run/lookup.h"
#include "run/primitive.h"
#include "run/stack.h"
#include "run/verified.h"

void jit_default_options(JitOptions *options) {
    *options = (JitOptions){
        .backend = backend_host(),
        .compile = baseline_compile,
        .policy =
            {
#define JIT_PARAMETER(field, name, preset, least, most, text) .field = preset,
#include "jit/parameters.tbl"
#undef JIT_PARAMETER
            },
    };
}

// ---- forgetting

// Lookups and block activations that lead into code lead to nothing.
static void forget_entries(VM *vm) {
    for (unsigned i = 0; i < LOOKUP_CACHE_SIZE; i++) {
        if (vm->lookup_cache[i].kind == LOOKUP_ENTERS_CODE) vm->lookup_cache[i].key = 0;
        vm->lookup_cache[i].code = 0;
    }
    closure_flush(vm);
}

void jit_forget_all(VM *vm) {
    Jit *jit = vm->jit;
    frames_abandon_code(vm);
    forget_entries(vm);
    method_table_clear(&jit->known);
    jit->wanted_bytes = jit->paused_until = 0;
    jit->forgets = false;
    jit->statistics.discarded += jit->zone.count;
    jit->resets++;
    jit->statistics.resets++;
    jit_event(vm, (JitEvent){.kind = JIT_EVENT_RESET, .pieces = jit->zone.count}, oop_none(),
              false);
    zone_clear(&jit->zone);
    caches_clear(jit);
    jit->relied = 0;
    watch_tell_zone_changed(jit);
}

static void classes_changed(VM *vm) {
    caches_unlink_all(vm->jit);
    if (relied_is_broken(vm)) jit_forget_all(vm);
}

static void selector_changed(VM *vm, Oop selector) {
    caches_selector_changed(vm, selector);
    if (relied_is_broken(vm)) jit_forget_all(vm);
}

// Of any of its blocks, too.
static bool has_known(const MethodTable *known, Oop method) {
    for (size_t i = 0; i < known->capacity; i++)
        if (oop_is(known->rows[i].method, method)) return true;
    return false;
}

static void method_changed(VM *vm, Oop method) {
    if (relied_is_broken(vm))
        jit_forget_all(vm);
    else if (has_known(&vm->jit->known, method))
        reclaim_method(vm, method);
}

static void all_methods_changed(VM *vm) { jit_forget_all(vm); }

// ---- following the objects

static void move_method(Jit *jit, Code *code, Oop method) {
    code->method.method = method;
    uint64_t word = oop_bits(method);
    zone_write(&jit->zone, code->start, &word, sizeof word);
}

static void update(VM *vm, Heap *heap) {
    Jit *jit = vm->jit;
    bool died = false;
    for (uint32_t i = 0; i < jit->zone.count; i++) {
        Code *code = jit->zone.codes[i];
        if (oop_is_none(code->method.method)) continue;
        Oop method = heap_survivor(heap, code->method.method);
        if (oop_is(method, code->method.method)) continue;
        died |= oop_is_none(method);
        if (oop_is_none(method))
            code->method.method = method;
        else
            move_method(jit, code, method);
    }
    if (died) caches_unlink_all(jit); // what is linked to dead code
    caches_update(jit, heap);
    if (!method_table_update(&jit->known, heap, NULL)) method_table_clear(&jit->known);
}

// ---- compiling

static bool is_wanted(VM *vm, Oop method) {
    const JitPolicy *policy = &vm->jit->options.policy;
    const MethodSummary *summary = verified_summary(vm, method);
    if (!summary || summary->least_depth_at) return false;
    return summary->end_pc - summary->first_pc <= policy->bytecode_limit &&
           num_le(method_literal_count(method), num(policy->literal_limit));
}

// What is compiled, as the table of what is known has it.
static const MethodRow *known_code(const Jit *jit, const LookupEntry *method,
                                   const BlockEntry *block) {
    const MethodTable *known = &jit->known;
    if (!block) return method_table_row(known, method->method, 0);
    return method_table_row(known, block->method, oop_is_none(block->start_pc) ? 0 : block->pc);
}

bool jit_compiles_nothing_now(Jit *jit) {
    if (jit->wanted_bytes) return true;
    if (!jit->paused_until) return false;
    if (os_monotonic_nanoseconds() < jit->paused_until) return true;
    jit->paused_until = 0;
    return false;
}

static Code *compile_now(VM *vm, const LookupEntry *method, const BlockEntry *block) {
    Jit *jit = vm->jit;
    Oop object = block ? block->method : method->method;
    uint64_t before = os_monotonic_nanoseconds();
    Code *code = is_wanted(vm, object) ? jit->options.compile(vm, jit, method, block) : NULL;
    uint64_t took = os_monotonic_nanoseconds() - before;
    jit->statistics.compile_nanoseconds += took;
    if (code)
        jit_event(vm,
                  (JitEvent){.kind = JIT_EVENT_COMPILED,
                             .took = took,
                             .pieces = 1,
                             .bytes = code->end - code->start},
                  object, block != NULL);
    else if (!jit->wanted_bytes)
        jit_event(vm, (JitEvent){.kind = JIT_EVENT_REFUSED, .took = took}, object, block != NULL);
    return code;
}

// The code, found or made; NULL: refused, or there is no room now.
static Code *compile(VM *vm, const LookupEntry *method, const BlockEntry *block) {
    Jit *jit = vm->jit;
    const MethodRow *known = known_code(jit, method, block);
    Code *code = known->value;
    if (code) code->used = true;
    if (!oop_is_none(known->method)) return code;
    if (jit_compiles_nothing_now(jit)) return NULL;
    code = compile_now(vm, method, block);
    if (jit->wanted_bytes) return NULL;
    if (code)
        jit->statistics.compiled++;
    else
        jit->statistics.refused++;
    bool is_old_block = block && !oop_is_none(block->start_pc);
    // Without memory it stays unknown.
    (void)method_table_put(&jit->known, block ? block->method : method->method,
                           is_old_block ? block->pc : 0, code);
    if (code) code->used = true;
    return code;
}

// What can never have room is refused for good.
void jit_request_room(VM *vm, uint64_t bytes) {
    Jit *jit = vm->jit;
    if (bytes > jit->zone.limit - jit->zone.stubs_end) return;
    if (bytes > jit->wanted_bytes) jit->wanted_bytes = bytes;
    jit_event(vm, (JitEvent){.kind = JIT_EVENT_NO_ROOM, .bytes = bytes}, oop_none(), false);
    vm_request_interrupt(vm, INTERRUPT_CODE);
}

// Most programs do not, and most that do do so soon.
void jit_expect_floats(VM *vm) {
    if (vm->jit->expects_floats) return;
    vm->jit->expects_floats = vm->jit->forgets = true;
    vm_request_interrupt(vm, INTERRUPT_CODE);
}

static void reclaim(VM *vm) {
    Jit *jit = vm->jit;
    if (jit->forgets) jit_forget_all(vm);
    if (jit->wanted_bytes) reclaim_room(vm);
}

Code *jit_method_code(VM *vm, const LookupEntry *entry) {
    bool wants_error = entry->flags & LOOKUP_STORES_ERROR;
    bool refused = entry->flags & LOOKUP_MIRROR || (wants_error && !entry->primitive) ||
                   entry->frame_flags & FRAME_FLAG_CHECKED_SELF;
    return refused ? NULL : compile(vm, entry, NULL);
}

Code *jit_block_code(VM *vm, const BlockEntry *entry) {
    Code *code = compile(vm, NULL, entry);
    return code && code->copied_count == entry->copied_count ? code : NULL;
}

// Has what is activated now been interpreted often enough? `uses`: how often that was found.
static bool is_due(Jit *jit, uint32_t uses, const MethodRow *known) {
    const JitPolicy *policy = &jit->options.policy;
    if (known->value || !policy->interpreted_activations) return true;
    if (jit->activations < (uint64_t)policy->warm_up_activations) {
        jit->activations++;
        return false;
    }
    return uses >= policy->interpreted_activations;
}

static bool method_is_due(Jit *jit, LookupEntry *entry) {
    return is_due(jit, ++entry->uses, known_code(jit, entry, NULL));
}

Code *jit_send_code(VM *vm, LookupEntry *entry) {
    return method_is_due(vm->jit, entry) ? jit_method_code(vm, entry) : NULL;
}

// Without code after it was tried: is it refused, and not only put off? `paused`: nothing was
// compiled when the try began; it may be over since.
static bool is_refused(Jit *jit, const Code *code, bool paused) {
    return !code && !paused && !jit_compiles_nothing_now(jit);
}

static bool method_is_hot(VM *vm, LookupEntry *entry) {
    if (!method_is_due(vm->jit, entry)) return false;
    bool paused = jit_compiles_nothing_now(vm->jit);
    const Code *code = jit_method_code(vm, entry);
    if (!code && !is_refused(vm->jit, code, paused)) return false;
    entry->code = code ? code->linked_entry : 0;
    entry->kind = code ? LOOKUP_ENTERS_CODE : lookup_activating(entry->frame_flags);
    return true;
}

static void block_is_hot(VM *vm, BlockEntry *entry) {
    Jit *jit = vm->jit;
    if (entry->uses < BLOCK_IS_INTERPRETED - 1) entry->uses++;
    if (!is_due(jit, entry->uses, known_code(jit, NULL, entry))) return;
    bool paused = jit_compiles_nothing_now(jit);
    const Code *code = jit_block_code(vm, entry);
    entry->code = code ? code->linked_entry : 0;
    if (is_refused(jit, code, paused)) entry->uses = BLOCK_IS_INTERPRETED;
}

// Where the code of a block's frame begins, as the closure has it; none: a method's, a full
// block's.
static Oop block_start_pc(uint64_t *fp) {
    if (!frame_is_block(fp)) return oop_none();
    Oop closure = frame_oop(frame_callee_slot(fp));
    if (!oop_is_pointers(closure) || num_le(slot_count(closure), num(CLOSURE_START_PC)))
        return oop_none();
    Oop start = field_at(closure, CLOSURE_START_PC);
    return oop_is_int(start) ? start : oop_none();
}

Code *jit_frame_code(VM *vm, uint64_t *fp) {
    Jit *jit = vm->jit;
    Oop start = block_start_pc(fp);
    uint32_t block_pc = 0;
    if (!oop_is_none(start))
        block_pc = (uint32_t)num_concrete(num_from_oop(start)) + FRAME_PC_MINUS_CONTEXT_PC;
    return method_table_row(&jit->known, frame_oop(fp + FRAME_METHOD), block_pc)->value;
}

// ---- interpreted frames that become compiled ones

// The code of the running frame, compiled now if need be; NULL: refused.
static Code *running_code(VM *vm) {
    uint64_t *fp = vm->fp;
    if (frame_flags(fp) & FRAME_FLAG_CHECKED_SELF) return NULL;
    Code *code = jit_frame_code(vm, fp);
    if (code) {
        code->used = true;
        return code;
    }
    Oop method = frame_oop(fp + FRAME_METHOD);
    if (!frame_is_block(fp)) {
        LookupEntry entry;
        return lookup_describe(vm, method, 0, &entry) ? jit_method_code(vm, &entry) : NULL;
    }
    Oop start_pc = block_start_pc(fp);
    const BlockEntry *entry = activate_block_slot(vm, method, start_pc);
    bool is_known = oop_is(entry->method, method) && oop_is(entry->start_pc, start_pc);
    return is_known ? jit_block_code(vm, entry) : NULL;
}

// The running frame goes on where it is, as a compiled one. False: it cannot.
static bool take_over_frame(VM *vm) {
    uint64_t *fp = vm->fp;
    const Code *code = running_code(vm);
    if (!code || !code_resume_at(code, fp[FRAME_PC])) return false;
    const uint64_t *caller = frame_caller(fp);
    if (!caller || frame_kind(caller) != FRAME_INTERPRETED)
        fp[FRAME_FLAGS] |= FRAME_FLAG_RETURNS_SLOWLY;
    fp[FRAME_RETURN_ADDRESS] = vm->jit->hooks.return_to_interpreter;
    fp[FRAME_FLAGS] |= FRAME_BASELINE;
    return true;
}

static bool loop_is_hot(VM *vm) {
    vm->machine.loop_budget = vm->jit->options.policy.interpreted_jumps;
    bool taken = take_over_frame(vm);
    vm->jit->statistics.loops += taken;
    return taken;
}

// C built the running frame. Where a safe point is due the interpreter sees to that, and goes on.
static void frame_is_new(VM *vm) {
    if (vm->sp >= vm->stack_limit) take_over_frame(vm);
}

// ---- policy

typedef struct ParameterRow {
    size_t offset; // in JitPolicy
    int64_t least, most;
} ParameterRow;

static const ParameterRow parameter_rows[] = {
#define JIT_PARAMETER(field, name, preset, least, most, text)                                      \
    {offsetof(JitPolicy, field), least, most},
#include "jit/parameters.tbl"
#undef JIT_PARAMETER
};

int64_t jit_parameter(const Jit *jit, JitParameter which) {
    int64_t value;
    memcpy(&value, (const char *)&jit->options.policy + parameter_rows[which].offset, sizeof value);
    return value;
}

// What follows from the policy.
static void apply_policy(VM *vm) {
    Jit *jit = vm->jit;
    const JitPolicy *policy = &jit->options.policy;
    vm->machine.loop_budget = policy->interpreted_jumps;
    jit->expects_floats = policy->expects_floats;
    jit->hooks.frame_is_new = policy->interpreted_activations ? NULL : frame_is_new;
    zone_set_limit(&jit->zone, (uint64_t)policy->code_bytes);
}

bool jit_set_parameter(VM *vm, JitParameter which, int64_t value) {
    const ParameterRow *row = &parameter_rows[which];
    Jit *jit = vm->jit;
    if (value < row->least || value > row->most) return false;
    if (which == JIT_PARAMETER_code_bytes && !zone_may_have_limit(&jit->zone, (uint64_t)value))
        return false;
    memcpy((char *)&jit->options.policy + row->offset, &value, sizeof value);
    lookup_flush_all(vm);
    jit_forget_all(vm);
    apply_policy(vm);
    return true;
}

// ---- running

MAY_GC static MachineAction execute(VM *vm, uint64_t start) {
    if (vm->jit->execute) return vm->jit->execute(vm, start);
    MAY_GC MachineAction (*enter)(VM *, uint64_t, uint64_t);
    memcpy(&enter, &vm->jit->enter, sizeof enter);
    return enter(vm, start, 0);
}

// A compiled caller must be asked by C.
void jit_interpret_frame(VM *vm, uint64_t *fp) {
    if (fp[FRAME_RETURN_ADDRESS] != vm->jit->hooks.return_to_interpreter)
        fp[FRAME_FLAGS] |= FRAME_FLAG_RETURNS_SLOWLY;
    frame_become_interpreted(fp);
}

uint64_t jit_resume_frame(VM *vm, const Code *code) {
    const ResumePoint *point = code_resume_at(code, vm->fp[FRAME_PC]);
    if (!point) return 0;
    if (point->takes_answer) vm->machine.result = *vm->sp++;
    return code->start + point->offset;
}

// Where the compiled frame that the VM's registers name goes on; 0: it is an interpreted one now.
static uint64_t resume_address(VM *vm) {
    const Code *code = jit_frame_code(vm, vm->fp);
    uint64_t address = code ? jit_resume_frame(vm, code) : 0;
    if (!address) jit_interpret_frame(vm, vm->fp);
    return address;
}

// Until the interpreter has something to do. False: vm->stop says why the VM stops.
MAY_GC static bool run_code(VM *vm) {
    uint64_t start = vm->machine.start;
    while (start || (start = resume_address(vm))) {
        MachineAction action = execute(vm, start);
        if (action == MACHINE_STOP) return false;
        if (action == MACHINE_RETURNED) *--vm->sp = vm->machine.result;
        vm->machine.has_answered = action == MACHINE_RETURNED;
        if (frame_kind(vm->fp) == FRAME_INTERPRETED) return true;
        start = 0;
    }
    return true;
}

MAY_GC StopReason jit_run(VM *vm) {
    // Signals must not find the stack pages in the stack register.
    if (vm->jit) crash_prepare_thread();
    for (;;) {
        StopReason reason = interpret(vm);
        if (reason != STOP_MACHINE) return reason;
        if (!run_code(vm)) return vm->stop;
    }
}

// ---- life

static void find_booleans(VM *vm, Jit *jit) {
    int64_t nil = (int64_t)oop_bits(vm->heap.nil);
    jit->true_offset = (int64_t)oop_bits(vm->heap.true_object) - nil;
    jit->false_offset = (int64_t)oop_bits(vm->heap.false_object) - nil;
}

Status jit_init(VM *vm, const JitOptions *options, Diagnosis *diagnosis) {
    if (!options->backend)
        return diagnose(diagnosis, STATUS_BAD_USAGE, "no compiler for this processor");
    Jit *jit = calloc(1, sizeof *jit);
    if (!jit || !method_table_init(&jit->known)) {
        free(jit);
        return diagnose(diagnosis, STATUS_NO_MEMORY, "no memory for the compiler");
    }
    jit->options = *options;
    jit->events.begun = os_monotonic_nanoseconds();
    jit->hooks = (JitHooks){
        .fp_register = options->backend->machine_numbers[R_FP],
        .sp_register = options->backend->machine_numbers[R_SP],
        .method_is_hot = method_is_hot,
        .block_is_hot = block_is_hot,
        .loop_is_hot = loop_is_hot,
        .selector_changed = selector_changed,
        .classes_changed = classes_changed,
        .method_changed = method_changed,
        .all_methods_changed = all_methods_changed,
        .update = update,
        .reclaim = reclaim,
        .verify = zone_verify,
    };
    vm->jit = jit;
    find_booleans(vm, jit);
    Status status = zone_init(&jit->zone, options->backend, vm->arena.code.start,
                              vm->arena.code.end, diagnosis);
    if (!status) status = stubs_make(vm, jit, diagnosis);
    if (status) {
        jit_release(vm);
        return status;
    }
    vm->hooks = &jit->hooks;
    int64_t reserved = (int64_t)(jit->zone.end - jit->zone.start);
    if (jit->options.policy.code_bytes > reserved) jit->options.policy.code_bytes = reserved;
    apply_policy(vm);
    lookup_flush_all(vm);
    closure_flush(vm);
    return STATUS_OK;
}

void jit_release(VM *vm) {
    Jit *jit = vm->jit;
    if (!jit) return;
    vm->hooks = NULL;
    vm->jit = NULL;
    jit_events_close(jit);
    zone_release(&jit->zone);
    compilation_release_room(jit);
    array_free(&jit->open_caches);
    array_free(&jit->caches);
    method_table_release(&jit->known);
    free(jit);
}
