// SPDX-License-Identifier: MIT
// Running an image that is being built: once, until it quits; it must have saved itself then.
#include "cmd/build_run.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/command.h"
#include "parley.h"

// Whether the file is another one than it was.
static bool was_replaced(const char *path, const struct stat *before) {
    struct stat after;
    return stat(path, &after) == 0 && after.st_ino != before->st_ino;
}

static int judge_run(Parley *vm, ParleyStop stop, const char *path, const struct stat *before) {
    int code = parley_exit_code(vm);
    if (stop == PARLEY_TICK_LIMIT)
        return complain("the initialisers did not end in %llu ticks; see --max-ticks",
                        (unsigned long long)parley_ticks(vm));
    if (stop != PARLEY_QUIT) return complain("the initialisers failed: %s", parley_error(vm));
    if (code != 0) return complain("the initialisers failed: the image quit with code %d", code);
    if (!was_replaced(path, before))
        return complain("the initialisers ended, but the image did not save itself");
    return EXIT_OK;
}

int build_run(const RunOptions *given, const char *path, const char *const *words,
              unsigned word_count) {
    struct stat before;
    ParleyOptions options;
    parley_default_options(&options);
    options.deterministic = true;
    options.image_name = "/parley.image"; // the same in whatever folder it is built
    options.trace = given->trace;
    options.max_ticks = given->max_ticks;
    options.arguments = words;
    options.argument_count = word_count;
    Parley *vm = parley_new(&options);
    if (!vm || stat(path, &before) != 0) return complain("not enough memory");
    parley_install_signal_handlers();
    int code = parley_load(vm, path) == PARLEY_OK
                   ? judge_run(vm, parley_run(vm), path, &before)
                   : complain("the image that was laid out does not load: %s", parley_error(vm));
    parley_destroy(vm);
    return code;
}
