// SPDX-License-Identifier: MIT
// The strings of an ImageInfo: copied in, freed at the end.
#include "image/image_info.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

Status image_info_init(ImageInfo *info) {
    memset(info, 0, sizeof *info);
    image_header_default(&info->header);
    info->path = strdup("");
    info->vm_path = strdup("");
    return info->path && info->vm_path ? STATUS_OK : STATUS_NO_MEMORY;
}

static void arguments_free(ImageArguments *arguments) {
    for (unsigned i = 0; i < arguments->count; i++)
        free(arguments->items[i]);
    free(arguments->items);
    *arguments = (ImageArguments){0};
}

void image_info_release(ImageInfo *info) {
    free(info->path);
    free(info->told_path);
    free(info->vm_path);
    arguments_free(&info->vm_arguments);
    arguments_free(&info->arguments);
    memset(info, 0, sizeof *info);
}

// A copy of the path, absolute; NULL when memory is out.
static char *absolute_path(const char *path) {
    if (path[0] == '/' || path[0] == 0) return strdup(path);
    char *directory = getcwd(NULL, 0);
    if (!directory) return strdup(path); // nobody can do better where the directory is gone
    char *joined;
    int length = asprintf(&joined, "%s/%s", strcmp(directory, "/") ? directory : "", path);
    free(directory);
    return length < 0 ? NULL : joined;
}

static Status set_string(char **place, const char *path) {
    char *copy = absolute_path(path);
    if (!copy) return STATUS_NO_MEMORY;
    free(*place);
    *place = copy;
    return STATUS_OK;
}

Status image_info_set_path(ImageInfo *info, const char *path) {
    Status status = set_string(&info->path, path);
    if (status == STATUS_OK) {
        free(info->told_path);
        info->told_path = NULL;
    }
    return status;
}

Status image_info_set_told_path(ImageInfo *info, const char *path) {
    char *copy = strdup(path);
    if (!copy) return STATUS_NO_MEMORY;
    free(info->told_path);
    info->told_path = copy;
    return STATUS_OK;
}

const char *image_info_told_path(const ImageInfo *info) {
    return info->told_path ? info->told_path : info->path;
}

Status image_info_set_vm_path(ImageInfo *info, const char *path) {
    return set_string(&info->vm_path, path);
}

Status image_arguments_set(ImageArguments *arguments, unsigned count, const char *const *items) {
    ImageArguments copy = {0, calloc(count ? count : 1, sizeof *copy.items)};
    if (!copy.items) return STATUS_NO_MEMORY;
    for (unsigned i = 0; i < count; i++) {
        if (!(copy.items[i] = strdup(items[i]))) {
            arguments_free(&copy);
            return STATUS_NO_MEMORY;
        }
        copy.count++;
    }
    arguments_free(arguments);
    *arguments = copy;
    return STATUS_OK;
}
