// SPDX-License-Identifier: MIT
// libFuzzer on a whole VM: a real image with some of its words changed is loaded, and when it is
// accepted it runs for a while, with the heap verified around every collection and at the end. What
// is fuzzed is the list of changes, so that the rest of the image stays sound and the damage gets
// deep into the VM. A broken invariant ends the process with code 3; here that is an abort, which
// the fuzzer notices. Build and run: tools/fuzz.sh run
//
// A change takes eight bytes:
//
//     | word of the file : 24 | what happens to it : 8 | operand : 32 |
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "parley.h"

enum { CHANGE_BYTES = 8, TICKS = 30000, CHANGES_AT_MOST = 24 };

enum { SET_BYTE, SET_INTEGER, COPY_WORD, FLIP_BIT, ADD_WORDS, KIND_COUNT };

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
void __real__exit(int code) __attribute__((noreturn));
void __wrap__exit(int code) __attribute__((noreturn));

static uint64_t *image, *changed;
static size_t image_bytes;
static int file;
static char path[64];

// The linker leads calls of _exit here.
void __wrap__exit(int code) {
    if (code == 3) abort();
    __real__exit(code);
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    const char *name = getenv("FUZZ_IMAGE");
    FILE *source = name ? fopen(name, "rb") : NULL;
    if (!source) {
        fprintf(stderr, "fuzz_run: FUZZ_IMAGE names no file that can be read\n");
        exit(2);
    }
    fseek(source, 0, SEEK_END);
    image_bytes = (size_t)ftell(source) & ~(size_t)7;
    rewind(source);
    image = malloc(image_bytes);
    changed = malloc(image_bytes);
    if (!image || !changed || fread(image, 1, image_bytes, source) != image_bytes) exit(2);
    fclose(source);
    file = memfd_create("image", MFD_CLOEXEC);
    if (file < 0) exit(2);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    return 0;
}

static void change(const uint8_t *bytes) {
    size_t words = image_bytes / 8;
    size_t at = (bytes[0] | (size_t)bytes[1] << 8 | (size_t)bytes[2] << 16) % words;
    uint32_t operand;
    memcpy(&operand, bytes + 4, 4);
    switch (bytes[3] % KIND_COUNT) {
    case SET_BYTE:
        ((uint8_t *)&changed[at])[operand >> 8 & 7] = (uint8_t)operand;
        break;
    case SET_INTEGER:
        changed[at] = (uint64_t)(int64_t)(int32_t)operand << 3 | 1;
        break;
    case COPY_WORD:
        changed[at] = image[operand % words];
        break;
    case FLIP_BIT:
        changed[at] ^= 1ull << (operand & 63);
        break;
    case ADD_WORDS:
        changed[at] += (uint64_t)(int64_t)(int32_t)operand * 8;
        break;
    }
}

static void run(void) {
    ParleyOptions options;
    parley_default_options(&options);
    options.max_ticks = TICKS;
    options.deterministic = options.verify_heap = true;
    options.max_old_bytes = 64 << 20;
    options.reserve_bytes = 512 << 20;
    options.eden_bytes = 64 << 10;
    options.max_process_words = 100000;
    Parley *vm = parley_new(&options);
    if (!vm) abort();
    if (parley_load(vm, path) == PARLEY_OK) {
        parley_run(vm);
        if (parley_verify(vm, stderr, 10)) abort();
    }
    parley_destroy(vm);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    memcpy(changed, image, image_bytes);
    for (size_t i = 0; i < CHANGES_AT_MOST && (i + 1) * CHANGE_BYTES <= size; i++)
        change(bytes + i * CHANGE_BYTES);
    if (pwrite(file, changed, image_bytes, 0) != (ssize_t)image_bytes) abort();
    run();
    return 0;
}
