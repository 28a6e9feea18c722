// SPDX-License-Identifier: MIT
// SecurityPlugin: an image may give up the right to save itself, for good; and where it would keep
// trusted and untrusted files: beside the image file.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image/image_info.h"
#include "plugin/operands.h"
#include "plugin/registry.h"
#include "run/system.h"

static Outcome prim_can_write_image(VM *vm) {
    return prim_answer_bool(vm, !(vm->system && vm->system->refuses_saving));
}

static Outcome prim_disable_image_write(VM *vm) {
    if (!system_state(vm)) return prim_fail(vm, FAILURE_NO_C_MEMORY);
    vm->system->refuses_saving = true;
    return prim_answer_receiver(vm);
}

// A name in the folder of the image.
static Outcome answer_beside_image(VM *vm, const char *name) {
    Path path;
    const char *image = vm->image ? vm->image->path : "";
    const char *slash = strrchr(image, '/');
    int length = slash ? (int)(slash - image) : 0;
    int written = snprintf(path.text, sizeof path.text, "%.*s/%s", length, image, name);
    if (written < 0 || (size_t)written >= sizeof path.text)
        return prim_fail(vm, FAILURE_LIMIT_EXCEEDED);
    return operand_answer(vm, operand_new_string(vm, path.text));
}

static Outcome prim_secure_directory(VM *vm) { return answer_beside_image(vm, "secure"); }

static Outcome prim_untrusted_directory(VM *vm) {
    const char *chosen = getenv("SQUEAK_USERDIR");
    if (chosen) return operand_answer(vm, operand_new_string(vm, chosen));
    return answer_beside_image(vm, "My Squeak");
}

#define SECURITY_PRIMITIVE(name, function) NAMED("SecurityPlugin", name, function, 0, 0)

static const Primitive security_primitives[] = {
    SECURITY_PRIMITIVE("primitiveCanWriteImage", prim_can_write_image),
    SECURITY_PRIMITIVE("primitiveDisableImageWrite", prim_disable_image_write),
    SECURITY_PRIMITIVE("primitiveGetSecureUserDirectory", prim_secure_directory),
    SECURITY_PRIMITIVE("primitiveGetUntrustedUserDirectory", prim_untrusted_directory),
    NAMED_END,
};

const Plugin plugin_security = {"SecurityPlugin", security_primitives, NULL, NULL};
