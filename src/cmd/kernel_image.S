// SPDX-License-Identifier: MIT
// The kernel image as part of the program: its objects, behind the 128 bytes of the header, begin a
// page, so that they can be mapped.
        .section .rodata.parley_kernel_image, "a"
        .balign 65536
        .skip 65536 - 128
        .globl parley_kernel_image
parley_kernel_image:
        .incbin "kernel.image"
        .globl parley_kernel_image_end
parley_kernel_image_end:
        .byte 0
        .section .note.GNU-stack, "", %progbits
