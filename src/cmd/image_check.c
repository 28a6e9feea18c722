// SPDX-License-Identifier: MIT
// parley image check: loads the file, which checks it, then walks the whole heap with the verifier
// that runs around collections, and with --methods verifies all bytecode.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytecode/summary.h"
#include "cmd/command.h"
#include "cmd/loaded_image.h"
#include "object/ops.h"

enum { COMPLAINT_LIMIT = 20 };

typedef struct MethodCheck {
    uint64_t checked, refused;
} MethodCheck;

static bool check_method(void *context, Oop object) {
    MethodCheck *check = context;
    if (!object_is_method(object)) return true;
    MethodSummary summary;
    Diagnosis diagnosis = {""};
    check->checked++;
    if (bytecode_verify(object, &summary, &diagnosis) == STATUS_OK) {
        summary_free(&summary);
        return true;
    }
    if (check->refused++ < COMPLAINT_LIMIT) fprintf(stderr, "  %s\n", diagnosis.text);
    return true;
}

// What is wrong goes to a buffer first: the line with the count comes before the details.
static uint64_t verify_heap(LoadedImage *image, const char *path) {
    char *text = NULL;
    size_t size = 0;
    FILE *report = open_memstream(&text, &size);
    uint64_t violations = heap_verify(&image->vm->heap, report, COMPLAINT_LIMIT, false);
    if (report) fclose(report);
    if (violations) {
        complain("%s: damaged image: %llu violations", path, (unsigned long long)violations);
        if (text) fputs(text, stderr);
    }
    free(text);
    return violations;
}

int image_check_run(const char *path, bool methods) {
    LoadedImage image;
    Diagnosis diagnosis = {""};
    if (loaded_image_open(&image, path, 0, &diagnosis) != STATUS_OK)
        return complain("%s: %s", path, diagnosis.text);
    int code = verify_heap(&image, path) ? EXIT_BAD_INPUT : EXIT_OK;
    MethodCheck check = {0, 0};
    if (methods) heap_for_each_object(&image.vm->heap, check_method, &check);
    if (check.refused)
        code = complain("%s: %llu of %llu methods are refused by the bytecode verifier", path,
                        (unsigned long long)check.refused, (unsigned long long)check.checked);
    if (code == EXIT_OK && methods)
        printf("%s: sound, %llu methods verified\n", path, (unsigned long long)check.checked);
    else if (code == EXIT_OK)
        printf("%s: sound\n", path);
    loaded_image_release(&image);
    return code;
}
