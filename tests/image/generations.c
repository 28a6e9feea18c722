// SPDX-License-Identifier: MIT
// Runs an image in generations: for so many ticks, then it is saved through the embedding API at
// the safe point where it stands, checked, and taken up again from the file by a new VM; until it
// quits. What it prints must be what it prints in one run.
//
//     generations IMAGE TICKS [ARGUMENT...]
//
// Every second generation has the other collector. Exit code: the image's; 2 with a line that says
// why when a generation cannot be loaded, saved or is not sound. The last line on standard error
// says how many generations there were.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parley.h"

enum { GENERATION_LIMIT = 5000 };

static _Noreturn void fail(unsigned generation, const char *what, const char *why) {
    fprintf(stderr, "generation %u: %s: %s\n", generation, what, why);
    exit(2);
}

// Loading checks all of the file; then the heap is verified.
static Parley *load(const ParleyOptions *options, const char *path, unsigned generation) {
    Parley *vm = parley_new(options);
    if (!vm) fail(generation, "no VM", "not enough memory");
    if (parley_load(vm, path) != PARLEY_OK) fail(generation, "not loaded", parley_error(vm));
    if (parley_verify(vm, stderr, 5)) fail(generation, "not sound", "see above");
    return vm;
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: generations IMAGE TICKS [ARGUMENT...]\n");
        return 2;
    }
    ParleyOptions options;
    parley_default_options(&options);
    options.max_ticks = strtoull(argv[2], NULL, 10);
    options.arguments = (const char *const *)argv + 3;
    options.argument_count = (unsigned)argc - 3;
    for (unsigned generation = 1; generation <= GENERATION_LIMIT; generation++) {
        options.collector = generation % 2 ? "compact" : "sweep";
        Parley *vm = load(&options, argv[1], generation);
        ParleyStop stop = parley_run(vm);
        if (stop == PARLEY_TICK_LIMIT && parley_save(vm, NULL) != PARLEY_OK)
            fail(generation, "not saved", parley_error(vm));
        if (parley_verify(vm, stderr, 5)) fail(generation, "not sound after its run", "see above");
        int code = parley_exit_code(vm);
        parley_destroy(vm);
        if (stop == PARLEY_TICK_LIMIT) continue;
        fprintf(stderr, "%u generations\n", generation);
        return stop == PARLEY_QUIT ? code : 2;
    }
    fail(GENERATION_LIMIT, "no end", "after so many generations");
}
