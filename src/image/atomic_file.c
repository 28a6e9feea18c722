// SPDX-License-Identifier: MIT
// Replacing a file atomically: see atomic_file.h.
#include "image/atomic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINK_LIMIT = 40 }; // as in Linux

static Status io_error(Diagnosis *diagnosis, const char *what, const char *path) {
    return diagnose(diagnosis, errno == ENOMEM ? STATUS_NO_MEMORY : STATUS_IO_ERROR, "%s %s: %s",
                    what, path, strerror(errno));
}

static void file_free(AtomicFile *file) {
    free(file->path);
    free(file->temporary);
    memset(file, 0, sizeof *file);
    file->descriptor = -1;
}

// Refuses to replace what is no regular file or what its owner has write-protected.
static Status check_old(const char *path, bool *exists, struct stat *old, Diagnosis *diagnosis) {
    *exists = stat(path, old) == 0;
    if (!*exists) return errno == ENOENT ? STATUS_OK : io_error(diagnosis, "cannot save", path);
    if (!S_ISREG(old->st_mode))
        return diagnose(diagnosis, STATUS_IO_ERROR, "cannot save %s: not a regular file", path);
    if (access(path, W_OK) != 0) return io_error(diagnosis, "cannot save", path);
    return STATUS_OK;
}

// Where the link leads; NULL: `path` is no link. What is relative is so to the link's folder.
static char *read_link(const char *path) {
    char to[PATH_MAX], *whole = NULL;
    ssize_t length = readlink(path, to, sizeof to - 1);
    if (length < 0) return NULL;
    to[length] = 0;
    char *folder = strdup(path);
    if (folder && asprintf(&whole, "%s/%s", to[0] == '/' ? "" : dirname(folder), to) < 0)
        whole = NULL;
    free(folder);
    return whole;
}

// The file itself behind all links, also one that is not there yet.
static char *resolve(const char *path) {
    char *place = realpath(path, NULL);
    if (place || errno != ENOENT) return place ? place : strdup(path);
    place = strdup(path);
    for (int i = 0; place && i < LINK_LIMIT; i++) {
        char *next = read_link(place);
        if (!next) break;
        free(place);
        place = next;
    }
    return place;
}

static Status find_target(const char *path, char **target, bool *exists, struct stat *old,
                          Diagnosis *diagnosis) {
    *target = resolve(path);
    if (!*target) return diagnose(diagnosis, STATUS_NO_MEMORY, "not enough memory");
    return check_old(*target, exists, old, diagnosis);
}

Status atomic_file_target(const char *path, char **target, Diagnosis *diagnosis) {
    struct stat old;
    bool exists = false;
    Status status = find_target(path, target, &exists, &old, diagnosis);
    if (status == STATUS_OK) return STATUS_OK;
    free(*target);
    *target = NULL;
    return status;
}

static Status name_temporary(AtomicFile *file, Diagnosis *diagnosis) {
    if (asprintf(&file->temporary, "%s.saving-%d", file->path, (int)getpid()) >= 0)
        return STATUS_OK;
    file->temporary = NULL;
    return diagnose(diagnosis, STATUS_NO_MEMORY, "not enough memory");
}

Status atomic_file_begin(AtomicFile *file, const char *path, Diagnosis *diagnosis) {
    *file = (AtomicFile){.descriptor = -1};
    struct stat old;
    bool exists = false;
    Status status = find_target(path, &file->path, &exists, &old, diagnosis);
    if (status == STATUS_OK) status = name_temporary(file, diagnosis);
    if (status != STATUS_OK) {
        file_free(file);
        return status;
    }
    unlink(file->temporary); // left behind by a process of the same number that was killed
    file->descriptor = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file->descriptor < 0) {
        status = io_error(diagnosis, "cannot save", file->path);
        file_free(file);
        return status;
    }
    if (exists) {
        // The owner can be kept by a privileged process only; the permissions always.
        if (fchown(file->descriptor, old.st_uid, old.st_gid) != 0) errno = 0;
        if (fchmod(file->descriptor, old.st_mode & 07777) != 0) {
            status = io_error(diagnosis, "cannot save", file->path);
            atomic_file_abandon(file);
            return status;
        }
    }
    return STATUS_OK;
}

Status atomic_file_write(AtomicFile *file, const void *bytes, size_t count, Diagnosis *diagnosis) {
    while (count > 0) {
        ssize_t done = write(file->descriptor, bytes, count);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return io_error(diagnosis, "cannot write", file->path);
        bytes = (const char *)bytes + done;
        count -= (size_t)done;
    }
    return STATUS_OK;
}

// The rename itself must reach the disk. Some file systems cannot sync folders: nothing to do.
static void sync_folder(const char *path) {
    char *copy = strdup(path);
    if (!copy) return;
    int folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0) {
        fsync(folder);
        close(folder);
    }
    free(copy);
}

Status atomic_file_commit(AtomicFile *file, Diagnosis *diagnosis) {
    bool synced = fsync(file->descriptor) == 0;
    int error = errno;
    bool closed = close(file->descriptor) == 0;
    file->descriptor = -1;
    if (!synced) errno = error;
    Status status = STATUS_OK;
    if (!synced || !closed || rename(file->temporary, file->path) != 0) {
        status = io_error(diagnosis, "cannot save", file->path);
        unlink(file->temporary);
    } else {
        sync_folder(file->path);
    }
    file_free(file);
    return status;
}

void atomic_file_abandon(AtomicFile *file) {
    if (file->descriptor >= 0) close(file->descriptor);
    if (file->temporary) unlink(file->temporary);
    file_free(file);
}
