// SPDX-License-Identifier: MIT
// The names in a directory, read at once and sorted by their bytes: every machine and every run
// lists a directory in the same order, and no position of an open directory is shared with another
// process. "." and ".." are left out.
#ifndef PARLEY_PLUGIN_DIRECTORY_LIST_H
#define PARLEY_PLUGIN_DIRECTORY_LIST_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

typedef struct DirectoryList {
    char *path; // as it was given
    char **names;
    size_t count;
    size_t next; // for whoever walks the list
} DirectoryList;

// Answers 0 or an errno value; on failure the list is empty. The caller releases it.
int directory_list_read(DirectoryList *list, const char *path);
void directory_list_release(DirectoryList *list);

// Joins a directory and a name with a slash; 0, or ENAMETOOLONG.
int directory_join(const char *path, const char *name, char *joined, size_t joined_size);

// Seconds since the start of 1901 in local time: what images expect of a file's dates.
int64_t smalltalk_seconds(time_t unix_seconds);

#endif
