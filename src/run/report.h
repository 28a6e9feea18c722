// SPDX-License-Identifier: MIT
// What a VM can say about itself when something went wrong, or when somebody asks: Smalltalk
// stacks of all processes, the last events, the state of the spaces. Everything here believes
// nothing: it must work while the heap is half broken.
#ifndef PARLEY_RUN_REPORT_H
#define PARLEY_RUN_REPORT_H

#include <stdio.h>

#include "run/vm.h"

// The name of the object's class ("Point", "Point class"), and the bytes of a string or symbol,
// unprintable ones replaced; "?" when it cannot be told.
void report_class_name(const VM *vm, Oop object, char *name, size_t size);
void report_string(const VM *vm, Oop string, char *text, size_t size);

// The running process's stack; the stacks of all processes; everything there is to say.
void report_active_stack(VM *vm, FILE *to);
void report_all_stacks(VM *vm, FILE *to);
void report_crash(VM *vm, FILE *to);

#endif
