// SPDX-License-Identifier: MIT
// os_process.h on Linux: posix_spawn, which does not copy the VM's memory, and a pidfd to wait at.
// A child tells its errors in memory that it shares with the VM; under emulators that give it a
// copy it cannot. So what is easily seen is looked for before.
#include "base/os_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void close_descriptor(int *descriptor) {
    if (*descriptor >= 0) close(*descriptor);
    *descriptor = -1;
}

// ---- the child's ends of its streams

// Pipes and the null device on their way to the child; -1: none.
typedef struct ChildEnds {
    int streams[OS_STREAMS];
} ChildEnds;

static int open_pipe(OsProcess *process, ChildEnds *child, int stream) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) return errno;
    bool is_input = stream == OS_STANDARD_INPUT;
    child->streams[stream] = ends[is_input ? 0 : 1];
    process->streams[stream] = ends[is_input ? 1 : 0];
    return fcntl(process->streams[stream], F_SETFL, O_NONBLOCK) < 0 ? errno : 0;
}

static int open_null(ChildEnds *child, int stream) {
    child->streams[stream] = open("/dev/null", O_RDWR | O_CLOEXEC);
    return child->streams[stream] < 0 ? errno : 0;
}

// A descriptor below 3 would be closed or replaced by the steps that connect the others.
static int move_up(int *descriptor) {
    if (*descriptor < 0 || *descriptor >= OS_STREAMS) return 0;
    int moved = fcntl(*descriptor, F_DUPFD_CLOEXEC, OS_STREAMS);
    if (moved < 0) return errno;
    close(*descriptor);
    *descriptor = moved;
    return 0;
}

static int open_streams(const OsProcessPlan *plan, OsProcess *process, ChildEnds *child) {
    for (int stream = 0; stream < OS_STREAMS; stream++) {
        int error = 0;
        if (plan->streams[stream] == OS_STREAM_PIPE) error = open_pipe(process, child, stream);
        if (plan->streams[stream] == OS_STREAM_NULL) error = open_null(child, stream);
        if (!error) error = move_up(&child->streams[stream]);
        if (!error) error = move_up(&process->streams[stream]);
        if (error) return error;
    }
    return 0;
}

static void close_child_ends(ChildEnds *child) {
    for (int stream = 0; stream < OS_STREAMS; stream++)
        close_descriptor(&child->streams[stream]);
}

// ---- starting

static int add_actions(posix_spawn_file_actions_t *actions, const OsProcessPlan *plan,
                       const ChildEnds *child) {
    int error = 0;
    for (int stream = 0; stream < OS_STREAMS && !error; stream++)
        if (child->streams[stream] >= 0)
            error = posix_spawn_file_actions_adddup2(actions, child->streams[stream], stream);
    if (!error && plan->streams[OS_STANDARD_ERROR] == OS_STREAM_SAME_AS_OUTPUT)
        error = posix_spawn_file_actions_adddup2(actions, STDOUT_FILENO, STDERR_FILENO);
    if (!error && plan->directory)
        error = posix_spawn_file_actions_addchdir_np(actions, plan->directory);
    if (!error) error = posix_spawn_file_actions_addclosefrom_np(actions, OS_STREAMS);
    return error;
}

static int set_attributes(posix_spawnattr_t *attributes) {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int error = posix_spawnattr_setsigmask(attributes, &none);
    if (!error) error = posix_spawnattr_setsigdefault(attributes, &all);
    if (error) return error;
    return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

static int spawn(const OsProcessPlan *plan, const ChildEnds *child, int *id) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&actions);
    if (error) return error;
    error = posix_spawnattr_init(&attributes);
    if (!error) {
        error = add_actions(&actions, plan, child);
        if (!error) error = set_attributes(&attributes);
        char *const *environment = plan->environment ? plan->environment : environ;
        pid_t child_id;
        if (!error)
            error = posix_spawnp(&child_id, plan->arguments[0], &actions, &attributes,
                                 plan->arguments, environment);
        if (!error) *id = child_id;
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

// Are the directory, and a program that is named with its folder, there? 0 or an errno value.
static int look_for(const OsProcessPlan *plan) {
    int directory = AT_FDCWD, error = 0;
    if (plan->directory) {
        directory = open(plan->directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (directory < 0) return errno;
    }
    const char *program = plan->arguments[0];
    if (strchr(program, '/') && faccessat(directory, program, X_OK, AT_EACCESS) < 0) error = errno;
    if (plan->directory) close(directory);
    return error;
}

int os_process_start(const OsProcessPlan *plan, OsProcess *process) {
    *process = (OsProcess){.id = -1, .exit_descriptor = -1, .streams = {-1, -1, -1}};
    ChildEnds child = {{-1, -1, -1}};
    int error = look_for(plan);
    if (!error) error = open_streams(plan, process, &child);
    if (!error) error = spawn(plan, &child, &process->id);
    close_child_ends(&child);
    if (error)
        os_process_close(process);
    else // on a system without, the end is noticed only by polling
        process->exit_descriptor = (int)syscall(SYS_pidfd_open, process->id, 0);
    return error;
}

// ---- afterwards

bool os_process_poll(OsProcess *process) {
    int status;
    pid_t result;
    if (process->ended) return true;
    do
        result = waitpid(process->id, &status, WNOHANG);
    while (result < 0 && errno == EINTR);
    if (result == 0) return false;
    enum {
        UNKNOWN_EXIT_CODE = 255
    }; // somebody else has waited for it, or it is a clone's parent's
    process->ended = true;
    if (result < 0)
        process->status = UNKNOWN_EXIT_CODE;
    else
        process->status = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
    close_descriptor(&process->exit_descriptor);
    return true;
}

// The number is the child's until it has been waited for.
int os_process_signal(const OsProcess *process, int signal) {
    if (process->ended) return ESRCH;
    return kill(process->id, signal) < 0 ? errno : 0;
}

int os_process_read(OsProcess *process, int stream, void *bytes, size_t count, size_t *done) {
    ssize_t result;
    if (stream == OS_STANDARD_INPUT || process->streams[stream] < 0) return EBADF;
    do
        result = read(process->streams[stream], bytes, count);
    while (result < 0 && errno == EINTR);
    if (result < 0) return errno;
    *done = (size_t)result;
    return 0;
}

int os_process_write(OsProcess *process, const void *bytes, size_t count, size_t *done) {
    ssize_t result;
    if (process->streams[OS_STANDARD_INPUT] < 0) return EBADF;
    do
        result = write(process->streams[OS_STANDARD_INPUT], bytes, count);
    while (result < 0 && errno == EINTR);
    if (result < 0) return errno;
    *done = (size_t)result;
    return 0;
}

void os_process_close_stream(OsProcess *process, int stream) {
    close_descriptor(&process->streams[stream]);
}

void os_process_close(OsProcess *process) {
    for (int stream = 0; stream < OS_STREAMS; stream++)
        close_descriptor(&process->streams[stream]);
    close_descriptor(&process->exit_descriptor);
}
