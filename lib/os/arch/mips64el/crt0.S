/* crt0.S (mips64el): where a native program starts. Contract: lib/os/os.h. */
    .section .text._start, "ax"
    .globl _start
    .type _start, @function
_start:
    .set noreorder
    move $30, $0
    move $31, $0
    li $8, -16
    and $29, $29, $8
    j os_start
    nop
    .size _start, . - _start
