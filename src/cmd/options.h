// SPDX-License-Identifier: MIT
// The options before an image on the command line: ours (options.tbl) and those that users of
// other VMs have in their scripts (foreign_options.tbl).
#ifndef PARLEY_CMD_OPTIONS_H
#define PARLEY_CMD_OPTIONS_H

#include <stdbool.h>

#include "parley.h"

// Reads options from arguments[0] on and sets the fields of `options`, whose strings then point
// into the arguments. Those that stand behind options of the image that is built in, as in
// `-e 3 --interpreter`, are moved before them. Answers how many arguments were options (the image
// follows, if anything); -1 after a complaint.
int options_read(int count, char **arguments, ParleyOptions *options);
// The lines of --help about our options.
void options_print_help(void);

#endif
