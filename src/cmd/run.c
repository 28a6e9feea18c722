// SPDX-License-Identifier: MIT
// parley [OPTIONS] IMAGE [ARGUMENTS]: runs an image through the embedding API until it quits.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/command.h"
#include "cmd/options.h"

static bool ends_with(const char *text, const char *end) {
    size_t length = strlen(text), end_length = strlen(end);
    return length > end_length && strcmp(text + length - end_length, end) == 0;
}

// The program's own name for the image: absolute where the system knows it.
static const char *program_path(const char *given, char *path, size_t size) {
    ssize_t length = readlink("/proc/self/exe", path, size - 1);
    if (length <= 0) return given;
    path[length] = 0;
    return path;
}

static int finish(Parley *vm, ParleyStop stop, const ParleyOptions *options) {
    switch (stop) {
    case PARLEY_QUIT:
        return parley_exit_code(vm);
    case PARLEY_TICK_LIMIT:
        complain("stopped: the limit of %llu ticks was reached",
                 (unsigned long long)options->max_ticks);
        return EXIT_PROGRAM_FAILED;
    case PARLEY_STOPPED:
        complain("stopped");
        return EXIT_PROGRAM_FAILED;
    case PARLEY_FAILED:
        break;
    }
    int code = parley_exit_code(vm);
    return code ? code : EXIT_PROGRAM_FAILED;
}

static int run_image(const char *image, const ParleyOptions *options) {
    Parley *vm = parley_new(options);
    if (!vm) return complain("not enough memory");
    ParleyStatus status = parley_load(vm, image);
    int code;
    if (status == PARLEY_BAD_OPTION)
        code = complain("%s", parley_error(vm));
    else if (status != PARLEY_OK)
        code = complain("%s: %s", image, parley_error(vm));
    else
        code = finish(vm, parley_run(vm), options);
    parley_destroy(vm);
    return code;
}

int command_run(int count, char **arguments) {
    char path[4096];
    ParleyOptions options;
    parley_default_options(&options);
    int taken = options_read(count - 1, arguments + 1, &options);
    if (taken < 0) return EXIT_BAD_INPUT;
    if (taken + 1 >= count) return complain("no image to run; see parley --help");
    const char *image = arguments[taken + 1];
    if (ends_with(image, ".st")) return complain("%s: running scripts is not available yet", image);
    options.vm_path = program_path(arguments[0], path, sizeof path);
    options.vm_arguments = (const char *const *)arguments + 1;
    options.vm_argument_count = (unsigned)taken;
    options.arguments = (const char *const *)arguments + taken + 2;
    options.argument_count = (unsigned)(count - taken - 2);
    parley_install_signal_handlers();
    return run_image(image, &options);
}
