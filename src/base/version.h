// SPDX-License-Identifier: MIT
// What this VM calls itself.
#ifndef PARLEY_BASE_VERSION_H
#define PARLEY_BASE_VERSION_H

#define PARLEY_VERSION "Parley 0.1.0"

#endif
