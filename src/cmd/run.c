// SPDX-License-Identifier: MIT
// parley [OPTIONS] [IMAGE] [ARGUMENTS]: runs an image, or the one that is built in, through the
// embedding API until it quits.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/command.h"
#include "cmd/options.h"
#include "cmd/own_image.h"
#include "embed/own_image.h"

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

static ParleyStatus load_own(Parley *vm) {
    const void *bytes;
    uint64_t count;
    if (own_image_bytes(&bytes, &count)) return parley_load_own(vm, bytes, count);
    return PARLEY_WRONG_STATE;
}

static int complain_of_loading(Parley *vm, ParleyStatus status, const char *image) {
    if (status == PARLEY_BAD_OPTION) return complain("%s", parley_error(vm));
    if (image && access(image, F_OK) != 0)
        return complain("%s: no such image, script or command; see parley --help", image);
    if (image) return complain("%s: %s", image, parley_error(vm));
    if (status == PARLEY_WRONG_STATE)
        return complain("no image to run, and none is built into this program; see parley --help");
    return complain("the image that is built in: %s", parley_error(vm));
}

// NULL: the image that is built in.
static int run_image(const char *image, const ParleyOptions *options) {
    Parley *vm = parley_new(options);
    if (!vm) return complain("not enough memory");
    ParleyStatus status = image ? parley_load(vm, image) : load_own(vm);
    int code = status == PARLEY_OK ? finish(vm, parley_run(vm), options)
                                   : complain_of_loading(vm, status, image);
    parley_destroy(vm);
    return code;
}

int command_run(int count, char **arguments) {
    char path[4096];
    ParleyOptions options;
    parley_default_options(&options);
    int taken = options_read(count - 1, arguments + 1, &options);
    if (taken < 0) return EXIT_BAD_INPUT;
    const char *word = arguments[taken + 1]; // NULL at the end
    if (word && asks_for_help(word)) return command_help();
    bool is_own = own_image_takes(word);
    int first = is_own ? taken + 1 : taken + 2; // of the image's arguments
    options.vm_path = program_path(arguments[0], path, sizeof path);
    options.vm_arguments = (const char *const *)arguments + 1;
    options.vm_argument_count = (unsigned)taken;
    options.arguments = (const char *const *)arguments + first;
    options.argument_count = (unsigned)(count - first);
    parley_install_signal_handlers();
    return run_image(is_own ? NULL : word, &options);
}
