// SPDX-License-Identifier: MIT
// Finding a method by its name, 'Class>>selector' or 'Class class>>selector', in an image that does
// not run. Classes are found among all objects: the VM does not know where an image names them.
#ifndef PARLEY_CMD_FIND_METHOD_H
#define PARLEY_CMD_FIND_METHOD_H

#include "run/report.h"
#include "run/vm.h"

typedef struct MethodName {
    char class_name[REPORT_NAME_BYTES]; // "Point", "Point class"
    char selector[REPORT_NAME_BYTES];
} MethodName;

// False: it is no such name.
bool method_name_parse(const char *text, MethodName *name);
// The method; none: the diagnosis says what is missing, and what is called alike.
Oop find_method(VM *vm, const MethodName *name, Diagnosis *diagnosis);

#endif
