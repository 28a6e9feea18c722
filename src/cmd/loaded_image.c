// SPDX-License-Identifier: MIT
// Loading an image to look at: a VM whose image never runs.
#include "cmd/loaded_image.h"

#include <string.h>

#include "plugin/registry.h"
#include "run/interpreter.h"

static Status load(LoadedImage *image, ImageFile *file, Diagnosis *diagnosis) {
    VMOptions options;
    vm_default_options(&options);
    image->vm = vm_new(&options, file->header.base, diagnosis);
    if (!image->vm) return STATUS_NO_MEMORY;
    Status status = plugin_register_all(image->vm);
    if (status != STATUS_OK) return diagnose(diagnosis, status, "not enough memory");
    return image_file_load(file, &image->vm->heap, diagnosis);
}

Status loaded_image_open(LoadedImage *image, const char *path, Diagnosis *diagnosis) {
    ImageFile file;
    memset(image, 0, sizeof *image);
    Status status = image_file_open(&file, path, diagnosis);
    if (status != STATUS_OK) return status;
    image->header = file.header;
    image->file_bytes = file.object_bytes;
    image->segment_count = file.segments.count;
    status = load(image, &file, diagnosis);
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
