// SPDX-License-Identifier: MIT
// What a built Pharo has besides Pharo's own packages, as chunks, each text up to a 0 byte.
        .section .rodata.parley_pharo_own, "a"
        .globl parley_pharo_sources
parley_pharo_sources:
        .incbin "pharo_sources.st"
        .byte 0
        .globl parley_pharo_network
parley_pharo_network:
        .incbin "pharo_network.st"
        .byte 0
        .globl parley_pharo_environment
parley_pharo_environment:
        .incbin "pharo_environment.st"
        .byte 0
        .section .note.GNU-stack, "", %progbits
