// SPDX-License-Identifier: MIT
// Recordings, for the recording build (PARLEY_RECORDING). There an Oop, Num, Word or Real is a
// handle of a node in the current recording: a symbolic expression together with the concrete value
// that it has in this run. Semantic code (bytecode and primitive bodies) compiles unchanged and
// runs on a real heap; what it did is found here afterwards:
//
//   nodes       num_add(num_from_oop(stack 1), num_from_oop(stack 0)) with the value 7
//   conditions  the predicates that were asked, in order, each with its outcome: the path condition
//   effects     what was written, allocated or called, in order
//
// A node is a constant, an input (named by whoever sets up the run), an operation of ops.tbl on
// other nodes, or the result of a call. A read of memory that this run wrote answers the node that
// was written. Operations on numbers that are all constant are constants, and no condition is
// recorded for them: it would say nothing about the inputs.
//
// The signatures of the operations have no place for a recording, so it is the one current in this
// thread, the only mutable state outside of structs in the project; no production build has it.
//
// Invariant: a handle is HANDLE_TAG plus the index of a node, or 0 for oop_none(). A word that is
// neither was never recorded, and opening it stops the program.
#ifndef PARLEY_OBJECT_RECORD_H
#define PARLEY_OBJECT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/array.h"

typedef enum RecordType {
    RECORD_OOP,
    RECORD_NUM,
    RECORD_WORD,
    RECORD_REAL,
    RECORD_BOOL
} RecordType;
typedef enum RecordKind { NODE_CONSTANT, NODE_INPUT, NODE_OPERATION, NODE_RESULT } RecordKind;

enum { RECORD_OPERAND_LIMIT = 4, RECORD_NAME_LIMIT = 40 };

typedef struct RecordNode {
    RecordType type;
    RecordKind kind;
    uint64_t bits;                           // the concrete value; a Real's bits
    const char *operation;                   // of NODE_OPERATION
    uint64_t operands[RECORD_OPERAND_LIMIT]; // handles
    unsigned operand_count;
    char name[RECORD_NAME_LIMIT]; // of NODE_INPUT, NODE_RESULT and named constants
} RecordNode;

typedef struct RecordCondition {
    uint64_t expression; // of type RECORD_BOOL; or a number that had to be made concrete
    bool outcome;
} RecordCondition;

typedef struct RecordEffect {
    const char *operation;
    uint64_t operands[RECORD_OPERAND_LIMIT];
    unsigned operand_count;
} RecordEffect;

typedef struct Recording {
    ARRAY(RecordNode) nodes;
    ARRAY(RecordCondition) conditions;
    ARRAY(RecordEffect) effects;
    unsigned result_count;
    void *client; // the heap that effects act on, see memory/record_heap.c
} Recording;

// Makes an empty recording the current one, and frees it.
void record_begin(Recording *recording, void *client);
void record_end(Recording *recording);
Recording *record_current(void);

// Handles of new nodes. `name` is copied.
uint64_t record_input(RecordType type, const char *name, uint64_t bits);
uint64_t record_constant(RecordType type, uint64_t bits);
uint64_t record_named_constant(RecordType type, const char *name, uint64_t bits);
uint64_t record_result(RecordType type, const char *name, uint64_t bits); // "name 1", "name 2", ...
uint64_t record_operation(RecordType type, const char *operation, uint64_t bits,
                          const uint64_t *operands, unsigned operand_count);
// Records a condition, unless it only depends on constants; answers the outcome.
bool record_predicate(const char *operation, bool outcome, const uint64_t *operands,
                      unsigned operand_count);
void record_effect(const char *operation, const uint64_t *operands, unsigned operand_count);

const RecordNode *record_node(uint64_t handle); // NULL for oop_none()
uint64_t record_bits(uint64_t handle);

// "num_lt(num_from_oop(stack 0), 5)"
void record_print_expression(FILE *out, uint64_t handle);
// One line each: "  oop_is_int(stack 0)" or "  not oop_is_int(stack 0)"; effects with "! ".
void record_print_conditions(FILE *out, const Recording *recording);
void record_print_effects(FILE *out, const Recording *recording);

#endif
