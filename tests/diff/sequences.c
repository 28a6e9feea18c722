// SPDX-License-Identifier: MIT
// Random methods (generator.h), in the interpreter and as compiled code of both compilers on all
// processors. A bounded number every day, from a seed that is always the same; many at night, from
// a new one. Where there is a difference, a method as simple as can be found is shown that has one,
// and the choices that it is made from:
//
//     sequences CHOICES       shows just that method, and tries it on every target
//     PARLEY_SEED=N           begins with another seed
//
// Speaks TAP: a test for each target.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "differ.h"
#include "generator.h"

enum { METHODS = 1500, METHODS_AT_NIGHT = 100000 };

static Differ differ;
static bool shows_methods; // that are given

static void choose_case(const void *context, unsigned index, Oop *operands) {
    const Generated *generated = context;
    memcpy(operands, generated->operands[index], sizeof generated->operands[index]);
}

// Is there a difference?
MAY_GC static bool differs(void *context, Choices *choices) {
    Generated generated;
    (void)context;
    differ_begin(&differ);
    generate(&differ.world, choices, &generated);
    if (oop_is_none(generated.method)) return false;
    if (shows_methods) differ_print_method(&differ, generated.method);
    Trial trial = {.title = "a random method",
                   .method = generated.method,
                   .operand_count = GENERATED_ARGUMENTS + 1,
                   .count = GENERATED_CASES,
                   .choose = choose_case,
                   .context = &generated};
    return !differ_run(&differ, &trial);
}

MAY_GC static void report(Choices *choices) {
    choices_shrink(choices, differs, NULL);
    differ.is_silent = false;
    differ.differences = 0;
    differs(NULL, choices);
    printf("# sequences ");
    choices_print(choices);
    printf("\n");
}

MAY_GC static bool test_random(uint64_t seed, unsigned count) {
    Choices choices;
    for (unsigned i = 0; i < count; i++) {
        uint64_t before = seed;
        choices_randomise(&choices, &seed);
        if (!differs(NULL, &choices)) continue;
        printf("# seed %llu\n", (unsigned long long)before);
        choices.at = 0;
        report(&choices);
        return false;
    }
    return true;
}

MAY_GC static bool test_target(const JitTarget *target, uint64_t seed, unsigned count,
                               const char *given) {
    Diagnosis why = {""};
    Choices choices;
    if (differ_open(&differ, target, &why)) {
        printf("# %s\n", why.text);
        return false;
    }
    generator_prepare(&differ.world);
    differ.base = differ.world.vm->heap.eden_free;
    differ.is_silent = given == NULL;
    shows_methods = given && target->compile == naive_compile && !target->is_simulated;
    bool passed = given ? choices_read(&choices, given) && !differs(NULL, &choices)
                        : test_random(seed, count);
    printf("# %s, %s: %llu cases, %llu left to the interpreter, %llu methods refused\n",
           target->tier, target->processor, (unsigned long long)differ.cases,
           (unsigned long long)differ.refused, (unsigned long long)differ.unverified);
    return differ_close(&differ) && passed;
}

int main(int argc, char **argv) {
    JitTarget targets[JIT_TARGET_LIMIT];
    unsigned count = jit_targets(targets), failed = 0;
    bool at_night = getenv("PARLEY_NIGHTLY") != NULL;
    const char *seed_text = getenv("PARLEY_SEED");
    uint64_t seed = seed_text ? strtoull(seed_text, NULL, 10) : at_night ? (uint64_t)time(NULL) : 1;
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("1..%u\n", count);
    for (unsigned i = 0; i < count; i++) {
        bool passed = test_target(&targets[i], seed, at_night ? METHODS_AT_NIGHT : METHODS,
                                  argc > 1 ? argv[1] : NULL);
        failed += !passed;
        printf("%sok %u - %s %s\n", passed ? "" : "not ", i + 1, targets[i].tier,
               targets[i].processor);
    }
    return failed ? 1 : 0;
}
