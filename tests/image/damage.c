// SPDX-License-Identifier: MIT
// Damages an image file in many ways and gives each to the VM: every one must end with an exit
// code that is allowed, in time, and never by a signal. Time is the processor's, so that a busy
// machine makes no failures; what waits forever is ended by the clock, late.
//
//     damage PARLEY IMAGE bytes COUNT SEED COMMAND...      one byte changed, COUNT times
//     damage PARLEY IMAGE prefixes STEP 0 COMMAND...       cut off after each STEP bytes
//
// COMMAND are the VM's arguments, "@" standing for the damaged file, such as: image check @
// Allowed are exit codes 0 and 2, for a command that runs the image 1 too, or any code that the
// image may quit with (environment: DAMAGE_CODES="0 1 2", DAMAGE_MS=100 the time limit).
// Prints a TAP line; the damaged file of a failure is kept beside as failed-N.image.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ARGUMENT_LIMIT = 32, PATIENCE_MS = 10000 };

typedef struct Run {
    const char *parley, *codes;
    char *arguments[ARGUMENT_LIMIT];
    long limit_ms;
    uint8_t *bytes;
    size_t size;
    unsigned done, failed, accepted;
    long slowest_ms;
} Run;

static const char damaged[] = "damaged.image";

static uint32_t next_random(uint32_t *state) {
    *state = *state * 1664525 + 1013904223;
    return *state >> 8 ^ *state << 16;
}

static void die(const char *what) {
    fprintf(stderr, "damage: %s: %s\n", what, strerror(errno));
    exit(2);
}

static void read_image(Run *run, const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) die(path);
    fseek(file, 0, SEEK_END);
    run->size = (size_t)ftell(file);
    rewind(file);
    run->bytes = malloc(run->size);
    if (fread(run->bytes, 1, run->size, file) != run->size) die(path);
    fclose(file);
}

static void write_image(const Run *run, size_t size) {
    int descriptor = open(damaged, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (descriptor < 0 || write(descriptor, run->bytes, size) != (ssize_t)size) die(damaged);
    close(descriptor);
}

static long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static pid_t start(const Run *run) {
    pid_t child = fork();
    if (child < 0) die("fork");
    if (child > 0) return child;
    int null = open("/dev/null", O_RDWR),
        log = open("damaged.log", O_WRONLY | O_CREAT | O_TRUNC, 0644);
    dup2(null, 0);
    dup2(null, 1);
    dup2(log, 2);
    execv(run->parley, run->arguments);
    _exit(127);
}

static long used_ms(const struct rusage *usage) {
    struct timeval all;
    timeradd(&usage->ru_utime, &usage->ru_stime, &all);
    return all.tv_sec * 1000 + all.tv_usec / 1000;
}

// Waits for the child, and ends it when the clock says so; sets the processor time that it used.
static int wait_for(pid_t child, long limit_ms, long *took_ms) {
    int status;
    struct rusage usage;
    long deadline = now_ms() + 10 * limit_ms + PATIENCE_MS;
    for (;;) {
        pid_t ended = wait4(child, &status, WNOHANG, &usage);
        if (ended == child) break;
        if (now_ms() > deadline) kill(child, SIGKILL);
        usleep(200);
    }
    *took_ms = used_ms(&usage);
    return status;
}

static bool code_is_allowed(const Run *run, int code) {
    for (const char *at = run->codes; *at;) {
        char *end;
        long allowed = strtol(at, &end, 10);
        if (end == at) break;
        if (allowed == code) return true;
        at = end;
    }
    return strchr(run->codes, '*') && code != 3 && code < 126;
}

static void keep(const Run *run, const char *what) {
    char command[256];
    snprintf(command, sizeof command, "cp %s failed-%u.image; cat damaged.log >&2", damaged,
             run->failed);
    fprintf(stderr, "damage: %s\n", what);
    if (system(command) != 0) fprintf(stderr, "damage: cannot keep the file\n");
}

// Gives the damaged file to the VM; `what` says how it was damaged.
static void try_image(Run *run, const char *what) {
    char complaint[256];
    long took;
    int status = wait_for(start(run), run->limit_ms, &took);
    run->done++;
    run->accepted += WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (took > run->slowest_ms) run->slowest_ms = took;
    if (WIFEXITED(status) && code_is_allowed(run, WEXITSTATUS(status)) && took <= run->limit_ms)
        return;
    run->failed++;
    if (WIFSIGNALED(status))
        snprintf(complaint, sizeof complaint, "%s: signal %d after %ld ms", what, WTERMSIG(status),
                 took);
    else
        snprintf(complaint, sizeof complaint, "%s: exit code %d after %ld ms", what,
                 WEXITSTATUS(status), took);
    keep(run, complaint);
}

static void change_bytes(Run *run, unsigned count, uint32_t seed) {
    for (unsigned i = 0; i < count; i++) {
        char what[80];
        size_t at = next_random(&seed) % run->size;
        uint8_t before = run->bytes[at];
        run->bytes[at] = before ^ (uint8_t)(1 + next_random(&seed) % 255);
        snprintf(what, sizeof what, "byte %zu changed from %d to %d", at, before, run->bytes[at]);
        write_image(run, run->size);
        run->bytes[at] = before;
        try_image(run, what);
    }
}

static void cut_off(Run *run, size_t step) {
    for (size_t size = 0; size < run->size; size += step) {
        char what[80];
        snprintf(what, sizeof what, "cut off after %zu bytes", size);
        write_image(run, size);
        try_image(run, what);
    }
}

int main(int argc, char **argv) {
    if (argc < 7 || argc - 6 >= ARGUMENT_LIMIT) {
        fprintf(stderr, "usage: damage PARLEY IMAGE bytes|prefixes COUNT|STEP SEED COMMAND...\n");
        return 2;
    }
    const char *codes = getenv("DAMAGE_CODES"), *limit = getenv("DAMAGE_MS");
    Run run = {
        .parley = argv[1], .codes = codes ? codes : "0 2", .limit_ms = limit ? atol(limit) : 100};
    run.arguments[0] = argv[1];
    for (int i = 6; i < argc; i++)
        run.arguments[i - 5] = strcmp(argv[i], "@") == 0 ? (char *)damaged : argv[i];
    read_image(&run, argv[2]);
    unsigned count = (unsigned)strtoul(argv[4], NULL, 10);
    if (strcmp(argv[3], "bytes") == 0)
        change_bytes(&run, count, (uint32_t)strtoul(argv[5], NULL, 10));
    else
        cut_off(&run, count ? count : 4096);
    const char *base = strrchr(argv[2], '/');
    printf("%s - %s %s: %u damaged files, %u accepted, %u failures, slowest %ld ms\n",
           run.failed ? "not ok" : "ok", base ? base + 1 : argv[2], argv[3], run.done, run.accepted,
           run.failed, run.slowest_ms);
    free(run.bytes);
    unlink(damaged);
    return run.failed != 0;
}
