// SPDX-License-Identifier: MIT
// libFuzzer on the image reader: whatever the bytes are, reading ends in a status; what was
// accepted can be walked, all its methods can be given to the bytecode verifier, and it can be
// written and read again. Build and run: tools/fuzz.sh image
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bytecode/summary.h"
#include "image/read.h"
#include "image/write.h"
#include "object/header.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static int memory_file(char path[64], const char *name) {
    int descriptor = memfd_create(name, MFD_CLOEXEC);
    if (descriptor < 0) abort();
    snprintf(path, 64, "/proc/self/fd/%d", descriptor);
    return descriptor;
}

static void verify_methods(uint64_t start, uint64_t end) {
    for (uint64_t at = start; at < end;) {
        uint64_t raw = raw_object_at(at);
        at = raw_end(raw);
        MethodSummary summary;
        if (raw_class_index(raw) > CLASS_INDEX_LAST_PUN && format_is_method(raw_format(raw)) &&
            bytecode_verify(oop_from_bits(raw), &summary, NULL) == STATUS_OK)
            summary_free(&summary);
    }
    if (start > end) abort();
}

static Status read_image(const char *path, uint64_t **memory, ImageFile *file, uint64_t *special) {
    Status status = image_file_open(file, path, NULL);
    if (status != STATUS_OK) return status;
    *memory = malloc(file->object_bytes + 8);
    if (!*memory) abort();
    status = image_file_read(file, (uint64_t)(uintptr_t)*memory, special, NULL);
    image_file_close(file);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    char path[64], saved_path[] = "/tmp/parley-fuzz-XXXXXX";
    uint64_t *memory = NULL, *again = NULL, special;
    ImageFile file, saved;
    int descriptor = memory_file(path, "image");
    if (write(descriptor, bytes, size) != (ssize_t)size) abort();
    if (read_image(path, &memory, &file, &special) == STATUS_OK) {
        uint64_t start = (uint64_t)(uintptr_t)memory;
        verify_methods(start, start + file.object_bytes);
        close(mkstemp(saved_path));
        ImageSpan span = {start, start + file.object_bytes};
        ImageContents contents = {&span, 1, special, 1, file.header.base};
        if (image_write_contents(&contents, &file.header, saved_path, NULL) != STATUS_OK) abort();
        if (read_image(saved_path, &again, &saved, &special) != STATUS_OK) abort();
        unlink(saved_path);
    }
    free(memory);
    free(again);
    close(descriptor);
    return 0;
}
