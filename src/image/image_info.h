// SPDX-License-Identifier: MIT
// What a running VM remembers about its image besides the objects: the header fields that are
// written back at a save (primitives may change some: window size, flags, eden wanted, size of the
// external semaphore table), the file's name, and the arguments that the image may ask for.
//
// All strings belong to the ImageInfo; image_info_release frees them.
#ifndef PARLEY_IMAGE_IMAGE_INFO_H
#define PARLEY_IMAGE_IMAGE_INFO_H

#include "image/format.h"

typedef struct ImageArguments {
    unsigned count;
    char **items;
} ImageArguments;

typedef struct ImageInfo {
    ImageHeader header;
    char *path;                  // absolute name of the image file; "" when there is none
    char *told_path;             // what the image is told instead; NULL: the path
    char *vm_path;               // absolute name of the program; "" when unknown
    ImageArguments vm_arguments; // options that stood before the image
    ImageArguments arguments;    // what stood behind it
} ImageInfo;

// Everything empty, with a default header. NO_MEMORY.
MUST_USE Status image_info_init(ImageInfo *info);
void image_info_release(ImageInfo *info);

// Replace a string or a list by a copy of what is given. NO_MEMORY changes nothing.
// A relative path is made absolute against the working directory of this moment.
MUST_USE Status image_info_set_path(ImageInfo *info, const char *path);
// The name is told as it is, until the image gives itself another.
MUST_USE Status image_info_set_told_path(ImageInfo *info, const char *path);
const char *image_info_told_path(const ImageInfo *info);
MUST_USE Status image_info_set_vm_path(ImageInfo *info, const char *path);
MUST_USE Status image_arguments_set(ImageArguments *arguments, unsigned count,
                                    const char *const *items);

#endif
