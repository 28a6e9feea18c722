// SPDX-License-Identifier: MIT
// Calls every primitive, numbered and named, with every kind of wrong receiver and argument, and
// checks what must hold after each call:
//
//   - no crash, no hang, no other way out than the four outcomes
//   - a failure has a known code, and changed nothing: the stack and all operands are as before
//   - an answer stands alone on the stack and is an object of the heap or an immediate
//   - read-only operands are as before, whatever happened
//   - another frame or process that runs then can be run for a while
//   - the whole heap passes its verifier
//
// The calls run in forked clones of one small VM, a few hundred to a clone, in a scratch folder.
// Operands are chosen by chance out of a table of kinds, from a fixed seed; a combination that led
// to an outcome not seen before is kept, and half of the later calls differ from a kept one in one
// operand only. So the deeper checks of a primitive are reached as well. In every fourth call
// allocations fail: each one, or each second or third.
//
//   bad_arguments [CALLS [NAME]]   calls by chance for each primitive and number of arguments;
//                                  only primitives whose name contains NAME
//
// By default few calls, many with PARLEY_NIGHTLY in the environment. PARLEY_VERBOSE adds what came
// out of the calls. Speaks TAP: one line for each primitive.
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/random.h"
#include "image/image_info.h"
#include "memory/spaces.h"
#include "plugin/registry.h"

#include "operand_kinds.h"

enum {
    CALLS_EVERY_DAY = 600,
    CALLS_UNDER_SANITIZERS = 150,
    CALLS_NIGHTLY = 20000,
    CALLS_PER_CLONE = 150,
    SECONDS_PER_CLONE = 20,
    TICKS_TO_RUN_ON = 500,
    SWITCHES_AT_LEAST = 40,
    OPERAND_LIMIT = 12,
    KEPT_LIMIT = 24,
    GOOD_LIMIT = 8,
    GIVE_UP_AFTER = 120, // calls that all say that this is no number of arguments
    GREATEST_FAILURE = FAILURE_OPERATING_SYSTEM,
};

// ---- what parent and clones share: how far the work on one primitive has come

typedef struct Call {
    uint8_t count;      // operands, the receiver among them
    uint8_t fail_every; // let every so many-th allocation fail; 0: none
    uint8_t kinds[OPERAND_LIMIT];
} Call;

typedef struct Shared {
    uint64_t random;
    unsigned done;       // calls so far
    Call now;            // the call under way
    char complaint[300]; // what did not hold; empty: all is well
    unsigned answered, failed[GREATEST_FAILURE + 1], switched;
    unsigned switched_here;
    unsigned failed_here[GREATEST_FAILURE + 1]; // with the present number of arguments
    Call good[GOOD_LIMIT], kept[KEPT_LIMIT];
    unsigned good_count, kept_count;
    uint64_t seen; // bits of outcomes and failures met
} Shared;
static Shared *shared;

static unsigned random_below(unsigned limit) {
    return (unsigned)(random_next(&shared->random) % limit);
}

__attribute__((format(printf, 1, 2))) static void complain(const char *format, ...) {
    if (shared->complaint[0]) return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(shared->complaint, sizeof shared->complaint, format, arguments);
    va_end(arguments);
}

// The calls that are made in any case: each good one with each kind in the place of each operand;
// of a single operand every kind.
static bool choose_systematic(unsigned operands, unsigned number) {
    Call *call = &shared->now;
    unsigned of_one = operands * KIND_COUNT;
    if (operands == 1) call->kinds[0] = (uint8_t)number;
    if (operands == 1) return number < KIND_COUNT;
    if (number >= shared->good_count * of_one) return false;
    *call = shared->good[number / of_one];
    call->kinds[number % of_one / KIND_COUNT] = (uint8_t)(number % KIND_COUNT);
    return true;
}

static void choose_operands(unsigned operands, unsigned number) {
    Call *call = &shared->now;
    if (choose_systematic(operands, number)) return;
    bool vary = shared->kept_count && random_below(2);
    if (vary) *call = shared->kept[random_below(shared->kept_count)];
    for (unsigned i = 0; i < operands && !vary; i++)
        call->kinds[i] = (uint8_t)random_below(KIND_COUNT);
    if (vary) call->kinds[random_below(operands)] = (uint8_t)random_below(KIND_COUNT);
}
static void choose_call(unsigned operands, unsigned number) {
    choose_operands(operands, number);
    shared->now.count = (uint8_t)operands;
    shared->now.fail_every = random_below(4) ? 0 : (uint8_t)(1 + random_below(3));
}

// Lets allocations fail as the call says.
static void set_allocation_failures(unsigned every) {
    vm->heap.options.fail_every = every;
    vm->heap.spaces->allocations = 0;
}

// Keeps a combination whose outcome is new for this number of arguments.
static void note_outcome(Outcome outcome) {
    unsigned key = outcome == OUTCOME_FAILED ? vm->failure : 32 + outcome;
    uint64_t bit = 1ull << (key & 63);
    if ((shared->seen & bit) && random_below(64)) return;
    shared->seen |= bit;
    unsigned slot =
        shared->kept_count < KEPT_LIMIT ? shared->kept_count++ : random_below(KEPT_LIMIT);
    shared->kept[slot] = shared->now;
}

// ---- checks

// Everything about an object that a failing primitive must leave alone: not the identity hash and
// the bits that collectors use. What a context holds may move between its slots and its frame.
static uint64_t fingerprint(Oop oop) {
    if (oop_is_immediate(oop) || context_is_context(vm, oop)) return oop_bits(oop);
    uint64_t raw = oop_bits(oop), header = raw_load(raw);
    uint64_t sum = header_with_hash(header, 0) & ~(HEADER_MARKED | HEADER_GREY | HEADER_REMEMBERED);
    uint64_t slots = object_is_forwarder(oop) ? 1 : raw_slot_count(raw);
    for (uint64_t i = 0; i < slots; i++)
        sum = (sum ^ raw_slot(raw, i)) * 0x100000001B3ull + (sum >> 32);
    return sum;
}
// Of a read-only object: its state is its contents, class and format. The marks may change.
static uint64_t contents_fingerprint(Oop oop) {
    if (oop_is_immediate(oop) || !object_is_readonly(oop)) return 0;
    uint64_t raw = oop_bits(oop);
    uint64_t sum = raw_class_index(raw) << 8 | raw_format(raw);
    for (uint64_t i = 0; i < raw_slot_count(raw); i++)
        sum = (sum ^ raw_slot(raw, i)) * 0x100000001B3ull + (sum >> 32);
    return sum;
}

typedef struct Before {
    uint64_t *fp, *sp;
    Oop operands[OPERAND_LIMIT];
    uint64_t fingerprints[OPERAND_LIMIT], contents[OPERAND_LIMIT];
} Before;

static void push_operands(Before *before) {
    fixture_drop_operands();
    for (unsigned i = 0; i < shared->now.count; i++) {
        Oop operand = kinds[shared->now.kinds[i]];
        before->operands[i] = operand;
        before->fingerprints[i] = fingerprint(operand);
        before->contents[i] = contents_fingerprint(operand);
        fixture_push(operand);
    }
    before->fp = vm->fp;
    before->sp = vm->sp;
}

static void check_failure(const Before *before, bool may_gc) {
    int code = (int)vm->failure;
    if (code < 1 || code > GREATEST_FAILURE) complain("it failed with code %d", code);
    // The running frame may have been made anew elsewhere: what counts is what it holds.
    if (vm->sp != vm->fp + (before->sp - before->fp))
        complain("it failed and left the stack at another height");
    else
        shared->failed[vm->failure]++, shared->failed_here[vm->failure]++;
    unsigned count = shared->now.count;
    for (unsigned i = 0; i < count && !may_gc; i++) {
        if (oop_bits(prim_stack_at(vm, count - 1 - i)) != oop_bits(before->operands[i]))
            complain("it failed and changed operand %u on the stack", i);
        else if (fingerprint(before->operands[i]) != before->fingerprints[i])
            complain("it failed and changed the contents of operand %u", i);
    }
}

static void check_answer(const Before *before, Outcome outcome) {
    shared->answered++;
    if (vm->fp != before->fp && outcome == OUTCOME_ANSWERED)
        complain("it answered in another frame");
    if (vm->sp != vm->fp + FRAME_FIRST_TEMP) {
        complain("it answered and left the stack at the wrong height");
        return;
    }
    Oop answer = TOP;
    if (!oop_is_immediate(answer) && !heap_is_address_of_object(&vm->heap, oop_bits(answer)))
        complain("it answered %#llx, which is no object", (unsigned long long)oop_bits(answer));
}

static void check_call(const Before *before, Outcome outcome, const Primitive *row) {
    for (unsigned i = 0; i < shared->now.count && !row->may_gc; i++)
        if (before->contents[i] && object_is_readonly(before->operands[i]) &&
            contents_fingerprint(before->operands[i]) != before->contents[i])
            complain("it changed the read-only operand %u", i);
    if (outcome == OUTCOME_FAILED)
        check_failure(before, row->may_gc);
    else if (outcome == OUTCOME_ANSWERED)
        check_answer(before, outcome);
    else if (outcome == OUTCOME_SWITCHED || outcome == OUTCOME_STOP)
        shared->switched++, shared->switched_here++;
    else
        complain("its outcome was %d", (int)outcome);
    if (heap_verify(&vm->heap, stderr, 4, false)) complain("the heap does not verify");
}

// Enough: all calls so far say that this is no number of arguments, or so many led to other frames
// (each costs a clone) that the rest is no news.
static bool is_enough(unsigned calls) {
    if (shared->switched_here > SWITCHES_AT_LEAST && shared->switched_here > calls / 16)
        return true;
    return shared->done >= GIVE_UP_AFTER && shared->good_count == 0 &&
           shared->failed_here[FAILURE_BAD_ARGUMENT_COUNT] == shared->done;
}

// What was switched to must be able to run, be it only into an error.
static void run_on(void) {
    vm->options.max_ticks = vm->ticks + TICKS_TO_RUN_ON;
    interpret(vm);
    if (heap_verify(&vm->heap, stderr, 4, false))
        complain("the heap does not verify after running on");
}

// ---- the work in a clone: calls until something switches frames, or the clone has done its share

static void run_clone(const Primitive *row, unsigned arguments, unsigned calls) {
    alarm(SECONDS_PER_CLONE);
    for (unsigned i = 0; i < CALLS_PER_CLONE && shared->done < calls && !is_enough(calls); i++) {
        choose_call(arguments + 1, shared->done++);
        Before before;
        push_operands(&before);
        vm->argument_count = arguments;
        vm->failure = FAILURE_NONE;
        vm->stop = STOP_NONE;
        set_allocation_failures(shared->now.fail_every);
        Outcome outcome = row->function(vm);
        set_allocation_failures(0);
        note_outcome(outcome);
        check_call(&before, outcome, row);
        if (outcome == OUTCOME_SWITCHED) run_on();
        if (shared->complaint[0] || outcome == OUTCOME_SWITCHED || outcome == OUTCOME_STOP ||
            vm->fp != before.fp)
            return;
    }
    fixture_drop_operands();
    heap_collect_full(&vm->heap);
    if (heap_verify(&vm->heap, stderr, 4, false))
        complain("the heap does not verify after a full collection");
}

static uint8_t kind_named(const char *name, size_t length) {
    for (unsigned i = 0; i < KIND_COUNT; i++)
        if (strlen(kind_names[i]) == length && memcmp(kind_names[i], name, length) == 0)
            return (uint8_t)i;
    fprintf(stderr, "good_calls.tbl names no kind: %s\n", name);
    exit(2);
}

static Call call_of(const char *names) {
    Call call = {0};
    while (*names) {
        size_t length = strcspn(names, " ");
        call.kinds[call.count++] = kind_named(names, length);
        names += length + (names[length] == ' ');
    }
    return call;
}

// Those of the table whose name begins the primitive's, and that have so many operands.
static void take_good_calls(const Primitive *row, unsigned operands) {
    static const char *const table[][2] = {
#define GOOD(name, kinds) {name, kinds},
#include "good_calls.tbl"
#undef GOOD
    };
    shared->good_count = 0;
    for (unsigned i = 0; i < sizeof table / sizeof *table; i++) {
        if (strncmp(row->name, table[i][0], strlen(table[i][0])) != 0) continue;
        Call call = call_of(table[i][1]);
        if (call.count == operands && shared->good_count < GOOD_LIMIT)
            shared->good[shared->good_count++] = call;
    }
}

// The files that operands name, as they were: an earlier clone may have changed them.
static void restore_files(void) {
    static const char *const names[] = {"file.txt", "opened.txt"};
    for (unsigned i = 0; i < 2; i++) {
        int file = open(names[i], O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (file < 0 || write(file, "0123456789", 10) != 10) complain("no file %s", names[i]);
        close(file);
    }
    unlink("abc");
    mkdir("folder", 0700);
}

static bool run_in_clones(const Primitive *row, unsigned arguments, unsigned extra_calls) {
    shared->done = shared->kept_count = 0;
    shared->seen = 0;
    shared->switched_here = 0;
    memset(shared->failed_here, 0, sizeof shared->failed_here);
    take_good_calls(row, arguments + 1);
    unsigned calls = arguments == 0
                         ? KIND_COUNT
                         : extra_calls + shared->good_count * (arguments + 1) * KIND_COUNT;
    while (shared->done < calls && !is_enough(calls)) {
        restore_files();
        pid_t child = fork();
        if (child == 0) {
            run_clone(row, arguments, calls);
            _exit(0);
        }
        int status;
        if (child < 0 || waitpid(child, &status, 0) != child) {
            complain("no clone: %s", strerror(errno));
            return false;
        }
        if (WIFSIGNALED(status))
            complain(WTERMSIG(status) == SIGALRM ? "it hangs" : "it died of signal %d",
                     WTERMSIG(status));
        else if (WEXITSTATUS(status))
            complain("it ended the process with code %d", WEXITSTATUS(status));
        if (shared->complaint[0]) return false;
    }
    return true;
}

// ---- all primitives

typedef struct Options {
    unsigned calls;
    const char *name;
    FILE *out;
} Options;

static unsigned tests_run, tests_failed;

static void print_call(FILE *out) {
    for (unsigned i = 0; i < shared->now.count; i++)
        fprintf(out, "%s%s", i ? ", " : "", kind_names[shared->now.kinds[i]]);
    if (shared->now.fail_every)
        fprintf(out, "; every allocation number %u failed", shared->now.fail_every);
}

static void test_row(const Options *options, const Primitive *row) {
    char name[160];
    if (row->module)
        snprintf(name, sizeof name, "%s %s", row->module, row->name);
    else
        snprintf(name, sizeof name, "%d %s", row->number, row->name);
    if (!row->function || (options->name && !strstr(name, options->name))) return;
    memset(shared, 0, sizeof *shared);
    shared->random = 88172645463325252ull + (uint64_t)row->number;
    bool good = true;
    for (unsigned arguments = 0; arguments < OPERAND_LIMIT && good; arguments++)
        if (row->argument_count < 0 || arguments == (unsigned)row->argument_count)
            good = run_in_clones(row, arguments, options->calls);
    tests_run++;
    tests_failed += !good;
    fprintf(options->out, "%sok %u - %s", good ? "" : "not ", tests_run, name);
    if (!good) {
        fprintf(options->out, "\n# %s\n# called with: ", shared->complaint);
        print_call(options->out);
    } else if (getenv("PARLEY_VERBOSE")) {
        fprintf(options->out, " # %u answered, %u switched;", shared->answered, shared->switched);
        for (int i = 1; i <= GREATEST_FAILURE; i++)
            if (shared->failed[i]) fprintf(options->out, " %d:%u", i, shared->failed[i]);
    }
    fprintf(options->out, "\n");
    fflush(options->out);
}

static void test_all(const Options *options) {
    for (unsigned number = 1; number <= PRIMITIVE_NUMBER_LIMIT; number++) {
        const Primitive *row = primitive_numbered(number);
        if (row) test_row(options, row);
    }
    for (unsigned i = 0; i < vm->plugin_count; i++)
        for (const Primitive *row = vm->plugins[i]; row->name; row++)
            test_row(options, row);
    fprintf(options->out, "1..%u\n", tests_run);
}

// Whatever primitives print goes nowhere; the report keeps the real standard output.
static FILE *take_standard_output(void) {
    FILE *out = fdopen(dup(STDOUT_FILENO), "w");
    int nowhere = open("/dev/null", O_RDWR);
    if (!out || nowhere < 0) exit(2);
    dup2(nowhere, STDIN_FILENO);
    dup2(nowhere, STDOUT_FILENO);
    if (!getenv("PARLEY_VERBOSE")) dup2(nowhere, STDERR_FILENO);
    close(nowhere);
    return out;
}

static void enter_scratch_folder(char *folder) {
    if (!mkdtemp(folder) || chdir(folder)) {
        perror(folder);
        exit(2);
    }
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *walk) {
    (void)info, (void)kind, (void)walk;
    return remove(path);
}

static unsigned calls_wanted(int argc, char **argv) {
    const char *config = getenv("PARLEY_CONFIG");
    if (argc > 1) return (unsigned)atoi(argv[1]);
    if (getenv("PARLEY_NIGHTLY")) return CALLS_NIGHTLY;
    return config && strcmp(config, "san") == 0 ? CALLS_UNDER_SANITIZERS : CALLS_EVERY_DAY;
}

int main(int argc, char **argv) {
    char folder[] = "/tmp/parley-bad-arguments-XXXXXX";
    Options options = {.calls = calls_wanted(argc, argv), .name = argc > 2 ? argv[2] : NULL};
    void *state = NULL;
    options.out = take_standard_output();
    enter_scratch_folder(folder);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    static ImageInfo image;
    if (shared == MAP_FAILED || fixture_open(&state) || plugin_register_all(vm)) return 2;
    if (image_info_init(&image) || image_info_set_path(&image, "saved.image")) return 2;
    vm->image = &image;
    restore_files();
    make_kinds();
    RootScope scope;
    Oop made[KIND_COUNT];
    memcpy(made, kinds, sizeof made);
    root_scope_enter(&vm->heap, &scope, kinds, KIND_COUNT);
    memcpy(kinds, made, sizeof made);
    test_all(&options);
    root_scope_leave(&vm->heap, &scope);
    plugin_release_all(vm);
    image_info_release(&image);
    fixture_close(&state);
    nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    return tests_failed ? 1 : 0;
}
