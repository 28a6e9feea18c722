// SPDX-License-Identifier: MIT
// An open file as the file primitives see it: plain C over file descriptors, no objects.
//
// Three kinds. A SEEKABLE file (regular files, disks) is read and written at an offset that is the
// VM's own (pread, pwrite): two VMs that share a descriptor, as after a fork, do not disturb each
// other. A STREAM (pipe, socket, and what is written to standard output and error) and a TERMINAL
// are read and written in order; one byte can be looked at ahead. Reading a terminal answers what
// one line brought, reading anything else waits for all that was asked for or the end.
//
// Functions that can fail answer 0 or an errno value. Interrupted system calls are repeated, and a
// descriptor that somebody made non-blocking is waited for.
#ifndef PARLEY_PLUGIN_OPEN_FILE_H
#define PARLEY_PLUGIN_OPEN_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum OpenFileKind { OPEN_FILE_SEEKABLE, OPEN_FILE_STREAM, OPEN_FILE_TERMINAL } OpenFileKind;

enum { NO_BYTE = -1 };

typedef struct OpenFile {
    int descriptor;
    OpenFileKind kind;
    bool writable;
    bool standard;    // one of the three that every process has: closing keeps the number taken
    bool at_end;      // a read met the end of a stream
    int16_t ahead;    // a byte of a stream that is read next, or NO_BYTE
    int16_t last;     // the last byte read from a terminal, or NO_BYTE
    int64_t position; // of a SEEKABLE file
} OpenFile;

// Opens an existing file; one that is written is made when it is not there, and its contents stay.
int open_file_open(OpenFile *file, const char *path, bool writable);
// Makes and opens a file for writing; EEXIST when the name is taken.
int open_file_open_new(OpenFile *file, const char *path);
// Takes over a descriptor of the process; EINVAL when it does not permit the access asked for.
int open_file_adopt(OpenFile *file, int descriptor, bool writable);
// Descriptor 0, 1 or 2.
void open_file_standard(OpenFile *file, int descriptor);
int open_file_close(OpenFile *file);

int open_file_read(OpenFile *file, void *buffer, size_t count, size_t *done);
// All or nothing: after a failure the position is unchanged.
int open_file_write(OpenFile *file, const void *bytes, size_t count);
// True as soon as nothing is left to read; for a terminal, when its end was met.
bool open_file_at_end(OpenFile *file);
// A terminal's position is 1 after a read, and may be set back to 0 once; other streams have none.
int open_file_position(const OpenFile *file, int64_t *position);
int open_file_set_position(OpenFile *file, int64_t position);
int open_file_size(const OpenFile *file, int64_t *size);
int open_file_truncate(OpenFile *file, int64_t size);
int open_file_sync(OpenFile *file);

// What a descriptor leads to: -1 nothing, 1 a terminal, 2 a pipe, 3 a file or else.
int open_file_descriptor_type(int descriptor);
// What the process needs before it opens files for an image. Where one of descriptors 0 to 2 is
// closed, opens the null device there, so that no file can take the number and be mistaken for
// standard output. Where nobody cares for SIGPIPE, has it ignored: writing into a pipe that nobody
// reads is an error then, not the end of the process.
void open_file_prepare_process(void);

#endif
