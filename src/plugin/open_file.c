// SPDX-License-Identifier: MIT
// Open files over the system calls; see open_file.h for what the kinds of files mean.
#include "plugin/open_file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

static const int NEW_FILE_MODE = 0666;

// ---- opening

static int open_retrying(const char *path, int flags) {
    int descriptor;
    do
        descriptor = open(path, flags | O_CLOEXEC, NEW_FILE_MODE);
    while (descriptor < 0 && errno == EINTR);
    return descriptor;
}

static OpenFileKind kind_of_descriptor(int descriptor) {
    if (isatty(descriptor)) return OPEN_FILE_TERMINAL;
    return lseek(descriptor, 0, SEEK_CUR) < 0 ? OPEN_FILE_STREAM : OPEN_FILE_SEEKABLE;
}

static void open_file_init(OpenFile *file, int descriptor, bool writable) {
    *file = (OpenFile){.descriptor = descriptor,
                       .kind = kind_of_descriptor(descriptor),
                       .writable = writable,
                       .ahead = NO_BYTE,
                       .last = NO_BYTE};
}

// Opens for reading and writing, or where only that is permitted, for writing.
static int open_for_writing(const char *path, int flags) {
    int descriptor = open_retrying(path, flags | O_RDWR);
    if (descriptor < 0 && errno == EACCES) descriptor = open_retrying(path, flags | O_WRONLY);
    return descriptor;
}

int open_file_open(OpenFile *file, const char *path, bool writable) {
    int descriptor = writable ? open_for_writing(path, 0) : open_retrying(path, O_RDONLY);
    // In a second step: systems refuse to "make" a file of somebody else that is there already.
    if (descriptor < 0 && writable && errno == ENOENT) descriptor = open_for_writing(path, O_CREAT);
    if (descriptor < 0) return errno;
    open_file_init(file, descriptor, writable);
    return 0;
}

int open_file_open_new(OpenFile *file, const char *path) {
    int descriptor = open_for_writing(path, O_CREAT | O_EXCL);
    if (descriptor < 0) return errno;
    open_file_init(file, descriptor, true);
    return 0;
}

int open_file_adopt(OpenFile *file, int descriptor, bool writable) {
    int flags = fcntl(descriptor, F_GETFL);
    if (flags < 0) return errno;
    int access = flags & O_ACCMODE;
    if (writable ? access == O_RDONLY : access == O_WRONLY) return EINVAL;
    open_file_init(file, descriptor, writable);
    file->standard = descriptor <= STDERR_FILENO;
    if (file->kind == OPEN_FILE_SEEKABLE) file->position = lseek(descriptor, 0, SEEK_CUR);
    return 0;
}

// Output goes through write even into a regular file: another process, or the other one of the
// two, may append to it as well, and only the shared offset of the system keeps them apart.
void open_file_standard(OpenFile *file, int descriptor) {
    open_file_init(file, descriptor, descriptor != STDIN_FILENO);
    file->standard = true;
    if (file->writable)
        file->kind = OPEN_FILE_STREAM;
    else if (file->kind == OPEN_FILE_SEEKABLE)
        file->position = lseek(descriptor, 0, SEEK_CUR);
}

// The number of a standard stream must not be given to the next file that is opened.
static int close_standard(int descriptor) {
    int null = open_retrying("/dev/null", O_RDWR);
    if (null < 0) return errno;
    int error = dup2(null, descriptor) < 0 ? errno : 0;
    close(null);
    return error;
}

int open_file_close(OpenFile *file) {
    if (file->standard) return close_standard(file->descriptor);
    // Not repeated when interrupted: the descriptor is gone then, and may be somebody else's.
    return close(file->descriptor) < 0 && errno != EINTR ? errno : 0;
}

// ---- reading

// After a failed call: may it be repeated? Waits for a descriptor that does not block.
static bool may_repeat(int descriptor, short events) {
    if (errno == EINTR) return true;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return false;
    struct pollfd wait = {.fd = descriptor, .events = events};
    return poll(&wait, 1, -1) > 0 || errno == EINTR;
}

// One successful call of read or pread; 0 at the end, negative with errno set.
static ssize_t read_once(const OpenFile *file, void *buffer, size_t count, int64_t position) {
    ssize_t done;
    do
        done = file->kind == OPEN_FILE_SEEKABLE ? pread(file->descriptor, buffer, count, position)
                                                : read(file->descriptor, buffer, count);
    while (done < 0 && may_repeat(file->descriptor, POLLIN));
    return done;
}

static size_t take_ahead(OpenFile *file, uint8_t *buffer, size_t count) {
    if (file->ahead == NO_BYTE || count == 0) return 0;
    buffer[0] = (uint8_t)file->ahead;
    file->ahead = NO_BYTE;
    return 1;
}

int open_file_read(OpenFile *file, void *buffer, size_t count, size_t *done) {
    uint8_t *bytes = buffer;
    if (file->writable && file->standard) return EBADF;
    *done = take_ahead(file, bytes, count);
    file->at_end = false;
    while (*done < count && !(file->kind == OPEN_FILE_TERMINAL && *done > 0)) {
        int64_t position = file->position + (int64_t)*done;
        ssize_t part = read_once(file, bytes + *done, count - *done, position);
        if (part < 0 && *done == 0 && !(errno == EBADF && file->standard)) return errno;
        if (part <= 0) {
            file->at_end = true;
            break;
        }
        *done += (size_t)part;
    }
    file->position += (int64_t)*done;
    if (*done > 0) file->last = bytes[*done - 1];
    return 0;
}

// Nothing behind the position? Some files (those of /proc) have contents but no size, so only a
// read can tell.
static bool seekable_at_end(const OpenFile *file) {
    struct stat info;
    if (fstat(file->descriptor, &info) == 0 && info.st_size > file->position) return false;
    uint8_t byte;
    return read_once(file, &byte, 1, file->position) == 0;
}

static bool stream_at_end(OpenFile *file) {
    if (file->ahead != NO_BYTE) return false;
    if (file->at_end) return true;
    uint8_t byte;
    ssize_t done = read_once(file, &byte, 1, 0);
    if (done == 1)
        file->ahead = byte;
    else
        file->at_end = done == 0;
    return done == 0;
}

bool open_file_at_end(OpenFile *file) {
    if (file->writable && file->standard) return false;
    switch (file->kind) {
    case OPEN_FILE_SEEKABLE:
        return seekable_at_end(file);
    case OPEN_FILE_STREAM:
        return stream_at_end(file);
    case OPEN_FILE_TERMINAL:
        return file->at_end && file->ahead == NO_BYTE;
    }
    return true;
}

// ---- writing

static ssize_t write_once(const OpenFile *file, const void *bytes, size_t count, int64_t position) {
    ssize_t done;
    do
        done = file->kind == OPEN_FILE_SEEKABLE ? pwrite(file->descriptor, bytes, count, position)
                                                : write(file->descriptor, bytes, count);
    while (done < 0 && may_repeat(file->descriptor, POLLOUT));
    return done;
}

int open_file_write(OpenFile *file, const void *bytes, size_t count) {
    if (!file->writable) return EBADF;
    size_t done = 0;
    while (done < count) {
        int64_t position = file->position + (int64_t)done;
        ssize_t part = write_once(file, (const uint8_t *)bytes + done, count - done, position);
        // A standard stream that was closed by whoever started the VM swallows what is written.
        if (part < 0) return errno == EBADF && file->standard ? 0 : errno;
        done += (size_t)part;
    }
    file->position += (int64_t)done;
    return 0;
}

// ---- positions and sizes

int open_file_position(const OpenFile *file, int64_t *position) {
    *position = file->position;
    if (file->kind == OPEN_FILE_SEEKABLE) return 0;
    if (file->kind == OPEN_FILE_TERMINAL && !file->writable) {
        *position = file->last == NO_BYTE ? 0 : 1;
        return 0;
    }
    *position = lseek(file->descriptor, 0, SEEK_CUR);
    return *position < 0 ? errno : 0;
}

int open_file_set_position(OpenFile *file, int64_t position) {
    if (position < 0) return EINVAL;
    if (file->kind == OPEN_FILE_SEEKABLE) {
        file->position = position;
        return 0;
    }
    if (file->kind != OPEN_FILE_TERMINAL || file->writable || file->last == NO_BYTE) return ESPIPE;
    if (position > 1) return ESPIPE;
    if (position == 0) {
        file->ahead = file->last;
        file->last = NO_BYTE;
    }
    return 0;
}

int open_file_size(const OpenFile *file, int64_t *size) {
    if (file->kind != OPEN_FILE_SEEKABLE) return ESPIPE;
    struct stat info;
    if (fstat(file->descriptor, &info) < 0) return errno;
    *size = S_ISREG(info.st_mode) ? info.st_size : lseek(file->descriptor, 0, SEEK_END);
    return *size < 0 ? errno : 0;
}

int open_file_truncate(OpenFile *file, int64_t size) {
    int result;
    do
        result = ftruncate(file->descriptor, size);
    while (result < 0 && errno == EINTR);
    return result < 0 ? errno : 0;
}

int open_file_sync(OpenFile *file) {
    int result;
    do
        result = fsync(file->descriptor);
    while (result < 0 && errno == EINTR);
    return result < 0 ? errno : 0;
}

// ---- descriptors

int open_file_descriptor_type(int descriptor) {
    enum { NOTHING = -1, TERMINAL = 1, PIPE = 2, OTHER = 3 };
    if (isatty(descriptor)) return TERMINAL;
    struct stat info;
    if (fstat(descriptor, &info) < 0) return NOTHING;
    return S_ISFIFO(info.st_mode) ? PIPE : OTHER;
}

static void ignore_broken_pipes(void) {
    struct sigaction now;
    if (sigaction(SIGPIPE, NULL, &now) == 0 && now.sa_handler == SIG_DFL) signal(SIGPIPE, SIG_IGN);
}

void open_file_prepare_process(void) {
    ignore_broken_pipes();
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++) {
        if (fcntl(descriptor, F_GETFD) >= 0) continue;
        // The lowest free number is given out, and everything below is taken.
        if (open("/dev/null", descriptor == STDIN_FILENO ? O_RDONLY : O_WRONLY) < 0) return;
    }
}
