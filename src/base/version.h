// SPDX-License-Identifier: MIT
// What this VM calls itself.
#ifndef PARLEY_BASE_VERSION_H
#define PARLEY_BASE_VERSION_H

#define PARLEY_VERSION "Parley 0.1.0"

// With the date when that version was begun: images take a VM for too old that names none, or one
// before 2019.
#define PARLEY_SOURCE_VERSION "VM: " PARLEY_VERSION " Date: 2026-11-01"

#endif
