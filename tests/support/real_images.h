// SPDX-License-Identifier: MIT
// Where the real images are, for tests that use them when they are there and skip themselves when
// not: the folder named by PARLEY_IMAGES, or ../shared/images beside the repository, whose root is
// named by PARLEY_SOURCE or is the working folder.
#ifndef PARLEY_TESTS_REAL_IMAGES_H
#define PARLEY_TESTS_REAL_IMAGES_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

// The path of an image in a static buffer; NULL when it is absent.
static inline const char *real_image(const char *name) {
    static char path[1024];
    const char *folder = getenv("PARLEY_IMAGES"), *root = getenv("PARLEY_SOURCE");
    if (folder)
        snprintf(path, sizeof path, "%s/%s", folder, name);
    else
        snprintf(path, sizeof path, "%s/../shared/images/%s", root ? root : ".", name);
    return access(path, R_OK) == 0 ? path : NULL;
}

#endif
