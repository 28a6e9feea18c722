// SPDX-License-Identifier: MIT
// A VM without an image: nil, true, false, and methods made of nothing but bytecodes, whose
// literals stand for whatever the code takes them for. It is there to be compiled for, not to run;
// its objects lie at addresses of its own choice, where they are free, so that listings repeat.
#ifndef PARLEY_TOOL_FACADE_H
#define PARLEY_TOOL_FACADE_H

#include "run/vm.h"

typedef struct FacadeMethod {
    bool is_sista;
    unsigned argument_count, temp_count; // temp_count: arguments not included
    const uint8_t *code;
    size_t code_size;
    // Names of the literals, separated by blanks; numbers are numbers. Those left out are called
    // literal0, literal1, ...
    const char *literals;
    const char *name; // of the method: its selector
} FacadeMethod;

// NULL: see the diagnosis.
VM *facade_new(uint64_t code_bytes, Diagnosis *diagnosis);
void facade_destroy(VM *vm);
// None: see the diagnosis. Bytecodes that make no sense are for the verifier to refuse.
Oop facade_method(VM *vm, const FacadeMethod *method, Diagnosis *diagnosis);

#endif
