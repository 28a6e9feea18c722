/* SPDX-License-Identifier: MIT */
/* parley.h: the Parley virtual machine as a library. Link with libparley.a, -lm and -lpthread.
 *
 *     ParleyOptions options;
 *     parley_default_options(&options);
 *     options.max_ticks = 1000000;
 *     Parley *vm = parley_new(&options);
 *     if (!vm) return 1;                                   // no memory
 *     if (parley_load(vm, "my.image") != PARLEY_OK) {
 *         fprintf(stderr, "%s\n", parley_error(vm));
 *         parley_destroy(vm);
 *         return 2;
 *     }
 *     while (parley_run(vm) == PARLEY_TICK_LIMIT) {        // the image is in the middle of things
 *         if (parley_save(vm, "checkpoint.image") != PARLEY_OK) break;
 *         parley_set_tick_limit(vm, 1000000);              // and goes on where it was
 *     }
 *     int code = parley_exit_code(vm);
 *     parley_destroy(vm);
 *
 * A VM is owned by whoever made it and used by one thread at a time; only parley_stop may be
 * called from anywhere, also from a signal handler. Any number of VMs live side by side in a
 * process. What is passed in is copied, what is answered belongs to the VM and lasts until the
 * next call on it. No function ends the process, except when the VM finds its own data broken: it
 * then prints what it knows and exits with code 3.
 */
#ifndef PARLEY_H
#define PARLEY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct Parley Parley;

/* What a call came to. For everything but PARLEY_OK, parley_error says more. */
typedef enum ParleyStatus {
    PARLEY_OK = 0,
    PARLEY_NO_MEMORY,  /* the machine, or the limit in the options */
    PARLEY_IO_ERROR,   /* a file cannot be read or written */
    PARLEY_BAD_IMAGE,  /* not an image, of a format that is not supported, or damaged */
    PARLEY_BAD_OPTION, /* an option has no such value */
    PARLEY_WRONG_STATE /* not now: no image loaded, or already one loaded */
} ParleyStatus;

/* Why parley_run came back. */
typedef enum ParleyStop {
    PARLEY_QUIT,       /* the image quit; parley_exit_code is its answer */
    PARLEY_STOPPED,    /* parley_stop was called; the VM is at a safe point */
    PARLEY_TICK_LIMIT, /* the tick limit was reached; the VM is at a safe point */
    PARLEY_FAILED      /* the VM cannot go on (no memory, no process left to run) */
} ParleyStop;

/* Zero means the default, everywhere. "Every k-th" options make rare events frequent, for tests. */
typedef struct ParleyOptions {
    const char *collector;        /* of old space: "compact" (default) or "sweep" */
    uint64_t eden_bytes;          /* where new objects are made */
    uint64_t max_old_bytes;       /* old space never grows beyond */
    uint64_t reserve_bytes;       /* address range of the whole VM; halved until it can be had */
    uint64_t stack_page_words;    /* size of a stack page */
    uint64_t stack_pages;         /* how many of them */
    uint64_t max_process_words;   /* stack of one process before its recursion is an error */
    uint64_t max_ticks;           /* activations and backward jumps before parley_run comes back */
    uint64_t gc_every;            /* collect after every k-th allocation */
    uint64_t move_every;          /* move all objects at every k-th collection */
    uint64_t fail_allocation_every; /* let every k-th allocation fail */
    uint64_t flush_caches_every;  /* forget all lookups at every k-th send */
    const char *trace;            /* "sends,gc,...": lines on standard error, see parley --help */
    uint64_t code_bytes;          /* room for compiled code */
    bool interpreter;             /* compile nothing to machine code */
    bool compile_at_once;         /* compile all code at its first activation */
    bool naive;                   /* compile with the naive compiler */
    bool gdb_jit;                 /* tell gdb of compiled code */
    const char *jit_events;       /* a file of JSON lines on what happens to compiled code */
    bool perf_map;                /* write /tmp/perf-PID.map, for Linux perf */
    bool simulate;                /* let a simulated processor run what was compiled */
    const char *isa;              /* of which kind: "x64", "arm64"; NULL: this machine's */
    bool simulate_strictly;       /* check its registers all the time */
    bool simulate_report;         /* say at the end how much it ran, on standard error */
    bool verify_heap;             /* check all objects before and after every collection */
    bool deterministic;           /* clocks count ticks */
    bool interactive;             /* do not tell the image that there is no display */
    bool ignore_image_base;       /* load anywhere, not where the image was saved */
    const char *image_name;       /* what the image is told that it is called; NULL: its path */
    const char *vm_path;          /* what the image is told that the program is called */
    const char *const *vm_arguments; /* options that stood before the image, to be told to it */
    unsigned vm_argument_count;
    const char *const *arguments; /* the image's own arguments */
    unsigned argument_count;
} ParleyOptions;

/* "Parley 0.1.0". */
const char *parley_version(void);

void parley_default_options(ParleyOptions *options);

/* A VM without an image. NULL: no memory. Options are judged when an image is loaded. */
Parley *parley_new(const ParleyOptions *options);
void parley_destroy(Parley *vm); /* NULL does nothing */

/* Loads an image file; everything in it is checked before it is believed. One image per VM.
 * After a failure another file may be tried. */
ParleyStatus parley_load(Parley *vm, const char *image_path);

/* The same for an image file whose bytes are in memory; they are copied. It has no name until the
 * image gives itself one. */
ParleyStatus parley_load_memory(Parley *vm, const void *bytes, uint64_t count);

/* Runs the image from where it is. After PARLEY_STOPPED and PARLEY_TICK_LIMIT it can be saved and
 * run on; after PARLEY_QUIT and PARLEY_FAILED it is over, and running again answers the same. */
ParleyStop parley_run(Parley *vm);
int parley_exit_code(const Parley *vm);

/* Lets parley_run come back at the next safe point. Any thread, any signal handler, any time
 * between parley_load and parley_destroy. */
void parley_stop(Parley *vm);

/* So many ticks from now on; 0: no limit. */
void parley_set_tick_limit(Parley *vm, uint64_t ticks);
/* Ticks so far. */
uint64_t parley_ticks(const Parley *vm);

/* Saves the image, which afterwards goes on here as well as from the file. NULL: under its own
 * name. The file is replaced as a whole or not at all. Not while parley_run runs, and not
 * while every process of the image waits (one with an idle process never does). */
ParleyStatus parley_save(Parley *vm, const char *image_path);

/* Checks every object; complaints go to `report`, at most `limit` of them (NULL: only counted).
 * Answers how many there are: other than 0 is a bug of the VM. */
uint64_t parley_verify(Parley *vm, FILE *report, unsigned limit);

/* For a program that is nothing but a VM: SIGINT interrupts the image, SIGQUIT prints the Smalltalk
 * stacks of all VMs and goes on, and a fatal signal prints them and ends the process with exit
 * code 3. Process-wide; a program with signal handlers of its own leaves it alone. */
void parley_install_signal_handlers(void);

/* One line on what went wrong last; "" when nothing did. */
const char *parley_error(const Parley *vm);

#ifdef __cplusplus
}
#endif

#endif
