// SPDX-License-Identifier: MIT
// Reading the names of a directory, and the dates of its files.
#include "plugin/directory_list.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int is_ordinary_name(const struct dirent *entry) {
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static int compare_names(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add_name(DirectoryList *list, size_t *capacity, const char *name) {
    if (list->count == *capacity) {
        size_t larger = *capacity ? *capacity * 2 : 32;
        char **names = realloc(list->names, larger * sizeof *names);
        if (!names) return ENOMEM;
        list->names = names;
        *capacity = larger;
    }
    char *copy = strdup(name);
    if (!copy) return ENOMEM;
    list->names[list->count++] = copy;
    return 0;
}

static int read_names(DirectoryList *list, DIR *directory) {
    size_t capacity = 0;
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(directory);
        if (!entry && errno == EINTR) continue;
        if (!entry) return errno;
        int error = is_ordinary_name(entry) ? add_name(list, &capacity, entry->d_name) : 0;
        if (error) return error;
    }
}

int directory_list_read(DirectoryList *list, const char *path) {
    *list = (DirectoryList){.path = strdup(path)};
    DIR *directory = list->path ? opendir(path) : NULL;
    int error = !list->path ? ENOMEM : !directory ? errno : read_names(list, directory);
    if (directory) closedir(directory);
    if (error)
        directory_list_release(list);
    else if (list->count > 0)
        qsort(list->names, list->count, sizeof *list->names, compare_names);
    return error;
}

void directory_list_release(DirectoryList *list) {
    for (size_t i = 0; i < list->count; i++)
        free(list->names[i]);
    free(list->names);
    free(list->path);
    *list = (DirectoryList){0};
}

int directory_join(const char *path, const char *name, char *joined, size_t joined_size) {
    int length = snprintf(joined, joined_size, "%s/%s", path, name);
    return length < 0 || (size_t)length >= joined_size ? ENAMETOOLONG : 0;
}

int64_t smalltalk_seconds(time_t unix_seconds) {
    enum { YEARS = 69, LEAP_YEARS = 17 }; // from 1901 to 1970
    static const int64_t epoch = (YEARS * 365 + LEAP_YEARS) * INT64_C(86400);
    struct tm local;
    int64_t offset = localtime_r(&unix_seconds, &local) ? local.tm_gmtoff : 0;
    return (int64_t)unix_seconds + offset + epoch;
}
