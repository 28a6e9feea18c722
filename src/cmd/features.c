// SPDX-License-Identifier: MIT
// parley --features: what this binary was built with, a line each.
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/line_editor.h"
#include "cmd/command.h"
#include "cmd/own_image.h"
#include "image/format.h"
#include "jit/backend.h"
#include "memory/collector.h"
#include "parley.h"
#include "plugin/registry.h"
#include "tool/cpu.h"
#include "tool/listing.h"

static void print_collectors(void) {
    fputs("collectors:", stdout);
    for (unsigned i = 0; collector_at(i); i++)
        printf(" %s", collector_at(i)->name);
    putchar('\n');
}

// Some modules are written in more than one file.
static bool is_earlier_module(unsigned index) {
    for (unsigned i = 0; i < index; i++)
        if (strcmp(plugin_at(i)->module, plugin_at(index)->module) == 0) return true;
    return false;
}

// All of them are built in; one may be this processor's own.
static void print_backends(void) {
    const Backend *host = backend_host(), *backend;
    fputs("compiled code:", stdout);
    for (unsigned i = 0; (backend = backend_at(i)); i++)
        printf(" %s%s", backend->name, backend == host ? " (this machine's)" : "");
    putchar('\n');
}

static void print_plugins(void) {
    fputs("plugins:", stdout);
    for (unsigned i = 0; plugin_at(i); i++)
        if (plugin_at(i)->module[0] && !is_earlier_module(i)) printf(" %s", plugin_at(i)->module);
    putchar('\n');
}

int command_features(void) {
    struct utsname system;
    puts(parley_version());
    if (uname(&system) == 0) printf("system: %s %s\n", system.sysname, system.machine);
#ifdef __clang__
    printf("compiler: clang %s\n", __clang_version__);
#else
    printf("compiler: gcc %s\n", __VERSION__);
#endif
    printf("images read: %d (%s), %d (%s)\n", IMAGE_SPUR64, image_format_name(IMAGE_SPUR64),
           IMAGE_SPUR64_MULTIPLE_SETS, image_format_name(IMAGE_SPUR64_MULTIPLE_SETS));
    printf("images written: %d\n", IMAGE_SPUR64);
    puts("bytecode sets: SistaV1 V3PlusClosures");
    print_collectors();
    print_plugins();
    const void *bytes;
    uint64_t count;
    if (own_image_bytes(&bytes, &count))
        printf("kernel image: built in, %llu bytes\n", (unsigned long long)count);
    else
        puts("kernel image: none");
    printf("line editing: %s\n", line_editor_is_built_in() ? "libedit" : "no");
    print_backends();
    puts("compiler in C: yes");
    const char *simulator = cpu_library(), *disassembler = listing_library();
    printf("simulator: %s\n", simulator ? simulator : "no");
    printf("disassembler: %s\n", disassembler ? disassembler : "no");
    return EXIT_OK;
}
