// SPDX-License-Identifier: MIT
// parley jit: how a method is compiled. The method is one of an image, which does not run, or made
// of bytecodes given on the command line, without any image.
#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/command.h"
#include "cmd/find_method.h"
#include "cmd/image_source.h"
#include "cmd/loaded_image.h"
#include "cmd/own_source.h"
#include "cmd/print_code.h"
#include "tool/facade.h"

enum { CODE_BYTES = 4 << 20, MOST_BYTECODES = 4096, NESTED_BLOCK_LIMIT = 200 };

typedef struct JitCommand {
    const char *method, *image, *isa, *set, *literals;
    const char *bytecodes, *arguments, *temporaries;
    bool naive, bytes, json;
    const Backend *backend;
    Listing *listing;
    Json out; // with --json
} JitCommand;

typedef struct JitOption {
    const char *spelling;
    size_t flag, value; // one of them: the field; the other is 0
} JitOption;

#define FLAG(spelling, field)                                                                      \
    { spelling, offsetof(JitCommand, field), 0 }
#define VALUE(spelling, field)                                                                     \
    { spelling, 0, offsetof(JitCommand, field) }
static const JitOption jit_options[] = {
    FLAG("--naive", naive),
    FLAG("--bytes", bytes),
    FLAG("--json", json),
    VALUE("--image", image),
    VALUE("--isa", isa),
    VALUE("--set", set),
    VALUE("--literals", literals),
    VALUE("--bytecodes", bytecodes),
    VALUE("--arguments", arguments),
    VALUE("--temporaries", temporaries),
};

static int print_help(void) {
    puts("parley jit shows how a method is compiled: its source, and for each bytecode where the\n"
         "operands are, the compiler's abstract instructions and the machine's, side by side.\n"
         "\n"
         "  parley jit 'Class>>selector' [OPTIONS]\n"
         "  parley jit 'Class class>>selector' [OPTIONS]\n"
         "  parley jit --bytecodes HEX [OPTIONS]\n"
         "\n"
         "  --image FILE       of that image; else of the one that is built in. It does not run;\n"
         "                     source is shown where the image has it, as a Pharo from parley "
         "build\n"
         "  --isa x64|arm64    for this kind of processor, not this machine's\n"
         "  --naive            by the naive compiler\n"
         "  --bytes            with the bytes of the machine code\n"
         "  --json             as JSON\n"
         "\n"
         "Without an image, for bytecodes:\n"
         "  --bytecodes HEX    such as '4C 4D 60 5C'\n"
         "  --set sista|v3     which bytecode set: sista (default) or v3\n"
         "  --literals WORDS   what the literals are called, such as 'add: Display 7'\n"
         "  --arguments N, --temporaries N\n"
         "\n"
         "Blocks inside the method follow it. Registers T0 to S2 are the compiler's; NIL, VM, FP\n"
         "and SP hold nil, the VM, the frame and the top of its stack (docs/jit.md).");
    return EXIT_OK;
}

// ---- one piece after the other

static void show(JitCommand *command, const Inspection *inspection, const char *name,
                 const char *source) {
    CodePrinter printer = {inspection, command->listing, name, source, command->bytes};
    if (command->json)
        print_code_json(&printer, &command->out);
    else
        print_code(&printer, stdout);
}

static int show_blocks(JitCommand *command, const Inspection *outer, const char *name, int depth);

static int show_with_blocks(JitCommand *command, const Inspection *inspection, const char *name,
                            const char *source, int depth) {
    show(command, inspection, name, source);
    return show_blocks(command, inspection, name, depth);
}

static int show_block(JitCommand *command, VM *vm, const InspectedBlock *block, const char *name,
                      int depth) {
    Inspection inspection;
    Diagnosis diagnosis = {""};
    char own_name[2 * REPORT_NAME_BYTES + 64];
    snprintf(own_name, sizeof own_name, "[made at pc %u] in %s",
             block->made_at - FRAME_PC_MINUS_CONTEXT_PC, name);
    Status status = inspect_block(&inspection, vm, &block->entry, &diagnosis);
    if (!command->json) putchar('\n');
    int code = status == STATUS_OK
                   ? show_with_blocks(command, &inspection, own_name, NULL, depth + 1)
                   : complain("%s: %s", own_name, diagnosis.text);
    inspect_release(&inspection);
    return code;
}

static int show_blocks(JitCommand *command, const Inspection *outer, const char *name, int depth) {
    InspectedBlocks blocks = {0};
    int code = inspect_find_blocks(outer, &blocks) ? EXIT_OK : complain("not enough memory");
    for (size_t i = 0; i < blocks.count && code == EXIT_OK && depth < NESTED_BLOCK_LIMIT; i++)
        code = show_block(command, outer->vm, &blocks.items[i], name, depth);
    array_free(&blocks);
    return code;
}

static int show_method(JitCommand *command, VM *vm, Oop method, const char *name,
                       const char *source) {
    Inspection inspection;
    Diagnosis diagnosis = {""};
    int code;
    if (inspect_method(&inspection, vm, method, &diagnosis) != STATUS_OK) {
        code = complain("%s: %s", name, diagnosis.text);
    } else if (command->json) {
        json_begin(&command->out, stdout);
        json_open(&command->out, NULL, '[');
        code = show_with_blocks(command, &inspection, name, source, 0);
        json_close(&command->out);
        json_end(&command->out);
    } else {
        code = show_with_blocks(command, &inspection, name, source, 0);
    }
    inspect_release(&inspection);
    return code;
}

static int with_compiler(JitCommand *command, VM *vm, Oop method, const char *name,
                         const char *source) {
    JitOptions options;
    Diagnosis diagnosis = {""};
    jit_default_options(&options);
    options.backend = command->backend;
    options.policy.code_bytes = CODE_BYTES;
    options.policy.expects_floats = 1;
    if (command->naive) options.compile = naive_compile;
    if (jit_init(vm, &options, &diagnosis) != STATUS_OK) return complain("%s", diagnosis.text);
    command->listing = listing_open(command->backend);
    int code = command->listing ? show_method(command, vm, method, name, source)
                                : complain("not enough memory");
    listing_close(command->listing);
    jit_release(vm);
    return code;
}

// ---- a method of an image

static int show_named(JitCommand *command, VM *vm, const MethodName *name) {
    Diagnosis diagnosis = {""};
    char text[2 * REPORT_NAME_BYTES + 8];
    Oop method = find_method(vm, name, &diagnosis);
    if (oop_is_none(method)) return complain("%s", diagnosis.text);
    snprintf(text, sizeof text, "%s>>%s", name->class_name, name->selector);
    char *source =
        command->image ? image_source(vm, method) : own_source(name->class_name, name->selector);
    int code = with_compiler(command, vm, method, text, source);
    free(source);
    return code;
}

static int run_named(JitCommand *command) {
    LoadedImage image;
    MethodName name;
    Diagnosis diagnosis = {""};
    if (!method_name_parse(command->method, &name))
        return complain("jit: '%s' is no method; one is called 'Class>>selector'", command->method);
    if (loaded_image_open(&image, command->image, CODE_BYTES, &diagnosis) != STATUS_OK)
        return complain("%s: %s", command->image ? command->image : "jit", diagnosis.text);
    vm_find_known_classes(image.vm);
    vm_find_special_selectors(image.vm);
    int code = show_named(command, image.vm, &name);
    loaded_image_release(&image);
    return code;
}

// ---- bytecodes without an image

// Hexadecimal digits, with anything but letters and digits between the bytes.
static bool parse_bytes(const char *text, uint8_t *bytes, size_t *count) {
    *count = 0;
    while (*text) {
        if (!isalnum((unsigned char)*text)) {
            text++;
            continue;
        }
        unsigned value;
        if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1])) return false;
        if (*count == MOST_BYTECODES || sscanf(text, "%2x", &value) != 1) return false;
        bytes[(*count)++] = (uint8_t)value;
        text += 2;
    }
    return *count > 0;
}

static bool parse_count(const char *text, unsigned *count) {
    char *end;
    if (!text) return true;
    unsigned long value = strtoul(text, &end, 10);
    *count = (unsigned)value;
    return isdigit((unsigned char)text[0]) && !*end && value <= 63;
}

static int run_bytecodes(JitCommand *command) {
    uint8_t bytes[MOST_BYTECODES];
    FacadeMethod parts = {.is_sista = !command->set || strcmp(command->set, "sista") == 0,
                          .code = bytes,
                          .literals = command->literals,
                          .name = "bytecodes"};
    Diagnosis diagnosis = {""};
    if (!parts.is_sista && strcmp(command->set, "v3") != 0)
        return complain("jit: no bytecode set '%s'; there are sista and v3", command->set);
    if (!parse_bytes(command->bytecodes, bytes, &parts.code_size))
        return complain("jit: --bytecodes '%s': no bytes in hexadecimal", command->bytecodes);
    if (!parse_count(command->arguments, &parts.argument_count) ||
        !parse_count(command->temporaries, &parts.temp_count))
        return complain("jit: arguments and temporaries are numbers up to 63");
    VM *vm = facade_new(CODE_BYTES, &diagnosis);
    if (!vm) return complain("%s", diagnosis.text);
    Oop method = facade_method(vm, &parts, &diagnosis);
    int code = oop_is_none(method) ? complain("jit: %s", diagnosis.text)
                                   : with_compiler(command, vm, method, "bytecodes", NULL);
    facade_destroy(vm);
    return code;
}

// ---- the command

static const JitOption *find_option(const char *argument, const char **value) {
    for (size_t i = 0; i < sizeof jit_options / sizeof *jit_options; i++) {
        size_t length = strlen(jit_options[i].spelling);
        *value = argument[length] == '=' ? argument + length + 1 : NULL;
        if (strncmp(argument, jit_options[i].spelling, length) == 0 &&
            (!argument[length] || (*value && jit_options[i].value)))
            return &jit_options[i];
    }
    return NULL;
}

static int read_arguments(JitCommand *command, int count, char **arguments) {
    for (int i = 0; i < count; i++) {
        const char *value;
        const JitOption *option = arguments[i][0] == '-' ? find_option(arguments[i], &value) : NULL;
        if (arguments[i][0] == '-' && !option)
            return complain("jit: unknown option %s; see parley jit --help", arguments[i]);
        if (!option && command->method) return complain("jit: one method, please");
        if (!option) {
            command->method = arguments[i];
        } else if (option->flag) {
            *(bool *)((char *)command + option->flag) = true;
        } else {
            if (!value && i + 1 == count)
                return complain("jit: %s needs a value", option->spelling);
            *(const char **)((char *)command + option->value) = value ? value : arguments[++i];
        }
    }
    return EXIT_OK;
}

int command_jit(int count, char **arguments) {
    JitCommand command = {0};
    if (count == 0) return complain("jit: which method? See parley jit --help");
    if (strcmp(arguments[0], "--help") == 0 || strcmp(arguments[0], "-h") == 0) return print_help();
    int code = read_arguments(&command, count, arguments);
    if (code != EXIT_OK) return code;
    command.backend = command.isa ? backend_named(command.isa) : backend_host();
    if (!command.backend && command.isa)
        return complain("jit: no instruction set '%s'; there are x64 and arm64", command.isa);
    if (!command.backend) return complain("jit: name an instruction set: --isa x64 or arm64");
    if (!command.method == !command.bytecodes)
        return complain("jit: a method's name or --bytecodes; see parley jit --help");
    return command.bytecodes ? run_bytecodes(&command) : run_named(&command);
}
