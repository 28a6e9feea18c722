// SPDX-License-Identifier: MIT
// The attributes of the VM (primitive 149). Negative numbers are the options before the image, 0
// is the program, 1 the image, 2 and up the arguments behind the image; those from 1001 up stand
// in attributes.tbl. Images tell the systems they run on apart by 1001 to 1003.
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/version.h"
#include "image/image_info.h"
#include "run/system.h"

enum { FIRST_ARGUMENT = 2 };

// "Linux" becomes "linux-gnu", the name that configuration scripts, and images, know.
static const char *system_name(const struct utsname *machine, char *text, size_t size) {
    snprintf(text, size, "%s-gnu", machine->sysname);
    for (char *c = text; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return text;
}

static const char *processor_name(const struct utsname *machine, char *text, size_t size) {
    snprintf(text, size, "%s", machine->machine);
    return text;
}

static const char *table_attribute(int64_t number, char *text, size_t size) {
    struct utsname machine;
    if (uname(&machine) < 0) return NULL;
    switch (number) {
#define ATTRIBUTE(n, expression, explanation)                                                      \
    case n:                                                                                        \
        return expression;
#include "run/attributes.tbl"
#undef ATTRIBUTE
    default:
        return NULL;
    }
}

static const char *argument_at(const ImageArguments *arguments, int64_t index) {
    return index >= 0 && index < (int64_t)arguments->count ? arguments->items[index] : NULL;
}

const char *system_attribute(const VM *vm, int64_t number, char *text, size_t size) {
    const ImageInfo *image = vm->image;
    if (number > 1000) return table_attribute(number, text, size);
    if (!image) return NULL;
    if (number == 0) return image->vm_path;
    if (number == 1) return image_info_told_path(image);
    if (number < 0) return number > -1000 ? argument_at(&image->vm_arguments, -number - 1) : NULL;
    return argument_at(&image->arguments, number - FIRST_ARGUMENT);
}
