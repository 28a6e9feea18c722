// SPDX-License-Identifier: MIT
// Compiled code for one VM: what is compiled when, and running it.
//
// A method is compiled when it is found in the lookup cache often enough, or when it loops
// (parameters.tbl); it goes on being what its bytecodes say. All that is known about a method or
// block and its code stands in one table here, keyed by the object, and is kept in step by
// collections; the method object itself is not touched.
//
// Where code is refused (too large, odd stack depths, a self that must be looked at) the
// interpreter goes on. When the zone is full code not used lately goes (reclaim.h): a frame may
// become an interpreted one at any time, so nothing has to be kept for those that run.
#ifndef PARLEY_JIT_JIT_H
#define PARLEY_JIT_JIT_H

#include "jit/code.h"
#include "jit/events.h"
#include "run/method_table.h"

typedef enum RuntimeEntry {
#define RUNTIME(NAME, function, text) RUNTIME_##NAME,
#include "jit/runtime.tbl"
#undef RUNTIME
    RUNTIME_COUNT
} RuntimeEntry;

// What compiled code answers when it is left.
typedef enum MachineAction {
    MACHINE_RESUME,   // never seen by who entered it: C lets the code go on
    MACHINE_LEAVE,    // the VM's registers say what runs
    MACHINE_STOP,     // vm->stop says why
    MACHINE_RETURNED, // machine.result is to be pushed for an interpreted caller
} MachineAction;

// What decides about compiling; may be changed at any time by jit_set_parameter.
typedef struct JitPolicy {
#define JIT_PARAMETER(field, name, preset, least, most, text) int64_t field;
#include "jit/parameters.tbl"
#undef JIT_PARAMETER
} JitPolicy;
typedef enum JitParameter {
#define JIT_PARAMETER(field, name, preset, least, most, text) JIT_PARAMETER_##field,
#include "jit/parameters.tbl"
#undef JIT_PARAMETER
    JIT_PARAMETER_COUNT
} JitParameter;

struct Jit;
typedef struct JitOptions {
    const Backend *backend; // NULL: the host's
    Code *(*compile)(struct VM *vm, struct Jit *jit, const LookupEntry *method,
                     const BlockEntry *block); // naive_compile or baseline_compile
    JitPolicy policy;
} JitOptions;

typedef struct JitStatistics {
#define JIT_COUNTER(field, name, text) uint64_t field;
#define JIT_FIGURE(name, expression, text)
#include "jit/counters.tbl"
#undef JIT_COUNTER
#undef JIT_FIGURE
} JitStatistics;

// The code that all open sites of a selector share: it looks into the lookup cache.
typedef struct OpenCache {
    Oop selector; // none: it died
    uint32_t argument_count;
    uint64_t entry, selector_word; // addresses
} OpenCache;

// A closed or an open cache: code without tables.
typedef struct CachePiece {
    uint64_t start, end;
} CachePiece;

typedef struct Jit {
    CodeZone zone;
    JitOptions options;
    JitStatistics statistics;
    JitHooks hooks;
    JitEvents events;
    uint64_t stubs[RUNTIME_COUNT];
    uint64_t marry, slow_return; // stubs: new_objects.c
    uint64_t non_local_return;   // a stub
    uint64_t enter; // a C function: MachineAction (VM *, address to begin at, 0)
    MethodTable known; // the code of each, as its value
    uint64_t activations; // that were interpreted while the program warmed up
    uint64_t reclaimed_at, spent_before; // time of the last reclamation, compiling time until then
    uint64_t paused_until;               // nothing is compiled; 0: it is
    uint64_t wanted_bytes; // room in the zone that will be made at the next safe point; 0: none
    ARRAY(OpenCache) open_caches;
    ARRAY(CachePiece) caches;          // all that are in the zone, in the order of their addresses
    struct Compilation *spare;         // whose lists' room the next one takes; NULL: none
    bool expects_floats;               // arithmetic is compiled for them as well
    bool forgets;                      // all code is given up at the next safe point
    uint32_t relied;                   // bits of relied.h: what the code relies on
    uint64_t resets;                   // how often code moved or was given up
    int64_t true_offset, false_offset; // from nil
    // Runs code from `start` until it is left; NULL: the processor does.
    MAY_GC MachineAction (*execute)(struct VM *vm, uint64_t start);
    void *executor;               // whatever `execute` needs
    struct CodeWatcher *watchers; // watch.h
} Jit;

void jit_default_options(JitOptions *options);
// Switches compiling on for a VM whose options made room for a code zone (VMOptions.code_bytes) and
// whose image is loaded. Without a back end for this machine STATUS_BAD_USAGE.
MUST_USE Status jit_init(struct VM *vm, const JitOptions *options, Diagnosis *diagnosis);
void jit_release(struct VM *vm);

int64_t jit_parameter(const struct Jit *jit, JitParameter which);
// False: not that value. What was refused before is judged anew.
MUST_USE bool jit_set_parameter(struct VM *vm, JitParameter which, int64_t value);

// Like interpret, with whatever is compiled in between.
MAY_GC StopReason jit_run(struct VM *vm);

// The code of a method that a lookup found, compiled now if it was not; NULL: refused.
Code *jit_method_code(struct VM *vm, const LookupEntry *entry);
// The same, but for a send: it may have to be interpreted some more times.
Code *jit_send_code(struct VM *vm, LookupEntry *entry);
// The same for a block.
Code *jit_block_code(struct VM *vm, const BlockEntry *entry);
// The code that the frame belongs to; NULL: none.
Code *jit_frame_code(struct VM *vm, uint64_t *fp);
// Room is awaited, or so many methods are compiled again and again that interpreting is faster.
bool jit_compiles_nothing_now(Jit *jit);
// Is all compiled code, from before a call to C, still there, and where it was?
static inline bool jit_is_unchanged(const Jit *jit, uint64_t resets) {
    return jit->resets == resets;
}
void jit_forget_all(struct VM *vm);
// The program calculates with floats: from the next safe point on code is made for that.
void jit_expect_floats(struct VM *vm);
// The address where the running frame goes on in its code, with all that it takes prepared; 0:
// there is none for its pc.
uint64_t jit_resume_frame(struct VM *vm, const Code *code);
// The compiled frame is interpreted from now on.
void jit_interpret_frame(struct VM *vm, uint64_t *fp);
// There is no room for so many bytes of code; some will be made at the next safe point. Nothing is
// compiled until then.
void jit_request_room(struct VM *vm, uint64_t bytes);

// ---- stubs.c: the code that is always there
// Assembles code without tables into the zone and releases the IR; `addresses`, if not NULL,
// becomes those of its labels. 0: no room, or no memory.
uint64_t assemble_piece(Jit *jit, IrCode *ir, uint64_t *addresses);
MUST_USE Status stubs_make(struct VM *vm, Jit *jit, Diagnosis *diagnosis);

// ---- new_objects.c
void make_marry(IrCode *ir);
void make_slow_return(IrCode *ir, uint64_t return_stub);

// ---- non_local_return.c
void make_non_local_return(IrCode *ir, uint64_t return_stub);

// ---- naive.c, baseline.c
// Compiles a method or a block, the other being NULL; NULL: refused or no memory. Nothing of the
// heap moves or changes.
Code *naive_compile(struct VM *vm, Jit *jit, const LookupEntry *method, const BlockEntry *block);
Code *baseline_compile(struct VM *vm, Jit *jit, const LookupEntry *method, const BlockEntry *block);

#endif
