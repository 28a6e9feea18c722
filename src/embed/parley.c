// SPDX-License-Identifier: MIT
// The embedding API: a handle that knows the options, makes the VM when an image's header has
// been seen (the arena prefers the image's base), and translates between the VM's words and the
// public ones. The command line uses nothing else to run images.
#include "parley.h"

#include "embed/own_image.h"

#include <stdlib.h>
#include <string.h>

#include "base/crash.h"
#include "base/version.h"
#include "compile/primitives.h"
#include "image/image_info.h"
#include "image/read.h"
#include "jit/jit.h"
#include "jit/primitives.h"
#include "tool/crash_code.h"
#include "tool/gdb_jit.h"
#include "tool/perf_map.h"
#include "tool/simulate.h"
#include "memory/collector.h"
#include "plugin/registry.h"
#include "run/clock.h"
#include "run/interpreter.h"
#include "run/process.h"
#include "run/snapshot.h"
#include "run/stack.h"
#include "run/trace.h"

struct Parley {
    ParleyOptions options; // its strings and lists are kept in the fields below
    char *collector, *trace, *isa, *image_name, *jit_events;
    Simulation *simulation; // NULL: the machine runs its code itself
    PerfMap *perf_map;      // NULL: none
    GdbJit *gdb_jit;        // the same
    ImageInfo image;
    VM *vm;       // NULL: no image loaded
    bool is_over; // the image quit or failed: `outcome` is all there is
    ParleyStop outcome;
    Diagnosis diagnosis;
};

const char *parley_version(void) { return PARLEY_VERSION; }

void parley_default_options(ParleyOptions *options) { memset(options, 0, sizeof *options); }

const char *parley_error(const Parley *vm) { return vm->diagnosis.text; }

static ParleyStatus public_status(Status status) {
    switch (status) {
    case STATUS_OK:
        return PARLEY_OK;
    case STATUS_NO_MEMORY:
    case STATUS_LIMIT:
        return PARLEY_NO_MEMORY;
    case STATUS_IO_ERROR:
    case STATUS_NOT_FOUND:
        return PARLEY_IO_ERROR;
    case STATUS_BAD_USAGE:
        return PARLEY_BAD_OPTION;
    case STATUS_STATE:
        return PARLEY_WRONG_STATE;
    default:
        return PARLEY_BAD_IMAGE;
    }
}

void parley_install_signal_handlers(void) {
    crash_install_handlers();
    crash_install_user_handlers();
}

// ---- life

static bool copy_string(char **place, const char *text) {
    if (!text) return true;
    *place = strdup(text);
    return *place != NULL;
}

// Images ask for an option of this kind before they do without a person. This VM has no display,
// so they are told, whatever stood on the command line.
static Status set_vm_arguments(Parley *p, const ParleyOptions *options) {
    static const char *const spellings[] = {"-headless", "--headless", "-vm-display-null"};
    unsigned count = options->vm_argument_count;
    bool told = options->interactive;
    const char **arguments = calloc(count + 1, sizeof *arguments);
    if (!arguments) return STATUS_NO_MEMORY;
    for (unsigned i = 0; i < count; i++) {
        arguments[i] = options->vm_arguments[i];
        for (unsigned j = 0; j < sizeof spellings / sizeof *spellings; j++)
            told |= strcmp(arguments[i], spellings[j]) == 0;
    }
    if (!told) arguments[count++] = spellings[0];
    Status status = image_arguments_set(&p->image.vm_arguments, count, arguments);
    free(arguments);
    return status;
}

static bool copy_options(Parley *p, const ParleyOptions *options) {
    p->options = *options;
    if (!copy_string(&p->collector, options->collector)) return false;
    if (!copy_string(&p->trace, options->trace)) return false;
    if (!copy_string(&p->isa, options->isa)) return false;
    if (!copy_string(&p->jit_events, options->jit_events)) return false;
    if (!copy_string(&p->image_name, options->image_name)) return false;
    p->options.isa = p->isa;
    if (image_info_init(&p->image) != STATUS_OK) return false;
    if (options->vm_path && image_info_set_vm_path(&p->image, options->vm_path) != STATUS_OK)
        return false;
    return set_vm_arguments(p, options) == STATUS_OK &&
           image_arguments_set(&p->image.arguments, options->argument_count, options->arguments) ==
               STATUS_OK;
}

Parley *parley_new(const ParleyOptions *options) {
    Parley *p = calloc(1, sizeof *p);
    if (!p) return NULL;
    if (copy_options(p, options)) return p;
    parley_destroy(p);
    return NULL;
}

static void drop_vm(Parley *p) {
    if (!p->vm) return;
    plugin_release_all(p->vm);
    perf_map_end(p->perf_map);
    p->perf_map = NULL;
    gdb_jit_end(p->gdb_jit);
    p->gdb_jit = NULL;
    jit_release(p->vm);
    simulate_end(p->simulation);
    p->simulation = NULL;
    vm_destroy(p->vm);
    p->vm = NULL;
}

void parley_destroy(Parley *p) {
    if (!p) return;
    drop_vm(p);
    image_info_release(&p->image);
    free(p->collector);
    free(p->trace);
    free(p->isa);
    free(p->jit_events);
    free(p->image_name);
    free(p);
}

// ---- loading

static void set_unless_zero(uint64_t *option, uint64_t value) {
    if (value) *option = value;
}

// Code is compiled unless the interpreter alone is wanted, or something that only it does: watching
// sends, counting ticks from the beginning. Elsewhere than on processors with a back end it is the
// only one, but for simulated processors.
static bool compiles(const ParleyOptions *given) {
    bool watches = given->trace || given->flush_caches_every;
    return !given->interpreter && !watches && !given->max_ticks && !given->deterministic &&
           (backend_host() || given->simulate);
}

static Status jit_options(const ParleyOptions *given, JitOptions *options, Diagnosis *diagnosis) {
    jit_default_options(options);
    if (given->code_bytes) options->policy.code_bytes = (int64_t)given->code_bytes;
    if (given->compile_at_once) options->policy.interpreted_activations = 0;
    if (given->naive) options->compile = naive_compile;
    if (given->isa && !given->simulate)
        return diagnose(diagnosis, STATUS_BAD_USAGE, "an instruction set is for --simulate");
    if (given->isa) options->backend = backend_named(given->isa);
    if (given->isa && !options->backend)
        return diagnose(diagnosis, STATUS_BAD_USAGE, "no instruction set '%s'", given->isa);
    if (given->simulate && given->interpreter)
        return diagnose(diagnosis, STATUS_BAD_USAGE, "--simulate is for compiled code");
    return STATUS_OK;
}

static Status start_jit(Parley *p) {
    JitOptions options;
    Status status = jit_options(&p->options, &options, &p->diagnosis);
    if (status != STATUS_OK || !compiles(&p->options)) return status;
    status = jit_init(p->vm, &options, &p->diagnosis);
    if (status == STATUS_OK) p->vm->jit->hooks.report_code = crash_code_report;
    if (status == STATUS_OK && p->jit_events)
        status = jit_events_open(p->vm->jit, p->jit_events, &p->diagnosis);
    if (status == STATUS_OK && p->options.perf_map)
        status = perf_map_begin(&p->perf_map, p->vm, &p->diagnosis);
    if (status == STATUS_OK && p->options.gdb_jit)
        status = gdb_jit_begin(&p->gdb_jit, p->vm, &p->diagnosis);
    if (status == STATUS_IO_ERROR) return STATUS_BAD_USAGE; // of a file that an option wants
    if (status != STATUS_OK || !p->options.simulate) return status;
    SimulateOptions simulate = {.strict = p->options.simulate_strictly,
                                .report = p->options.simulate_report};
    return simulate_begin(&p->simulation, p->vm, &simulate, &p->diagnosis);
}

static Status vm_options(const Parley *p, VMOptions *options, Diagnosis *diagnosis) {
    const ParleyOptions *given = &p->options;
    vm_default_options(options);
    options->heap.collector = p->collector;
    set_unless_zero(&options->heap.eden_bytes, given->eden_bytes);
    set_unless_zero(&options->heap.old_limit_bytes, given->max_old_bytes);
    set_unless_zero(&options->heap.collect_every, given->gc_every);
    set_unless_zero(&options->heap.move_every, given->move_every);
    set_unless_zero(&options->heap.fail_every, given->fail_allocation_every);
    options->heap.verify = given->verify_heap;
    set_unless_zero(&options->reserve_bytes, given->reserve_bytes);
    set_unless_zero(&options->stack_page_words, given->stack_page_words);
    set_unless_zero(&options->stack_page_count, given->stack_pages);
    set_unless_zero(&options->max_process_words, given->max_process_words);
    set_unless_zero(&options->max_ticks, given->max_ticks);
    set_unless_zero(&options->flush_caches_every, given->flush_caches_every);
    options->deterministic = given->deterministic;
    JitOptions jit;
    Status status = jit_options(given, &jit, diagnosis);
    if (status != STATUS_OK) return status;
    if (compiles(given)) options->code_bytes = (uint64_t)jit.policy.code_bytes;
    if (!collector_named(p->collector))
        return diagnose(diagnosis, STATUS_BAD_USAGE, "unknown collector '%s'", p->collector);
    if (p->trace && !trace_parse(p->trace, &options->trace))
        return diagnose(diagnosis, STATUS_BAD_USAGE, "unknown word in --trace=%s", p->trace);
    return STATUS_OK;
}

// An image that was saved in the middle of a run may wait for its timer. One that saved itself
// sets the timer again when it starts, and has none in its header.
static void set_saved_timer(Parley *p) {
    uint64_t due = p->image.header.timer_microseconds;
    if (due && due <= INT64_MAX) clock_set_timer(p->vm, (int64_t)due);
    p->image.header.timer_microseconds = 0;
}

typedef Status (*ImageLoader)(ImageFile *file, Heap *heap, Diagnosis *diagnosis);

// Makes the VM that suits the image, and lets the image in. An image in memory has no path.
static Status load_file(Parley *p, ImageFile *file, const char *path, ImageLoader load) {
    VMOptions options;
    Status status = vm_options(p, &options, &p->diagnosis);
    if (status != STATUS_OK) return status;
    uint64_t base = p->options.ignore_image_base ? 0 : file->header.base;
    p->vm = vm_new(&options, base, &p->diagnosis);
    if (!p->vm) return STATUS_NO_MEMORY;
    p->vm->embedder = p;
    p->vm->image = &p->image;
    p->image.header = file->header;
    if (path) status = image_info_set_path(&p->image, path);
    if (status == STATUS_OK && p->image_name)
        status = image_info_set_told_path(&p->image, p->image_name);
    if (status == STATUS_OK) status = plugin_register_all(p->vm);
    if (status == STATUS_OK) status = compile_register_primitives(p->vm);
    if (status == STATUS_OK) status = jit_register_primitives(p->vm);
    if (status != STATUS_OK) return diagnose(&p->diagnosis, status, "not enough memory");
    status = load(file, &p->vm->heap, &p->diagnosis);
    if (status == STATUS_OK) status = vm_image_loaded(p->vm, &p->diagnosis);
    if (status == STATUS_OK) status = start_jit(p);
    if (status == STATUS_OK) set_saved_timer(p);
    return status;
}

static bool is_empty(Parley *p) {
    p->diagnosis.text[0] = 0;
    if (!p->vm) return true;
    diagnose(&p->diagnosis, STATUS_STATE, "there is an image in this VM already");
    return false;
}

static ParleyStatus load_and_close(Parley *p, ImageFile *file, const char *path, ImageLoader load) {
    Status status = load_file(p, file, path, load);
    image_file_close(file);
    if (status != STATUS_OK) drop_vm(p);
    return public_status(status);
}

ParleyStatus parley_load(Parley *p, const char *image_path) {
    ImageFile file;
    if (!is_empty(p)) return PARLEY_WRONG_STATE;
    Status status = image_file_open(&file, image_path, &p->diagnosis);
    if (status != STATUS_OK) return public_status(status);
    return load_and_close(p, &file, image_path, image_file_load);
}

ParleyStatus parley_load_memory(Parley *p, const void *bytes, uint64_t count) {
    ImageFile file;
    if (!is_empty(p)) return PARLEY_WRONG_STATE;
    Status status = image_file_open_memory(&file, bytes, count, &p->diagnosis);
    if (status != STATUS_OK) return public_status(status);
    return load_and_close(p, &file, NULL, image_file_load);
}

ParleyStatus parley_load_own(Parley *p, const void *bytes, uint64_t count) {
    ImageFile file;
    if (!is_empty(p)) return PARLEY_WRONG_STATE;
    Status status = image_file_open_memory(&file, bytes, count, &p->diagnosis);
    if (status != STATUS_OK) return public_status(status);
    return load_and_close(p, &file, NULL, image_file_load_own);
}

// ---- running

static bool needs_image(Parley *p) {
    if (p->vm) return true;
    diagnose(&p->diagnosis, STATUS_STATE, "there is no image in this VM");
    return false;
}

static ParleyStop public_stop(StopReason reason) {
    switch (reason) {
    case STOP_QUIT:
        return PARLEY_QUIT;
    case STOP_SAFE_POINT:
        return PARLEY_STOPPED;
    case STOP_TICKS:
        return PARLEY_TICK_LIMIT;
    default:
        return PARLEY_FAILED;
    }
}

// roots: no oop is held here.
ParleyStop parley_run(Parley *p) {
    if (!needs_image(p)) return PARLEY_FAILED;
    if (p->is_over) return p->outcome;
    p->outcome = public_stop(jit_run(p->vm));
    p->is_over = p->outcome == PARLEY_QUIT || p->outcome == PARLEY_FAILED;
    return p->outcome;
}

int parley_exit_code(const Parley *p) { return p->vm ? p->vm->exit_code : 0; }

void parley_stop(Parley *p) {
    if (p->vm) vm_request_interrupt(p->vm, INTERRUPT_SAVE);
}

void parley_set_tick_limit(Parley *p, uint64_t ticks) {
    if (!p->vm) {
        p->options.max_ticks = ticks;
        return;
    }
    p->vm->options.max_ticks = ticks ? p->vm->ticks + ticks : 0;
    p->vm->counts_ticks = ticks || p->vm->options.deterministic;
    stack_set_limit(p->vm);
}

uint64_t parley_ticks(const Parley *p) { return p->vm ? p->vm->ticks : 0; }

// roots: no oop is held here.
ParleyStatus parley_save(Parley *p, const char *image_path) {
    p->diagnosis.text[0] = 0;
    if (!needs_image(p)) return PARLEY_WRONG_STATE;
    if (p->is_over)
        return public_status(diagnose(&p->diagnosis, STATUS_STATE, "the image's run is over"));
    const char *path = image_path ? image_path : p->image.path;
    p->image.header.timer_microseconds = (uint64_t)p->vm->processes->timer_microseconds;
    Status status = snapshot_save(p->vm, path, &p->diagnosis);
    p->image.header.timer_microseconds = 0;
    return public_status(status);
}

uint64_t parley_verify(Parley *p, FILE *report, unsigned limit) {
    return p->vm ? heap_verify(&p->vm->heap, report, limit, false) : 0;
}
