// SPDX-License-Identifier: MIT
// measure FILE COMMAND [ARGUMENT...]: runs the command, with nothing on its standard streams, and
// appends a line to FILE: milliseconds of user time, milliseconds of wall clock, kilobytes resident
// at most, wait status. A program of its own and small, since a process's resident peak begins with
// that of the process which started it.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double milliseconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void run_quietly(char *command[]) {
    int nothing = open("/dev/null", O_RDWR);
    for (int stream = 0; stream < 3 && nothing >= 0; stream++)
        dup2(nothing, stream);
    execvp(command[0], command);
    _exit(127);
}

int main(int argc, char *argv[]) {
    if (argc < 3) {
        fprintf(stderr, "usage: measure FILE COMMAND [ARGUMENT...]\n");
        return 2;
    }
    FILE *file = fopen(argv[1], "ae");
    if (!file) {
        perror(argv[1]);
        return 2;
    }
    double begin = milliseconds_now();
    pid_t child = fork();
    if (child == 0) run_quietly(argv + 2);
    int status = 0;
    struct rusage usage;
    if (child < 0 || wait4(child, &status, 0, &usage) < 0) {
        perror(argv[2]);
        return 1;
    }
    double wall = milliseconds_now() - begin;
    double user = (double)usage.ru_utime.tv_sec * 1e3 + (double)usage.ru_utime.tv_usec / 1e3;
    fprintf(file, "%.3f %.3f %ld %d\n", user, wall, usage.ru_maxrss, status);
    return fclose(file) ? 1 : 0;
}
