/* crt0.S (aarch64): where a native program starts. Contract: lib/os/os.h. */
    .section .text._start, "ax"
    .globl _start
    .type _start, %function
_start:
    mov x29, #0
    mov x30, #0
    mov x9, sp
    and x9, x9, #-16
    mov sp, x9
    b os_start
    .size _start, . - _start
