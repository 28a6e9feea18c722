// SPDX-License-Identifier: MIT
// A compilation under way: from one method or block to one piece of code. What both compilers need
// is here: entry sequences and frames, calls of C, out-of-line parts, sends, and making a piece of
// the IR at the end.
//
// The frame and its stack are as run/frame.h draws them. No code holds an oop over a call: literals
// are loaded through the frame's method, so no collection has to look into code; the one exception
// is the method itself, in the piece's first word.
#ifndef PARLEY_JIT_COMPILATION_H
#define PARLEY_JIT_COMPILATION_H

#include "bytecode/instruction.h"
#include "bytecode/summary.h"
#include "jit/emit.h"
#include "jit/ir.h"
#include "jit/jit.h"

// Where the IR is when something is noted: the address becomes known with the code.
typedef struct NotedSend {
    SendSite site;
    uint32_t instruction; // the IR_SEND_SITE
} NotedSend;
typedef struct NotedResume {
    uint32_t pc;
    Label label;
    bool takes_answer;
} NotedResume;
// Where an operand is while code is made: on the stack, or somewhere from where it can be pushed.
typedef enum ValueKind {
    VALUE_SPILLED,  // on the stack; all values below are, too
    VALUE_REGISTER, // in register `reg`
    VALUE_CONSTANT, // the word `number`, which is no pointer
    VALUE_NEAR_NIL, // nil, or a boolean: nil's address + number
    VALUE_TEMP,     // temporary `number`, which nobody changes before
    VALUE_RECEIVER,
    VALUE_LITERAL,  // literal `number`
    VALUE_VARIABLE, // receiver variable `number`, which nobody changes before
    VALUE_FLOAT,    // a float register has its double (float_path.h)
} ValueKind;
typedef struct Value {
    ValueKind kind;
    Reg reg;
    int64_t number;
} Value;

// Code that is seldom reached, put behind the rest: the frame goes on interpreted at pc, or a call
// of C comes back to `back`.
typedef enum ExitKind {
    EXIT_INTERPRET,
    EXIT_SAFE_POINT,
    EXIT_RETURN,
    EXIT_BARRIER,
    EXIT_SEND,      // pushes the values, sends, and goes on at `back` with the answer in T0
    EXIT_SEND_JUMP, // the same, and goes on at `back` or `back_if_false`; next_pc is the jump's
    EXIT_BODY,      // carries the instruction out in C, and goes on at `back`
    EXIT_IMMEDIATE, // T1 := the tag of the receiver in T0
    EXIT_ACTIVATE,  // the interpreter activates the method: its self must be looked at
    EXIT_SELF,      // goes on at `back` with a self in T0 of mixed format that is no context
} ExitKind;
// What an exit that sends tries first, with other operands than the code in line is made for.
typedef enum SecondTry {
    TRY_NOTHING,
    TRY_FLOATS,      // `operation` with two SmallFloat64s
    TRY_STRING_AT,   // a Character of a ByteString
    TRY_STRING_SIZE, // how many there are
} SecondTry;
typedef struct NotedExit {
    ExitKind kind;
    Label label, back, back_if_false;
    uint32_t pc, next_pc, selector; // selector: special
    uint32_t below;           // operands on the real stack below the values
    uint8_t argument_count;
    uint8_t second_try;           // SecondTry
    uint8_t operation, condition; // IrOp on two floats, and what a comparison asks
    uint32_t first_value, value_count; // that the interpreter will find on the stack
} NotedExit;

// The operands before an instruction.
typedef struct NotedState {
    uint32_t pc;
    Label label;
    uint32_t first_value, value_count; // of exit_values
} NotedState;

typedef struct Compilation {
    VM *vm;
    Jit *jit;
    const Backend *backend;
    IrCode ir;
    const MethodSummary *summary;
    const BlockRange *range; // of an old block; otherwise NULL
    Oop method;
    const LookupEntry *entry; // of a method; NULL for blocks
    const BlockEntry *block;
    uint32_t argument_count, temp_count;
    uint32_t first_pc, end_pc; // of the code to be compiled, as in FRAME_PC
    Label *labels;             // one per byte of it
    uint32_t label_room;       // that labels and is_target have
    Instruction in;            // the instruction being compiled
    uint32_t pc, next_pc;      // its pc and the one behind it, as in FRAME_PC
    bool *is_target; // beside them: is it jumped to? Asked for by compilation_find_targets
    bool is_dead;    // the code before does not come to the instruction
    bool leaves;     // nor does this instruction go on to the one behind it
    // The same bytecodes without a frame, before those with one: what this code was not made for
    // begins anew at `framed`, unless it has stored something already.
    bool is_frameless, has_stored, frameless_failed;
    bool is_writable; // on every way to here self was seen to be
    Label framed;
    Label checked_entry, keyed_entry, unchecked_entry, linked_entry;
    Label method_word, code_word, frame_built;
    ARRAY(NotedSend) sends;
    ARRAY(NotedResume) resumes;
    ARRAY(NotedExit) exits;
    ARRAY(Value) exit_values;
    ARRAY(NotedState) states; // of the compiler that goes back to them, by pc
    bool notes_states;        // since a path of floats may begin before
    uint32_t path_end;        // as far as paths of floats have gone
    ARRAY(Value) stack; // of the compiler that keeps one: the operands
    Code *code;         // to be; the piece names it in its second word
    uint32_t first_exit; // the IR instruction that the exits begin at
    bool failed;        // no memory
} Compilation;

// Byte offsets of frame words from FP.
enum {
    FP_METHOD = FRAME_METHOD * 8,
    FP_FLAGS = FRAME_FLAGS * 8,
    FP_PC = FRAME_PC * 8,
    FP_RECEIVER = FRAME_RECEIVER * 8,
};
static inline int64_t fp_temp(unsigned index) { return (FRAME_FIRST_TEMP - (int64_t)index) * 8; }

// ---- from begin to end (piece.c)
// False: refused, or no memory; compilation_end is called in any case.
bool compilation_begin(Compilation *c, VM *vm, Jit *jit, const LookupEntry *method,
                       const BlockEntry *block);
// New labels for the bytecodes, and back to the first of them: they are compiled more than once.
void compilation_new_labels(Compilation *c);
void compilation_restart(Compilation *c);
// Decodes the next instruction that can be reached; false: there is none.
bool compilation_next(Compilation *c);
// Operands on the stack before the instruction, as far as verification knows.
int compilation_depth(const Compilation *c);
// Finds out what is jumped to, before anything is compiled.
void compilation_find_targets(Compilation *c);
// The instruction behind this one, if it can be reached; and taking it along with this one.
bool compilation_peek(const Compilation *c, Instruction *next);
void compilation_take(Compilation *c, const Instruction *next);
// The instruction at pc, if it can be reached.
bool compilation_at(const Compilation *c, uint32_t pc, Instruction *in);
// A literal as an operand. Immediate ones are constants: who writes literals makes the code be
// forgotten.
Value compilation_literal(const Compilation *c, int64_t index);
// Assembles the code into the zone; NULL where there is no room, which is asked for.
Code *compilation_finish(Compilation *c);
// Keeps the room that lists took, for the next compilation.
void compilation_end(Compilation *c);
void compilation_release_room(Jit *jit);

// ---- what both compilers emit (compilation.c)
// Everything before the frame: entries, primitive, what is asked of the receiver, which is in T0
// from the send on.
void emit_entry(Compilation *c);
// The frame, up to the first bytecode.
void emit_new_frame(Compilation *c);
// Where the receiver and the temporaries lie: R_FP, or R_SP where there is no frame.
Reg emit_base(const Compilation *c);
int64_t receiver_offset(const Compilation *c);
int64_t temp_offset(const Compilation *c, int64_t index);
// The address of the label for the bytecode at pc (as in FRAME_PC).
Label label_at(const Compilation *c, int64_t pc);
void emit_call(Compilation *c, RuntimeEntry entry);
// The literal into a register.
void emit_literal(Compilation *c, Reg to, int64_t index);
// A send of this instruction: operands on the stack, the receiver in T0 as well, where the answer
// comes.
void emit_send(Compilation *c, SendKind kind, int64_t selector, int64_t argument_count);
// Where to jump to when this instruction is for the interpreter; nothing has been changed.
Label exit_interpret(Compilation *c);
// A label for what this code is not made for: an exit's own, or that of the code with a frame.
Label exit_label(Compilation *c);
// Jumps to C for a safe point at `target` when one is due; comes back.
void emit_safe_point(Compilation *c, uint32_t target_pc);
// The instruction by its body, in C: operands on the stack, FRAME_PC behind it; answer in T0.
void emit_body(Compilation *c);
// ---- objects made in eden (new_objects.c): operands on the stack, the object comes in T0, all T
// registers are lost. To `slow` with operands in place where that cannot be.
void emit_new_array(Compilation *c, int64_t size, bool takes_operands, Label slow);
// `literal`: of the block, a method.
void emit_new_full_closure(Compilation *c, int64_t literal, int64_t copied, bool has_context,
                           Label slow);
void emit_new_closure(Compilation *c, int64_t argument_count, int64_t copied, Label slow);
// Returns T0 to the caller.
void emit_return(Compilation *c);
void emit_non_local_return(Compilation *c);
// Goes to exit_interpret unless `object` is a pointer object with more than `index` slots.
void emit_check_slots(Compilation *c, Reg object, int64_t index);
// T2 has been stored into the object T1, which is not read-only. All T registers are lost.
void emit_barrier(Compilation *c);
// Stores T2 into slot `index` of the object in T1, and runs the barrier; all T registers are lost.
// The object is not read-only.
void emit_store(Compilation *c, int64_t index);
// To exit_interpret if the object is read-only.
void emit_check_writable(Compilation *c, Reg object);
void emit_push_value(Compilation *c, const Value *value);
// The value into a register, which holds no other one.
void emit_load_value(Compilation *c, Reg to, const Value *value);
// Is `at` a boolean constant: its distance from nil.
static inline int64_t boolean_offset(const Compilation *c, bool value) {
    return value ? c->jit->true_offset : c->jit->false_offset;
}
void note_exit(Compilation *c, NotedExit exit);
// Notes the operands that are not on the real stack, from `first` on, as what the exit pushes.
void note_values(Compilation *c, NotedExit *exit);
void note_resume(Compilation *c, uint32_t pc, Label label);
// The same where the answer is expected in T0; a frame that comes back later has it on its stack.
void note_answered(Compilation *c, uint32_t pc, Label label);
// What was put off until now: the code behind the exits.
void emit_exits(Compilation *c);

#endif
