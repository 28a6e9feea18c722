// SPDX-License-Identifier: MIT
// See own_image.h. The symbols are weak: without the object that defines them both are 0.
#include "cmd/own_image.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

extern const uint8_t parley_kernel_image[] __attribute__((weak));
extern const uint8_t parley_kernel_image_end[] __attribute__((weak));

typedef struct OwnWord {
    const char *word;
    int count;
    const char *arguments, *text;
} OwnWord;

static const OwnWord own_words[] = {
#define OWN_WORD(word, count, arguments, text) {word, count, arguments, text},
#include "cmd/own_words.tbl"
#undef OWN_WORD
};
enum { OWN_WORD_COUNT = sizeof own_words / sizeof *own_words };

bool own_image_bytes(const void **bytes, uint64_t *count) {
    *bytes = parley_kernel_image;
    *count = (uint64_t)((uintptr_t)parley_kernel_image_end - (uintptr_t)parley_kernel_image);
    return *count > 0;
}

// A file of source, by its name or by the "#!" with which it begins; or what is no file at all, such
// as a pipe, of which nothing may be read here.
static bool is_script(const char *word) {
    size_t length = strlen(word);
    struct stat status;
    if (length > 3 && strcmp(word + length - 3, ".st") == 0) return true;
    if (stat(word, &status) != 0 || S_ISDIR(status.st_mode)) return false;
    if (!S_ISREG(status.st_mode)) return true;
    FILE *file = fopen(word, "rb");
    if (!file) return false;
    bool begins = fgetc(file) == '#' && fgetc(file) == '!';
    fclose(file);
    return begins;
}

static const OwnWord *find_word(const char *word) {
    for (int i = 0; i < OWN_WORD_COUNT; i++)
        if (strcmp(word, own_words[i].word) == 0) return &own_words[i];
    return NULL;
}

bool own_image_takes(const char *word) {
    if (!word || find_word(word)) return true;
    return word[0] == '-' ? !word[1] : is_script(word);
}

int own_image_word_count(const char *word) {
    const OwnWord *own = find_word(word);
    return own ? own->count : 0;
}

void own_image_print_help(void) {
    puts("  parley                                     the REPL, in the image that is built in\n"
         "  parley FILE.st [ARGUMENTS]                 run a script; -: from standard input");
    for (int i = 0; i < OWN_WORD_COUNT; i++) {
        char left[64];
        snprintf(left, sizeof left, "parley %s %s", own_words[i].word, own_words[i].arguments);
        printf("  %-42s %s\n", left, own_words[i].text);
    }
}
