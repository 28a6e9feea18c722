// SPDX-License-Identifier: MIT
// Checksums of plain byte buffers, continued from a value before.
#ifndef PARLEY_PLUGIN_CHECKSUM_KERNEL_H
#define PARLEY_PLUGIN_CHECKSUM_KERNEL_H

#include <stddef.h>
#include <stdint.h>

// The CRC of gzip and zip (ISO 3309). The caller inverts all bits before and after.
uint32_t checksum_crc32(uint32_t crc, const uint8_t *bytes, size_t count);
// The checksum of zlib streams (RFC 1950). It begins with 1.
uint32_t checksum_adler32(uint32_t adler, const uint8_t *bytes, size_t count);

#endif
