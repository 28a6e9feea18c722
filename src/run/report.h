// SPDX-License-Identifier: MIT
// What a VM can say about itself when something went wrong, or when somebody asks: Smalltalk
// stacks of all processes, the last events, the state of the spaces. Everything here believes
// nothing: it must work while the heap is half broken. Addresses are taken for objects only if they
// lie in the arena and their bodies end there; what else may be wrong ends in a fault that only
// ends the part of the report where it happens (crash_guard).
#ifndef PARLEY_RUN_REPORT_H
#define PARLEY_RUN_REPORT_H

#include <stdio.h>

#include "run/vm.h"

enum { REPORT_NAME_BYTES = 160 };

// May the oop be an object whose header and slots can be read?
bool report_is_object(const VM *vm, Oop oop);
// The same, and it has so many slots that hold oops.
bool report_has_fields(const VM *vm, Oop oop, unsigned count);

// The name of the object's class ("Point", "Point class"), and the bytes of a string or symbol,
// unprintable ones replaced; "?" when it cannot be told.
void report_class_name(const VM *vm, Oop object, char *name, size_t size);
void report_string(const VM *vm, Oop string, char *text, size_t size);
// The name of the class itself.
void report_name_of_class(const VM *vm, Oop class_object, char *name, size_t size);
// A number, 'a string' or symbol, a variable by its name, else the object's "(class)". For
// LiteralNames: the context is a VM.
void report_literal(void *context, Oop literal, char *text, size_t size);
// "Point(Object)>>printString" for a receiver's activation of a method, "[] in ..." for a block's;
// with oop_none() for receiver only "Object>>printString".
void report_method_name(const VM *vm, Oop receiver, Oop method, bool is_block, char *name,
                        size_t size);

// In compiled code the VM's registers are the processor's: where a fatal signal came there, they are
// taken over, so that the report begins with the frame that ran. False: the VM's are right.
bool report_take_registers(VM *vm);
// The running process's stack; the stacks of all processes; everything there is to say.
void report_active_stack(VM *vm, FILE *to);
void report_all_stacks(VM *vm, FILE *to);
void report_events(VM *vm, FILE *to);
void report_crash(VM *vm, FILE *to);

#endif
