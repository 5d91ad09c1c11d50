/* crt0.S (riscv64): where a native program starts. Contract: lib/os/os.h. */
    .section .text._start, "ax"
    .globl _start
    .type _start, @function
_start:
    li fp, 0
    li ra, 0
    andi sp, sp, -16
    j os_start
    .size _start, . - _start
