// SPDX-License-Identifier: MIT
// Loading the image that a program was linked with, which needs no checks and hardly any reading:
// the command line's way to its own kernel image.
#ifndef PARLEY_EMBED_OWN_IMAGE_H
#define PARLEY_EMBED_OWN_IMAGE_H

#include "parley.h"

// The bytes are part of the program, with all objects from the beginning of a page on; they are
// believed (image_file_load_own).
ParleyStatus parley_load_own(Parley *vm, const void *bytes, uint64_t count);

#endif
