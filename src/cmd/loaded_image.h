// SPDX-License-Identifier: MIT
// An image that is looked at and not run: a VM with its heap, the file's header.
#ifndef PARLEY_CMD_LOADED_IMAGE_H
#define PARLEY_CMD_LOADED_IMAGE_H

#include "image/read.h"
#include "run/vm.h"

typedef struct LoadedImage {
    VM *vm;
    ImageHeader header;
    uint64_t file_bytes;    // of all objects, bridges not counted
    uint64_t segment_count; // in the file
} LoadedImage;

// Reads and checks the file. After a failure there is nothing to release.
// path NULL: the image that is built in. code_bytes: room for compiled code, 0 as a rule.
MUST_USE Status loaded_image_open(LoadedImage *image, const char *path, uint64_t code_bytes,
                                  Diagnosis *diagnosis);
void loaded_image_release(LoadedImage *image);

#endif
