// SPDX-License-Identifier: MIT
// The source of a method of the image that is built in. Where it is kept, only that image knows: it
// is asked, in another process.
#ifndef PARLEY_CMD_OWN_SOURCE_H
#define PARLEY_CMD_OWN_SOURCE_H

// NULL: none, or it cannot be found out. The caller frees it.
char *own_source(const char *class_name, const char *selector);

#endif
