// SPDX-License-Identifier: MIT
// A file that is replaced as a whole or not at all: written beside the old one, synced, renamed,
// and the folder synced. Whoever looks sees the old contents or the new, also after a crash.
//
//     AtomicFile file;
//     if ((status = atomic_file_begin(&file, path, &diagnosis)) != STATUS_OK) return status;
//     status = atomic_file_write(&file, bytes, count, &diagnosis);
//     if (status != STATUS_OK) { atomic_file_abandon(&file); return status; }
//     return atomic_file_commit(&file, &diagnosis);
//
// A symbolic link stays one: what it points to is replaced. The new file has the old one's
// permissions. A process that is killed leaves a file NAME.saving-PID behind, nothing else.
#ifndef PARLEY_IMAGE_ATOMIC_FILE_H
#define PARLEY_IMAGE_ATOMIC_FILE_H

#include <stddef.h>

#include "base/status.h"

typedef struct AtomicFile {
    int descriptor;
    char *path, *temporary; // owned
} AtomicFile;

// IO_ERROR when the folder or an existing file may not be written; nothing is to be abandoned.
MUST_USE Status atomic_file_begin(AtomicFile *file, const char *path, Diagnosis *diagnosis);
MUST_USE Status atomic_file_write(AtomicFile *file, const void *bytes, size_t count,
                                  Diagnosis *diagnosis);
// Ends the file, whether it succeeds or not.
MUST_USE Status atomic_file_commit(AtomicFile *file, Diagnosis *diagnosis);
void atomic_file_abandon(AtomicFile *file);

// For whoever makes the new file another way, and renames it: the name to rename it to, which is
// that of the file itself where PATH is a symbolic link (owned by the caller). IO_ERROR as above.
MUST_USE Status atomic_file_target(const char *path, char **target, Diagnosis *diagnosis);

#endif
