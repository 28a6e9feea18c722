// SPDX-License-Identifier: MIT
// Checksums. The CRC goes half a byte at a time: sixteen entries are few enough to be written down.
#include "plugin/checksum_kernel.h"

// Remainders of 0 to 15 after four steps with the reversed polynomial 0xEDB88320.
static const uint32_t crc_of_nibble[16] = {
    0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4, 0x4DB26158, 0x5005713C,
    0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C, 0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C,
};

uint32_t checksum_crc32(uint32_t crc, const uint8_t *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        crc ^= bytes[i];
        crc = crc_of_nibble[crc & 15] ^ crc >> 4;
        crc = crc_of_nibble[crc & 15] ^ crc >> 4;
    }
    return crc;
}

uint32_t checksum_adler32(uint32_t adler, const uint8_t *bytes, size_t count) {
    enum { MODULUS = 65521 };
    uint32_t low = adler & 0xFFFF, high = adler >> 16;
    for (size_t i = 0; i < count; i++) {
        low = (low + bytes[i]) % MODULUS;
        high = (high + low) % MODULUS;
    }
    return high << 16 | low;
}
