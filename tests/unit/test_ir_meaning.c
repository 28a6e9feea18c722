// SPDX-License-Identifier: MIT
// What every IR instruction does: its code is run for both instruction sets on an emulated CPU, and
// by the machine itself where that can, on edge and random operands, against a model in C.
// Registers, floats, memory and, by a jump on every condition that means something, the flags.
//
// The code under test is a C function f(area): it loads all registers from the area, does the one
// instruction, and stores all registers there. Areas and code lie at the same addresses for
// everybody.
#include "jit/backend.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/bits.h"
#include "base/random.h"

#include <cmocka.h>

#ifdef PARLEY_UNICORN
#include <unicorn/unicorn.h>
#endif

enum { MEMORY_BYTES = 4096, CODE_BYTES = 16 << 20, STACK_BYTES = 65536 };

typedef struct Area {
    uint64_t in[REGISTER_COUNT], out[REGISTER_COUNT];
    uint64_t float_in[FLOAT_REGISTER_COUNT], float_out[FLOAT_REGISTER_COUNT];
    uint64_t held[CONDITION_COUNT]; // 1: the jump was taken
    uint64_t overflowed, c_stack, inner_stack, function, target;
    uint8_t memory[MEMORY_BYTES];
} Area;

typedef struct World {
    const Backend *backend;
    bool native;
    Area *area;
    uint8_t *code, *stack;
    uint32_t code_used;
    uint64_t random;
    uint64_t cases;
    IrIns now; // under test
#ifdef PARLEY_UNICORN
    uc_engine *engine;
#endif
} World;

#define IN(w, r) ((w)->area->in[r])

// ---- running
static void run_emulated(World *w, uint64_t address) {
#ifdef PARLEY_UNICORN
    uint64_t top = (uint64_t)(w->stack + STACK_BYTES - 64), area = (uint64_t)w->area;
    uint64_t stop = (uint64_t)w->code + CODE_BYTES - 16;
    if (w->backend == &backend_x64) {
        top -= 8;
        store_u64((void *)top, stop);
        uc_reg_write(w->engine, UC_X86_REG_RSP, &top);
        uc_reg_write(w->engine, UC_X86_REG_RDI, &area);
    } else {
        uc_reg_write(w->engine, UC_ARM64_REG_SP, &top);
        uc_reg_write(w->engine, UC_ARM64_REG_LR, &stop);
        uc_reg_write(w->engine, UC_ARM64_REG_X0, &area);
    }
    uc_err error = uc_emu_start(w->engine, address, stop, 0, 0);
    if (error != UC_ERR_OK) fail_msg("%s: %s", w->backend->name, uc_strerror(error));
#else
    (void)w, (void)address;
#endif
}

static void run(World *w, uint64_t address) {
    w->cases++;
    if (w->native) {
        void (*function)(Area *, uint64_t, uint64_t);
        memcpy(&function, &address, sizeof function);
        function(w->area, 0, 0);
    } else {
        run_emulated(w, address);
    }
}

static uint64_t place(World *w, IrCode *code) {
    uint64_t labels[64];
    assert_true(code->label_count <= 64);
    uint32_t size = assemble_measure(code, w->backend, labels);
    w->code_used = (uint32_t)round_up(w->code_used, 16);
    assert_true(w->code_used + size + 64 < CODE_BYTES);
    uint64_t address = (uint64_t)w->code + w->code_used;
    assert_int_equal(assemble(code, w->backend, address, labels, w->code + w->code_used),
                     ASSEMBLED);
    w->code_used += size;
    if (w->backend == &backend_arm64 && w->native)
        __builtin___clear_cache((char *)address, (char *)address + size);
    return address;
}

static int64_t at(size_t offset, unsigned index) { return (int64_t)(offset + 8 * index); }
#define IN_AT(r)   at(offsetof(Area, in), r)
#define OUT_AT(r)  at(offsetof(Area, out), r)
#define FIN_AT(r)  at(offsetof(Area, float_in), r)
#define FOUT_AT(r) at(offsetof(Area, float_out), r)
#define HELD_AT(c) at(offsetof(Area, held), c)

static void begin(IrCode *code) {
    ir_init(code);
    ir_i(code, IR_ENTER_FROM_C, offsetof(Area, c_stack));
    for (unsigned f = 0; f < FLOAT_REGISTER_COUNT; f++)
        ir_rm(code, IR_FLOAT_LOAD, f, R_VM, FIN_AT(f));
    for (unsigned r = 0; r < REGISTER_COUNT; r++)
        if (r != R_VM) ir_rm(code, IR_LOAD, r, R_VM, IN_AT(r));
}

static uint64_t finish(World *w, IrCode *code) {
    for (unsigned r = 0; r < REGISTER_COUNT; r++)
        ir_rm(code, IR_STORE, r, R_VM, OUT_AT(r));
    for (unsigned f = 0; f < FLOAT_REGISTER_COUNT; f++)
        ir_rm(code, IR_FLOAT_STORE, f, R_VM, FOUT_AT(f));
    ir_i(code, IR_LEAVE_TO_C, offsetof(Area, c_stack));
    uint64_t address = place(w, code);
    ir_release(code);
    return address;
}

// Stores 1 for each condition that holds; a store leaves the flags alone for the next.
static void probe(IrCode *code, bool of_floats) {
    unsigned count = of_floats ? COND_GREATER + 1 : CONDITION_COUNT;
    for (unsigned c = 0; c < count; c++) {
        Label yes = ir_new_label(code), on = ir_new_label(code);
        if (of_floats)
            ir_jump_if_float(code, c, yes);
        else
            ir_jump_if(code, c, yes);
        ir_jump(code, on);
        ir_label(code, yes);
        ir_mi(code, IR_STORE_CONSTANT, R_VM, HELD_AT(c), 1);
        ir_label(code, on);
    }
}

// ---- the model
typedef struct Flags {
    bool set, zero, negative, overflow, below, carry_known, sign_unknown;
    bool floats;
    double x, y;
} Flags;

static bool holds(const Flags *f, Condition c) {
    if (f->floats) {
        bool answers[] = {
            [COND_EQUAL] = f->x == f->y,
            [COND_NOT_EQUAL] = f->x != f->y,
            [COND_LESS] =
                f->x<f->y, [COND_GREATER_OR_EQUAL] = f->x >= f->y, [COND_GREATER] = f->x> f->y,
            [COND_LESS_OR_EQUAL] = f->x <= f->y};
        return answers[c];
    }
    bool less = f->negative != f->overflow;
    bool answers[] = {f->zero,     less,       f->zero || less, f->below, f->zero || f->below,
                      f->overflow, f->negative};
    return answers[c / 2] != (c & 1);
}

static Flags flags_of(int64_t value) {
    return (Flags){.set = true, .zero = value == 0, .negative = value < 0};
}
static Flags flags_of_sum(int64_t x, int64_t y) {
    int64_t sum;
    bool overflow = __builtin_add_overflow(x, y, &sum);
    Flags f = flags_of(sum);
    f.overflow = overflow;
    return f;
}
static Flags flags_of_difference(int64_t x, int64_t y) {
    int64_t difference;
    bool overflow = __builtin_sub_overflow(x, y, &difference);
    Flags f = flags_of(difference);
    f.overflow = overflow, f.below = (uint64_t)x < (uint64_t)y, f.carry_known = true;
    return f;
}
static Flags flags_of_difference32(uint64_t x, uint64_t y) {
    int32_t difference;
    bool overflow = __builtin_sub_overflow((int32_t)x, (int32_t)y, &difference);
    Flags f = flags_of(difference);
    f.overflow = overflow, f.below = (uint32_t)x < (uint32_t)y, f.carry_known = true;
    return f;
}

static double as_double(uint64_t bits) { return load_f64(&bits); }
static uint64_t as_bits(double value) { return load_u64(&value); }

// Does the instruction on registers r and floats f; memory is the real one.
static Flags model(const IrIns *in, uint64_t *r, uint64_t *f, bool *overflowed) {
    uint64_t *a = &r[in->a % REGISTER_COUNT], *fa = &f[in->a % FLOAT_REGISTER_COUNT];
    uint64_t b = r[in->b % REGISTER_COUNT], c = r[in->c % REGISTER_COUNT];
    uint64_t fb = f[in->b % FLOAT_REGISTER_COUNT], i = (uint64_t)in->imm;
    double x = as_double(*fa), y = as_double(fb);
    uint8_t *memory = (uint8_t *)(b + i), *words = (uint8_t *)(b + 8 * c + i);
    uint8_t *bytes = (uint8_t *)(b + c + i);
    int64_t old = (int64_t)*a;
    uint64_t pushed;
    switch ((IrOp)in->op) {
    case IR_MOVE:
        *a = b;
        break;
    case IR_CONSTANT:
        *a = i;
        break;
    case IR_LOAD:
        *a = load_u64(memory);
        break;
    case IR_LOAD32:
        *a = load_u32(memory);
        break;
    case IR_LOAD16:
        *a = load_u16(memory);
        break;
    case IR_LOAD8:
        *a = *memory;
        break;
    case IR_LOAD_INDEXED:
        *a = load_u64(words);
        break;
    case IR_LOAD8_INDEXED:
        *a = *bytes;
        break;
    case IR_STORE:
        store_u64(memory, *a);
        break;
    case IR_STORE32:
        store_u32(memory, (uint32_t)*a);
        break;
    case IR_STORE8:
        *memory = (uint8_t)*a;
        break;
    case IR_STORE_INDEXED:
        store_u64(words, *a);
        break;
    case IR_STORE8_INDEXED:
        *bytes = (uint8_t)*a;
        break;
    case IR_STORE_CONSTANT:
        store_i64(memory, in->extra);
        break;
    case IR_ADDRESS:
        *a = b + i;
        break;
    case IR_ADDRESS_INDEXED:
        *a = b + 8 * c + i;
        break;
    case IR_PUSH:
    case IR_PUSH_CONSTANT:
    case IR_PUSH_MEMORY:
        pushed = in->op == IR_PUSH ? *a : in->op == IR_PUSH_CONSTANT ? i : load_u64(memory);
        r[R_SP] -= 8;
        store_u64((void *)r[R_SP], pushed);
        break;
    case IR_POP:
        pushed = load_u64((void *)r[R_SP]);
        r[R_SP] += 8;
        *a = pushed;
        break;
    case IR_ADD:
        *a += b;
        return flags_of_sum(old, (int64_t)b);
    case IR_SUBTRACT:
        *a -= b;
        return flags_of_difference(old, (int64_t)b);
    case IR_AND:
        return flags_of((int64_t)(*a &= b));
    case IR_OR:
        return flags_of((int64_t)(*a |= b));
    case IR_XOR:
        return flags_of((int64_t)(*a ^= b));
    case IR_ADD_CONSTANT:
        *a += i;
        return flags_of_sum(old, in->imm);
    case IR_SUBTRACT_CONSTANT:
        *a -= i;
        return flags_of_difference(old, in->imm);
    case IR_AND_CONSTANT:
        return flags_of((int64_t)(*a &= i));
    case IR_OR_CONSTANT:
        return flags_of((int64_t)(*a |= i));
    case IR_XOR_CONSTANT:
        return flags_of((int64_t)(*a ^= i));
    case IR_NEGATE:
        *a = -*a;
        return flags_of_difference(0, old);
    case IR_COMPARE:
        return flags_of_difference(old, (int64_t)b);
    case IR_COMPARE_CONSTANT:
        return flags_of_difference(old, in->imm);
    case IR_COMPARE_MEMORY:
        return flags_of_difference(old, load_i64(memory));
    case IR_COMPARE32:
        return flags_of_difference32(*a, b);
    case IR_COMPARE32_CONSTANT:
        return flags_of_difference32(*a, i);
    case IR_COMPARE8_MEMORY: {
        Flags flags = flags_of_difference32(*memory, (uint32_t)in->extra);
        flags.sign_unknown = true;
        return flags;
    }
    case IR_TEST_CONSTANT:
        return flags_of((int64_t)(*a & i));
    case IR_TEST_MEMORY32:
        return flags_of((int32_t)load_u32(memory) & in->extra);
    case IR_SHIFT_LEFT_CONSTANT:
        *a <<= i;
        break;
    case IR_SHIFT_RIGHT_CONSTANT:
        *a >>= i;
        break;
    case IR_SHIFT_ARITHMETIC_CONSTANT:
        *a = (uint64_t)(old >> i);
        break;
    case IR_ROTATE_RIGHT_CONSTANT:
        *a = *a >> i | *a << (-i & 63);
        break;
    case IR_SHIFT_LEFT:
        *a <<= r[R_T1];
        break;
    case IR_SHIFT_ARITHMETIC:
        *a = (uint64_t)(old >> r[R_T1]);
        break;
    case IR_MULTIPLY:
        *overflowed = __builtin_mul_overflow(old, (int64_t)b, (int64_t *)a);
        if (*overflowed) *a = 0;
        break;
    case IR_DIVIDE:
        old = (int64_t)r[R_T0];
        r[R_T2] = (uint64_t)(old % (int64_t)*a);
        r[R_T0] = (uint64_t)(old / (int64_t)*a);
        break;
    case IR_SIGN_EXTEND8:
        *a = (uint64_t)(int64_t)(int8_t)*a;
        break;
    case IR_FLOAT_MOVE:
        *fa = fb;
        break;
    case IR_FLOAT_FROM_BITS:
        *fa = b;
        break;
    case IR_BITS_FROM_FLOAT:
        *a = fb;
        break;
    case IR_FLOAT_LOAD:
        *fa = load_u64(memory);
        break;
    case IR_FLOAT_STORE:
        store_u64(memory, *fa);
        break;
    case IR_FLOAT_FROM_INTEGER:
        *fa = as_bits((double)(int64_t)b);
        break;
    case IR_INTEGER_FROM_FLOAT:
        *a = (uint64_t)(int64_t)y;
        break;
    case IR_FLOAT_ADD:
        *fa = as_bits(x + y);
        break;
    case IR_FLOAT_SUBTRACT:
        *fa = as_bits(x - y);
        break;
    case IR_FLOAT_MULTIPLY:
        *fa = as_bits(x * y);
        break;
    case IR_FLOAT_DIVIDE:
        *fa = as_bits(x / y);
        break;
    case IR_FLOAT_SQUARE_ROOT:
        *fa = as_bits(sqrt(y));
        break;
    case IR_FLOAT_COMPARE:
        return (Flags){.set = true, .floats = true, .x = x, .y = y};
    default:
        fail_msg("no model of %s", ir_op_name(in->op));
    }
    return (Flags){0};
}

// ---- operands
static const uint64_t edges[] = {
    0,
    1,
    2,
    7,
    8,
    63,
    127,
    128,
    255,
    256,
    4095,
    4096,
    0x7FFF,
    0xFFFF,
    0x10000,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFF,
    0x100000000,
    0x123456789ABCDEF0,
    INT64_MAX,
    (uint64_t)INT64_MIN,
    (uint64_t)-1,
    (uint64_t)-2,
    (uint64_t)-8,
    (uint64_t)-128,
    (uint64_t)-129,
    (uint64_t)-4096,
    (uint64_t)INT32_MIN,
    (uint64_t)INT32_MIN - 1,
    0x5555555555555555,
    0xFFFF0000FFFF0000,
};
#define COUNT(array) (sizeof(array) / sizeof *(array))

static uint64_t any_below(World *w, uint64_t limit) { return random_next(&w->random) % limit; }
static uint64_t any_number(World *w) {
    uint64_t kind = any_below(w, 4);
    if (kind < 2) return edges[any_below(w, COUNT(edges))];
    return kind == 2 ? random_next(&w->random) : (uint64_t)((int64_t)any_below(w, 41) - 20);
}
static uint64_t any_float(World *w) {
    static const double some[] = {0.0,     -0.0,     1.0,       -1.5, 1e300, -1e300,
                                  5e-324,  INFINITY, -INFINITY, NAN,  0.1,   4503599627370496.5,
                                  -9.2e18, 9.2e18};
    uint64_t kind = any_below(w, 3);
    if (kind == 0) return random_next(&w->random);
    if (kind == 1) return as_bits((double)(int64_t)any_number(w));
    return as_bits(some[any_below(w, COUNT(some))]);
}
static unsigned any_register(World *w) { // not VM, not SP
    return (unsigned)any_below(w, R_VM);
}

static bool has_displacement(IrOp op) {
    IrForm form = ir_op_form(op);
    return form == FORM_RM || form == FORM_RX || form == FORM_MI || form == FORM_FM;
}

static IrIns any_operands(World *w, IrOp op) {
    static const int64_t displacements[] = {0,       8,      -8,       1,        255,      -256,
                                            -257,    4095,   4096,     32760,    32768,    300000,
                                            -300000, 300001, 16777208, 20000000, -20000000};
    IrForm form = ir_op_form(op);
    IrIns in = {.op = (uint8_t)op, .a = (uint8_t)any_register(w), .b = (uint8_t)any_register(w)};
    in.c = (uint8_t)any_register(w);
    in.extra = (int32_t)any_number(w);
    in.imm = (int64_t)any_number(w);
    if (form == FORM_RRL) in.extra = 0;
    if (form == FORM_FF || form == FORM_RF) in.b &= 7;
    if (form == FORM_FF || form == FORM_FR || form == FORM_FM) in.a &= 7;
    if (has_displacement(op)) {
        in.imm = displacements[any_below(w, COUNT(displacements))];
        if (any_below(w, 6) == 0) in.b = R_SP;
    }
    if (op == IR_PUSH_CONSTANT || op == IR_COMPARE32_CONSTANT) in.imm = (int32_t)in.imm;
    if (op == IR_COMPARE8_MEMORY) in.extra &= UINT8_MAX;
    if (op >= IR_SHIFT_LEFT_CONSTANT && op <= IR_ROTATE_RIGHT_CONSTANT) in.imm &= 63;
    if ((op == IR_PUSH || op == IR_POP) && any_below(w, 6) == 0) in.a = R_SP;
    return in;
}

// Gives every register a value with which the instruction may be done; false: these operands
// cannot be.
static bool fill(World *w, const IrIns *in) {
    Area *area = w->area;
    for (unsigned r = 0; r < REGISTER_COUNT; r++)
        area->in[r] = any_number(w);
    for (unsigned f = 0; f < FLOAT_REGISTER_COUNT; f++)
        area->float_in[f] = any_float(w);
    random_fill(&w->random, area->memory, MEMORY_BYTES);
    uint64_t middle = (uint64_t)area->memory + MEMORY_BYTES / 2;
    area->in[R_VM] = (uint64_t)area;
    area->in[R_SP] = middle + 256 + 8 * any_below(w, 16);
    if (has_displacement(in->op)) {
        uint64_t index = 0;
        if (ir_op_form(in->op) == FORM_RX) {
            if (in->b == in->c) return false;
            index = area->in[in->c] = any_below(w, 40);
            if (in->op != IR_LOAD8_INDEXED && in->op != IR_STORE8_INDEXED) index *= 8;
        }
        uint64_t base = middle + any_below(w, 64) - index - (uint64_t)in->imm;
        if (in->b != R_SP)
            area->in[in->b] = base;
        else if (in->imm < -256 || in->imm > 256 || index > 512)
            area->in[R_SP] = base & ~7; // the stack is not used then
    }
    if (in->op == IR_PUSH_MEMORY && in->b == R_SP && (in->imm < -256 || in->imm > 256))
        return false;
    if (in->op == IR_SHIFT_LEFT || in->op == IR_SHIFT_ARITHMETIC) area->in[R_T1] &= 63;
    if (in->op == IR_DIVIDE) {
        uint64_t *by = &area->in[in->a];
        if (*by == 0 || (*by == UINT64_MAX && area->in[R_T0] == (uint64_t)INT64_MIN)) *by = 3;
    }
    if (in->op == IR_POP && in->a == R_SP) store_u64((void *)area->in[R_SP], middle);
    if (in->op == IR_INTEGER_FROM_FLOAT && !(fabs(as_double(area->float_in[in->b])) < 0x1p63))
        area->float_in[in->b] = as_bits(-77.9);
    return true;
}

// ---- comparing
static void complain(World *w, const char *what, uint64_t is, uint64_t should) {
    char text[128];
    ir_print(&w->now, text, sizeof text);
    fail_msg("%s%s: %s: %s is %#llx, should be %#llx", w->backend->name,
             w->native ? "" : " (emulated)", text, what, (unsigned long long)is,
             (unsigned long long)should);
}

static bool same_float(uint64_t x, uint64_t y) {
    return x == y || (isnan(as_double(x)) && isnan(as_double(y)));
}

static void compare(World *w, const uint64_t *r, const uint64_t *f, const Flags *flags,
                    bool overflowed, const uint8_t *memory) {
    Area *area = w->area;
    for (unsigned i = 0; i < REGISTER_COUNT; i++)
        if (area->out[i] != r[i]) complain(w, register_name(i), area->out[i], r[i]);
    for (unsigned i = 0; i < FLOAT_REGISTER_COUNT; i++)
        if (!same_float(area->float_out[i], f[i])) complain(w, "a float", area->float_out[i], f[i]);
    if (area->overflowed != overflowed) complain(w, "overflow", area->overflowed, overflowed);
    for (unsigned i = 0; i < MEMORY_BYTES; i++)
        if (area->memory[i] != memory[i]) complain(w, "memory", area->memory[i], memory[i]);
    if (!flags->set) return;
    for (unsigned c = 0; c < CONDITION_COUNT; c++) {
        if (flags->floats && c > COND_GREATER) break;
        if (!flags->floats && !flags->carry_known && c >= COND_BELOW && c <= COND_ABOVE) continue;
        bool asks_sign = (c >= COND_LESS && c <= COND_GREATER) || c >= COND_OVERFLOW;
        if (flags->sign_unknown && asks_sign) continue;
        if (area->held[c] != holds(flags, c))
            complain(w, condition_name(c), area->held[c], holds(flags, c));
    }
}

static void check_once(World *w, const IrIns *in, uint64_t address) {
    if (!fill(w, in)) return;
    Area *area = w->area;
    uint64_t r[REGISTER_COUNT], f[FLOAT_REGISTER_COUNT];
    uint8_t before[MEMORY_BYTES], after[MEMORY_BYTES];
    bool overflowed = false;
    memcpy(r, area->in, sizeof r);
    memcpy(f, area->float_in, sizeof f);
    memcpy(before, area->memory, sizeof before);
    Flags flags = model(in, r, f, &overflowed);
    memcpy(after, area->memory, sizeof after);
    memcpy(area->memory, before, sizeof before);
    memset(area->held, 0, sizeof area->held);
    area->overflowed = 0;
    run(w, address);
    compare(w, r, f, &flags, overflowed, after);
}

static bool sets_flags(IrOp op) {
    return (op >= IR_ADD && op <= IR_TEST_MEMORY32) || op == IR_FLOAT_COMPARE;
}

// One set of operands; some sets of values.
static void check_operands(World *w, const IrIns *in) {
    IrCode code;
    w->now = *in;
    begin(&code);
    Label overflows = ir_new_label(&code), on = ir_new_label(&code);
    if (!ir_is_sound(&code, in)) {
        ir_release(&code);
        return;
    }
    ir_add(&code, *in);
    if (in->op == IR_MULTIPLY) {
        ir_jump(&code, on);
        ir_label(&code, overflows);
        ir_mi(&code, IR_STORE_CONSTANT, R_VM, offsetof(Area, overflowed), 1);
        ir_ri(&code, IR_CONSTANT, in->a, 0);
        ir_label(&code, on);
    }
    if (sets_flags(in->op)) probe(&code, in->op == IR_FLOAT_COMPARE);
    uint64_t address = finish(w, &code);
    for (unsigned i = 0; i < 8; i++)
        check_once(w, in, address);
}

static void check_arithmetic(World *w) {
    for (unsigned op = 0; op < IR_LABEL; op++)
        for (unsigned i = 0; i < 24; i++) {
            IrIns in = any_operands(w, op);
            check_operands(w, &in);
        }
    assert_true(w->cases > 5000);
}

// Moves, loads, stores, pushes, pops leave the flags of a comparison alone.
static void check_flags_survive(World *w) {
    for (unsigned op = IR_MOVE; op <= IR_PUSH_MEMORY; op++)
        for (unsigned i = 0; i < 8; i++) {
            IrIns in = any_operands(w, op);
            IrCode code;
            begin(&code);
            w->now = in;
            if (ir_is_sound(&code, &in) && fill(w, &in)) {
                uint64_t x = w->area->in[R_S0], y = w->area->in[R_S1];
                ir_rr(&code, IR_COMPARE, R_S0, R_S1);
                ir_add(&code, in);
                probe(&code, false);
                memset(w->area->held, 0, sizeof w->area->held);
                run(w, finish(w, &code));
                Flags flags = flags_of_difference((int64_t)x, (int64_t)y);
                for (unsigned c = 0; c < CONDITION_COUNT; c++)
                    if (w->area->held[c] != holds(&flags, c))
                        complain(w, condition_name(c), w->area->held[c], holds(&flags, c));
            }
            ir_release(&code);
        }
}

// ---- control
static uint64_t run_for_t0(World *w, IrCode *code) {
    IrIns none = {.op = IR_MOVE};
    uint64_t address = finish(w, code);
    assert_true(fill(w, &none));
    run(w, address);
    assert_int_equal(w->area->out[R_SP], w->area->in[R_SP]);
    return w->area->out[R_T0];
}

// A function of compiled code: T0 := T6 + the word that its caller pushed, which it takes away.
static uint64_t make_callee(World *w) {
    IrCode code;
    ir_init(&code);
    ir_none(&code, IR_PUSH_LINK);
    ir_rm(&code, IR_LOAD, R_T0, R_SP, 8);
    ir_rr(&code, IR_ADD, R_T0, R_T6);
    ir_i(&code, IR_RETURN, 1);
    uint64_t address = place(w, &code);
    ir_release(&code);
    return address;
}

static void check_calls(World *w) {
    uint64_t callee = make_callee(w);
    for (unsigned kind = 0; kind < 3; kind++) {
        IrCode code;
        begin(&code);
        ir_i(&code, IR_PUSH_CONSTANT, 5000);
        ir_ri(&code, IR_CONSTANT, R_T6, 70000);
        if (kind == 0) ir_i(&code, IR_CALL_CODE, (int64_t)callee);
        if (kind == 1) ir_ri(&code, IR_CONSTANT, R_S1, (int64_t)callee);
        if (kind == 1) ir_r(&code, IR_CALL_REGISTER, R_S1);
        if (kind == 2) ir_ii(&code, IR_SEND_SITE, (int64_t)callee, 70000);
        assert_int_equal(run_for_t0(w, &code), 75000);
    }
}

// Returns that drop many words, and links taken from where they are.
static void check_returns(World *w) {
    static const int64_t dropped[] = {0, 1, 30, 31, 200};
    for (unsigned i = 0; i < COUNT(dropped); i++) {
        IrCode code;
        begin(&code);
        Label routine = ir_new_label(&code), over = ir_new_label(&code);
        ir_rm(&code, IR_ADDRESS, R_SP, R_SP, -8 * dropped[i]);
        ir_rl(&code, IR_LABEL_ADDRESS, R_S0, routine);
        ir_r(&code, IR_CALL_REGISTER, R_S0);
        ir_jump(&code, over);
        ir_label(&code, routine);
        ir_none(&code, IR_PUSH_LINK);
        ir_ri(&code, IR_CONSTANT, R_T0, 42);
        ir_i(&code, IR_RETURN, dropped[i]);
        ir_label(&code, over);
        assert_int_equal(run_for_t0(w, &code), 42);
    }
    IrCode code;
    begin(&code);
    Label routine = ir_new_label(&code), over = ir_new_label(&code);
    ir_rl(&code, IR_LABEL_ADDRESS, R_S0, routine);
    ir_r(&code, IR_CALL_REGISTER, R_S0);
    ir_ri(&code, IR_ADD_CONSTANT, R_T0, 1);
    ir_jump(&code, over);
    ir_label(&code, routine);
    ir_r(&code, IR_TAKE_LINK, R_T5);
    ir_ri(&code, IR_CONSTANT, R_T0, 6);
    ir_r(&code, IR_JUMP_REGISTER, R_T5);
    ir_label(&code, over);
    assert_int_equal(run_for_t0(w, &code), 7);
}

static void check_jumps(World *w) {
    IrCode code;
    begin(&code);
    Label data = ir_new_label(&code), over = ir_new_label(&code), there = ir_new_label(&code);
    ir_rl(&code, IR_LABEL_ADDRESS, R_T3, there);
    ir_rm(&code, IR_STORE, R_T3, R_VM, offsetof(Area, target));
    ir_mi(&code, IR_JUMP_MEMORY, R_VM, offsetof(Area, target), 0);
    ir_none(&code, IR_TRAP);
    ir_label(&code, data);
    ir_i(&code, IR_DATA, 0x1122334455667788);
    ir_label(&code, there);
    ir_i(&code, IR_ALIGN, 16);
    ir_rl(&code, IR_LOAD_DATA, R_T0, data);
    ir_jump(&code, over);
    ir_none(&code, IR_TRAP);
    ir_label(&code, over);
    assert_int_equal(run_for_t0(w, &code), 0x1122334455667788);
}

// JUMP_CODE and JUMP_CODE_IF, to code elsewhere that comes back by a register.
static void check_code_jumps(World *w) {
    IrCode code;
    ir_init(&code);
    ir_ri(&code, IR_CONSTANT, R_T0, 99);
    ir_r(&code, IR_JUMP_REGISTER, R_S2);
    uint64_t there = place(w, &code);
    ir_release(&code);
    for (unsigned kind = 0; kind < 3; kind++) {
        begin(&code);
        Label back = ir_new_label(&code);
        ir_rl(&code, IR_LABEL_ADDRESS, R_S2, back);
        ir_ri(&code, IR_CONSTANT, R_T0, 1);
        ir_ri(&code, IR_COMPARE_CONSTANT, R_T0, kind == 1 ? 1 : 2);
        if (kind == 0)
            ir_i(&code, IR_JUMP_CODE, (int64_t)there);
        else
            ir_jump_code_if(&code, COND_EQUAL, there);
        ir_label(&code, back);
        assert_int_equal(run_for_t0(w, &code), kind == 2 ? 1 : 99);
    }
}

// CALL_C calls what ENTER_FROM_C and LEAVE_TO_C make: the arguments arrive, C's stack is aligned,
// and the registers that C keeps are kept.
static void check_c(World *w) {
    IrCode code;
    ir_init(&code);
    ir_i(&code, IR_ENTER_FROM_C, offsetof(Area, inner_stack));
    ir_rr(&code, IR_MOVE, R_T0, R_T1);
    ir_rr(&code, IR_SUBTRACT, R_T0, R_T2);
    for (unsigned r = R_S0; r <= R_SP; r++)
        if (r != R_VM) ir_ri(&code, IR_CONSTANT, r, 13);
    ir_i(&code, IR_LEAVE_TO_C, offsetof(Area, inner_stack));
    w->area->function = place(w, &code);
    ir_release(&code);
    begin(&code);
    ir_rm(&code, IR_LOAD, R_FP, R_VM, IN_AT(R_SP));
    ir_ri(&code, IR_CONSTANT, R_T1, 1000);
    ir_ri(&code, IR_CONSTANT, R_T2, 1);
    ir_ii(&code, IR_CALL_C, offsetof(Area, function), offsetof(Area, c_stack));
    ir_rm(&code, IR_LOAD, R_SP, R_VM, IN_AT(R_SP));
    assert_int_equal(run_for_t0(w, &code), 999);
    static const Reg kept[] = {R_S0, R_S1, R_S2, R_NIL};
    for (unsigned i = 0; i < COUNT(kept); i++)
        assert_int_equal(w->area->out[kept[i]], w->area->in[kept[i]]);
    assert_int_equal(w->area->out[R_FP], w->area->in[R_SP]);
    assert_int_equal(w->area->out[R_VM], (uint64_t)w->area);
    assert_int_equal(w->area->c_stack % 16, 0);
    assert_int_equal(w->area->inner_stack % 16, 0);
}

static void check_all(World *w) {
    check_arithmetic(w);
    check_flags_survive(w);
    check_calls(w);
    check_returns(w);
    check_jumps(w);
    check_code_jumps(w);
    check_c(w);
}

// ---- worlds
static void *map(size_t size, int protection) {
    void *memory = mmap(NULL, size, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(memory != MAP_FAILED);
    return memory;
}

static size_t area_bytes(void) { return (size_t)round_up(sizeof(Area), 4096); }

static void open_world(World *w, const Backend *backend, bool native) {
    *w = (World){.backend = backend, .native = native, .random = 20};
    w->area = map(area_bytes(), PROT_READ | PROT_WRITE);
    w->code = map(CODE_BYTES, PROT_READ | PROT_WRITE | (native ? PROT_EXEC : 0));
    w->stack = map(STACK_BYTES, PROT_READ | PROT_WRITE);
}

static void close_world(World *w) {
    munmap(w->area, area_bytes());
    munmap(w->code, CODE_BYTES);
    munmap(w->stack, STACK_BYTES);
}

static void on_this_machine(void **state) {
    (void)state;
    const Backend *host = backend_host();
    if (!host) skip();
    World w;
    open_world(&w, host, true);
    check_all(&w);
    close_world(&w);
}

static void emulated(const Backend *backend) {
#ifdef PARLEY_UNICORN
    World w;
    open_world(&w, backend, false);
    bool x64 = backend == &backend_x64;
    assert_int_equal(
        uc_open(x64 ? UC_ARCH_X86 : UC_ARCH_ARM64, x64 ? UC_MODE_64 : UC_MODE_ARM, &w.engine),
        UC_ERR_OK);
    uc_mem_map_ptr(w.engine, (uint64_t)w.area, area_bytes(), UC_PROT_READ | UC_PROT_WRITE, w.area);
    uc_mem_map_ptr(w.engine, (uint64_t)w.code, CODE_BYTES, UC_PROT_ALL, w.code);
    uc_mem_map_ptr(w.engine, (uint64_t)w.stack, STACK_BYTES, UC_PROT_READ | UC_PROT_WRITE, w.stack);
    if (!x64) { // floats are switched on
        uint64_t cpacr = 3 << 20;
        uc_reg_write(w.engine, UC_ARM64_REG_CPACR_EL1, &cpacr);
    }
    check_all(&w);
    uc_close(w.engine);
    close_world(&w);
#else
    (void)backend;
    print_message("Unicorn is not there\n");
    skip();
#endif
}

static void emulated_x64(void **state) {
    (void)state;
    emulated(&backend_x64);
}
static void emulated_arm64(void **state) {
    (void)state;
    emulated(&backend_arm64);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(on_this_machine),
        cmocka_unit_test(emulated_x64),
        cmocka_unit_test(emulated_arm64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
