/* context.S (riscv64). Contract: lib/uthread/context.h. */
#include <syscall_numbers.h>

    .text
    .globl uthread_switch, uthread_on_stack, uthread_entry

    .macro each_word what
    \what ra, 0(sp)
    \what s0, 8(sp)
    \what s1, 16(sp)
    \what s2, 24(sp)
    \what s3, 32(sp)
    \what s4, 40(sp)
    \what s5, 48(sp)
    \what s6, 56(sp)
    \what s7, 64(sp)
    \what s8, 72(sp)
    \what s9, 80(sp)
    \what s10, 88(sp)
    \what s11, 96(sp)
    .endm

uthread_switch:
    addi sp, sp, -112
    each_word sd
    sd sp, 0(a0)
    mv sp, a1
    each_word ld
    addi sp, sp, 112
    ret

uthread_on_stack:
    addi sp, sp, -16
    sd ra, 8(sp)
    sd s0, 0(sp)
    mv s0, sp
    mv sp, a0
    mv a0, a2
    jalr a1
    mv sp, s0
    ld s0, 0(sp)
    ld ra, 8(sp)
    addi sp, sp, 16
    ret

uthread_entry:
    li s0, 0
    call uthread_upcall
    li a7, SYS_PROCESSORS_RESUME
    ecall
    unimp
