// SPDX-License-Identifier: MIT
// Loading an image to look at: a VM whose image never runs.
#include "cmd/loaded_image.h"

#include <string.h>

#include "cmd/own_image.h"
#include "plugin/registry.h"
#include "run/interpreter.h"

static Status load(LoadedImage *image, ImageFile *file, uint64_t code_bytes,
                   Diagnosis *diagnosis) {
    VMOptions options;
    vm_default_options(&options);
    options.code_bytes = code_bytes;
    image->vm = vm_new(&options, file->header.base, diagnosis);
    if (!image->vm) return STATUS_NO_MEMORY;
    Status status = plugin_register_all(image->vm);
    if (status != STATUS_OK) return diagnose(diagnosis, status, "not enough memory");
    return image_file_load(file, &image->vm->heap, diagnosis);
}

static Status open_file(ImageFile *file, const char *path, Diagnosis *diagnosis) {
    const void *bytes;
    uint64_t count;
    if (path) return image_file_open(file, path, diagnosis);
    if (own_image_bytes(&bytes, &count))
        return image_file_open_memory(file, bytes, count, diagnosis);
    return diagnose(diagnosis, STATUS_NOT_FOUND, "no image is built into this program");
}

Status loaded_image_open(LoadedImage *image, const char *path, uint64_t code_bytes,
                         Diagnosis *diagnosis) {
    ImageFile file;
    memset(image, 0, sizeof *image);
    Status status = open_file(&file, path, diagnosis);
    if (status != STATUS_OK) return status;
    image->header = file.header;
    image->file_bytes = file.object_bytes;
    image->segment_count = file.segments.count;
    status = load(image, &file, code_bytes, diagnosis);
    image_file_close(&file);
    if (status != STATUS_OK) loaded_image_release(image);
    return status;
}

void loaded_image_release(LoadedImage *image) {
    if (!image->vm) return;
    plugin_release_all(image->vm);
    vm_destroy(image->vm);
    image->vm = NULL;
}
