// SPDX-License-Identifier: MIT
// The source of a method in an image that does not run, as the Pharos keep it that this program
// builds: the method's own property `source`, or a chunk of ParleySources (cmd/pharo_sources.st).
#ifndef PARLEY_CMD_IMAGE_SOURCE_H
#define PARLEY_CMD_IMAGE_SOURCE_H

#include "run/vm.h"

// In UTF-8, with LF behind each line; NULL: there is none, or no memory. The caller frees it.
char *image_source(VM *vm, Oop method);

#endif
