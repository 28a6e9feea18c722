// SPDX-License-Identifier: MIT
// The kernel image that this program carries (kernel_image.S), and which words on the command line
// are for it. A program built without one, as it is while that image is made, has no bytes.
#ifndef PARLEY_CMD_OWN_IMAGE_H
#define PARLEY_CMD_OWN_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

// False: there is none.
bool own_image_bytes(const void **bytes, uint64_t *count);
// Is the word for the image? A word of own_words.tbl, a script, or nothing (the REPL).
bool own_image_takes(const char *word);
// How many words, with those behind it, are one option of the image; 0: it is no such option.
int own_image_word_count(const char *word);
void own_image_print_help(void);

#endif
