/* crt0.S (loongarch64): where a native program starts. Contract: lib/os/os.h. */
    .section .text._start, "ax"
    .globl _start
    .type _start, @function
_start:
    move $fp, $zero
    move $ra, $zero
    bstrins.d $sp, $zero, 3, 0
    b os_start
    .size _start, . - _start
