// SPDX-License-Identifier: MIT
// Other programs, run as child processes of the VM, with their standard streams connected to pipes
// where one likes. Nothing blocks: the VM's ends of the pipes do not, and the end of a child can
// be waited for at a descriptor. One implementation per system, os_process_<system>.c.
//
// A child inherits nothing but its three streams: all other descriptors are closed, signals have
// their default actions. A child that has ended is a zombie until os_process_poll is called.
#ifndef PARLEY_BASE_OS_PROCESS_H
#define PARLEY_BASE_OS_PROCESS_H

#include <stdbool.h>
#include <stddef.h>

enum { OS_STANDARD_INPUT, OS_STANDARD_OUTPUT, OS_STANDARD_ERROR, OS_STREAMS };

typedef enum OsStream {
    OS_STREAM_INHERIT,        // the VM's own
    OS_STREAM_NULL,           // the null device
    OS_STREAM_PIPE,           // a pipe to or from the VM
    OS_STREAM_SAME_AS_OUTPUT, // of standard error: where standard output goes
    OS_STREAM_KINDS,
} OsStream;

typedef struct OsProcessPlan {
    char *const *arguments;   // ended by NULL; the first one, searched in PATH, is the program
    char *const *environment; // ended by NULL, NAME=value; NULL: the VM's own
    const char *directory;    // where it starts; NULL: in the VM's own
    OsStream streams[OS_STREAMS];
} OsProcessPlan;

typedef struct OsProcess {
    int id;
    int exit_descriptor;     // readable when the child has ended; -1: has been polled, or none
    int streams[OS_STREAMS]; // the VM's ends; -1: none, or closed
    bool ended;
    int status; // when it has ended: its exit code, or the negative number of the signal
} OsProcess;

// Answers 0 or an errno value; then nothing has been started, and nothing stays open.
int os_process_start(const OsProcessPlan *plan, OsProcess *process);
// Has it ended? Then its status is known, and it is no zombie any more.
bool os_process_poll(OsProcess *process);
// Sends a signal to one that has not been seen to have ended; ESRCH when it has.
int os_process_signal(const OsProcess *process, int signal);

// Reads or writes what goes at once; 0 or an errno value: EAGAIN when nothing goes now. Reading
// sets *done to 0 at the end of the stream. EBADF: there is no such stream.
int os_process_read(OsProcess *process, int stream, void *bytes, size_t count, size_t *done);
int os_process_write(OsProcess *process, const void *bytes, size_t count, size_t *done);
void os_process_close_stream(OsProcess *process, int stream);
// Closes everything on the VM's side; the child goes on.
void os_process_close(OsProcess *process);

#endif
