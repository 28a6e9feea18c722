// SPDX-License-Identifier: MIT
// Memory outside the object heap, at addresses that a Smalltalk program gave: read and written
// through the system, which says whether the address exists. A wild address is an error of the
// program then, not of the VM.
#ifndef PARLEY_BASE_FOREIGN_H
#define PARLEY_BASE_FOREIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// False when not all bytes are there (or may not be read, written).
bool foreign_read(uint64_t address, void *to, size_t bytes);
bool foreign_write(uint64_t address, const void *from, size_t bytes);

#endif
