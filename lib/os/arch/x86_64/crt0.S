/* crt0.S (x86_64): where a native program starts. Contract: lib/os/os.h. */
    .section .text._start, "ax"
    .globl _start
    .type _start, @function
_start:
    xorl %ebp, %ebp
    andq $-16, %rsp
    call os_start
    ud2
    .size _start, . - _start
