// SPDX-License-Identifier: MIT
// See print_code.h. An IR instruction may be several of the machine's, or none: the first stands on
// its line, the others below.
//
//     41  <4C>            push self                            operands: argument 0
//       +009e  push [FP - 40]                  push qword ptr [rbp - 0x28]          ; receiver
#include "cmd/print_code.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_BYTES = 300, IR_COLUMNS = 40, MACHINE_COLUMNS = 42, HEAD_COLUMNS = 60 };

typedef struct MachineCode {
    const uint8_t *bytes;
    uint32_t count;
    uint32_t offset;  // from the piece's start
    uint64_t address; // as it is shown
} MachineCode;

// Jumps inside the piece are shown as offsets, which is what lines begin with.
static MachineCode machine_code(const Inspection *inspection, uint32_t i) {
    MachineCode code;
    IrForm form = ir_op_form(inspection->ir.instructions[i].op);
    bool is_inside = form == FORM_L || form == FORM_CL || form == FORM_RRL;
    code.bytes = inspect_bytes(inspection, i, &code.count);
    code.offset = inspection->ir.offsets[i];
    code.address = is_inside ? code.offset : (uint64_t)(uintptr_t)code.bytes;
    return code;
}

// Addresses in hexadecimal become the names of what is there, or offsets. Of what processors write,
// "#0x20" on one of them, the names lose the "#" too.
static void name_addresses(const Inspection *inspection, char *text) {
    char named[TEXT_BYTES], name[TEXT_BYTES];
    size_t length = 0;
    const char *at = text;
    while (*at && length + 1 < sizeof named) {
        char *end = NULL;
        uint64_t address = strncmp(at, "0x", 2) == 0 ? strtoull(at, &end, 16) : 0;
        if (!end || !inspect_address(inspection, address, name, sizeof name)) {
            named[length++] = *at++;
            continue;
        }
        if (length && named[length - 1] == '#' && name[0] == '<') length--;
        int added = snprintf(named + length, sizeof named - length, "%s", name);
        length = (size_t)added < sizeof named - length ? length + (size_t)added : sizeof named - 1;
        at = end;
    }
    named[length] = 0;
    snprintf(text, TEXT_BYTES, "%s", named);
}

// Takes the next machine instruction off; false: there is none. Data is told as such.
static bool next_instruction(const CodePrinter *printer, const IrIns *in, MachineCode *code,
                             uint32_t *size, char *text) {
    if (!code->count) return false;
    if (in->op == IR_DATA) {
        snprintf(text, TEXT_BYTES, "%u bytes of data", code->count);
        *size = code->count;
    } else {
        *size = (uint32_t)listing_instruction(printer->listing, code->bytes, code->count,
                                              code->address, text, TEXT_BYTES);
        if (code->address != code->offset) name_addresses(printer->inspection, text);
    }
    code->bytes += *size;
    code->count -= *size;
    code->address += *size;
    code->offset += *size;
    return true;
}

static void ir_text(const Inspection *inspection, const IrIns *in, char *text) {
    ir_print(in, text, TEXT_BYTES);
    if (in->op == IR_CALL_CODE || in->op == IR_JUMP_CODE || in->op == IR_JUMP_CODE_IF ||
        in->op == IR_SEND_SITE)
        name_addresses(inspection, text);
}

// ---- for people

static void print_bytes(const uint8_t *bytes, uint32_t count, FILE *to) {
    enum { BYTES_SHOWN = 10 };
    for (uint32_t i = 0; i < BYTES_SHOWN + 1; i++) {
        if (i < count)
            fprintf(to, i == BYTES_SHOWN ? ".. " : "%02x ", bytes[i]);
        else
            fputs("   ", to);
    }
}

static void print_line(const CodePrinter *printer, const char *ir, const MachineCode *code,
                       uint32_t size, const char *machine, const char *note, FILE *to) {
    fprintf(to, "  +%04x  %-*s ", code->offset - size, IR_COLUMNS, ir);
    if (printer->shows_bytes) print_bytes(code->bytes - size, size, to);
    if (*note)
        fprintf(to, "%-*s  ; %s\n", MACHINE_COLUMNS, machine, note);
    else
        fprintf(to, "%s\n", machine);
}

static void print_instruction(const CodePrinter *printer, uint32_t i, FILE *to) {
    const IrIns *in = &printer->inspection->ir.instructions[i];
    char ir[TEXT_BYTES], machine[TEXT_BYTES], note[TEXT_BYTES];
    MachineCode code = machine_code(printer->inspection, i);
    ir_text(printer->inspection, in, ir);
    inspect_note(printer->inspection, i, note, sizeof note);
    bool is_first = true;
    uint32_t size;
    while (next_instruction(printer, in, &code, &size, machine)) {
        print_line(printer, is_first ? ir : "", &code, size, machine, is_first ? note : "", to);
        is_first = false;
    }
    if (!is_first) return;
    if (in->op == IR_LABEL)
        fprintf(to, *note ? "  %-7s ; %s\n" : "  %s\n", ir, note);
    else
        print_line(printer, ir, &code, 0, "", note, to);
}

// The bytecode whose code begins at instruction i; NULL: none does, or only one without code.
static const OperandState *state_at(const Inspection *inspection, uint32_t i) {
    const OperandState *found = NULL;
    for (size_t k = 0; k < inspection->states.count && i < inspection->first_exit; k++)
        if (inspection->states.items[k].instruction == i) found = &inspection->states.items[k];
    return found;
}

static bool begins_group(const Inspection *inspection, uint32_t i) {
    if (i == 0 || i == inspection->first_exit || i == inspection->first_framed) return true;
    if (i > inspection->first_exit) return inspection->ir.pcs[i] != inspection->ir.pcs[i - 1];
    return state_at(inspection, i) != NULL;
}

static void print_bytecode(const Inspection *inspection, const OperandState *state, FILE *to) {
    char bytecode[TEXT_BYTES], operands[TEXT_BYTES];
    inspect_bytecode(inspection, state->pc, bytecode, sizeof bytecode);
    inspect_operands(inspection, state, operands, sizeof operands);
    if (*operands)
        fprintf(to, "%-*s  operands: %s\n", HEAD_COLUMNS, bytecode, operands);
    else
        fprintf(to, "%s\n", bytecode);
}

// Bytecodes that nothing was made for stand before the one behind them.
static void print_head(const Inspection *inspection, uint32_t i, FILE *to) {
    char bytecode[TEXT_BYTES];
    fputc('\n', to);
    if (i >= inspection->first_exit) {
        inspect_bytecode(inspection, inspection->ir.pcs[i], bytecode, sizeof bytecode);
        fprintf(to, "out of line: %s\n", bytecode + strspn(bytecode, " "));
    } else if (i == 0) {
        fputs(inspection->first_framed ? "entry; without a frame as long as it goes\n" : "entry\n",
              to);
    } else if (i == inspection->first_framed) {
        fputs("with a frame\n", to);
    }
    for (size_t k = 0; k < inspection->states.count && i < inspection->first_exit; k++)
        if (inspection->states.items[k].instruction == i)
            print_bytecode(inspection, &inspection->states.items[k], to);
}

static const char *compiler_name(const Inspection *inspection) {
    return inspection->vm->jit->options.compile == naive_compile ? "naive" : "baseline";
}

void print_code(const CodePrinter *printer, FILE *to) {
    const Inspection *inspection = printer->inspection;
    const Code *code = inspection->code;
    fprintf(to, "%s\n  %s, %s: %" PRIu64 " bytes, %u send%s, %u resume point%s\n", printer->name,
            inspection->vm->jit->zone.backend->name, compiler_name(inspection),
            code->end - code->start, code->send_count, code->send_count == 1 ? "" : "s",
            code->resume_count, code->resume_count == 1 ? "" : "s");
    if (printer->source) fprintf(to, "\n%s\n", printer->source);
    for (uint32_t i = 0; i < inspection->ir.count; i++) {
        if (begins_group(inspection, i)) print_head(inspection, i, to);
        print_instruction(printer, i, to);
    }
}

// ---- for programs

static void json_instruction(const CodePrinter *printer, uint32_t i, Json *json) {
    const Inspection *inspection = printer->inspection;
    const IrIns *in = &inspection->ir.instructions[i];
    char text[TEXT_BYTES], hex[2 * TEXT_BYTES] = "";
    MachineCode code = machine_code(inspection, i);
    json_open(json, NULL, '{');
    json_number(json, "offset", inspection->ir.offsets[i]);
    ir_text(inspection, in, text);
    json_string(json, "ir", text);
    for (uint32_t k = 0; k < code.count && 2 * k + 2 < sizeof hex; k++)
        snprintf(hex + 2 * k, 3, "%02x", code.bytes[k]);
    if (printer->shows_bytes) json_string(json, "bytes", hex);
    json_open(json, "machine", '[');
    uint32_t size;
    while (next_instruction(printer, in, &code, &size, text))
        json_string(json, NULL, text);
    json_close(json);
    inspect_note(inspection, i, text, sizeof text);
    if (*text) json_string(json, "note", text);
    json_close(json);
}

static void json_head(const Inspection *inspection, uint32_t i, Json *json) {
    char text[TEXT_BYTES];
    const OperandState *state = state_at(inspection, i);
    bool is_exit = i >= inspection->first_exit;
    const char *begun = i == 0 ? "entry" : "frame";
    json_string(json, "kind", is_exit ? "out of line" : state ? "bytecode" : begun);
    if (!is_exit && !state) return;
    inspect_bytecode(inspection, is_exit ? inspection->ir.pcs[i] : state->pc, text, sizeof text);
    json_string(json, "bytecode", text + strspn(text, " "));
    if (!state) return;
    inspect_operands(inspection, state, text, sizeof text);
    json_string(json, "operands", text);
}

void print_code_json(const CodePrinter *printer, Json *json) {
    const Inspection *inspection = printer->inspection;
    const Code *code = inspection->code;
    json_open(json, NULL, '{');
    json_string(json, "name", printer->name);
    json_string(json, "isa", inspection->vm->jit->zone.backend->name);
    json_string(json, "compiler", compiler_name(inspection));
    json_number(json, "bytes", code->end - code->start);
    json_number(json, "sends", code->send_count);
    json_number(json, "resume_points", code->resume_count);
    if (printer->source) json_string(json, "source", printer->source);
    json_open(json, "groups", '[');
    for (uint32_t i = 0; i < inspection->ir.count; i++) {
        if (begins_group(inspection, i)) {
            json_open(json, NULL, '{');
            json_head(inspection, i, json);
            json_open(json, "instructions", '[');
        }
        json_instruction(printer, i, json);
        if (i + 1 < inspection->ir.count && !begins_group(inspection, i + 1)) continue;
        json_close(json);
        json_close(json);
    }
    json_close(json);
    json_close(json);
}
