// SPDX-License-Identifier: MIT
// Where the real images are, for tests that use them when they are there: the folder named by
// PARLEY_IMAGES, or ../shared/images beside the working directory (the repository's root).
#ifndef PARLEY_TESTS_REAL_IMAGES_H
#define PARLEY_TESTS_REAL_IMAGES_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

// The path of an image in a static buffer; NULL, after saying so, when it is absent.
static inline const char *real_image(const char *name) {
    static char path[1024];
    const char *folder = getenv("PARLEY_IMAGES");
    snprintf(path, sizeof path, "%s/%s", folder ? folder : "../shared/images", name);
    if (access(path, R_OK) == 0) return path;
    fprintf(stderr, "skipped: %s is not there\n", path);
    return NULL;
}

#endif
