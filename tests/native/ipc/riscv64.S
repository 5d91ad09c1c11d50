/* riscv64.S: the ways into the runtime of upcalls.c. A foreign system call comes with the program's registers (abi/arch/riscv64/frame.h). */
#include "upcall_page.h"

    .text
    .globl upcall_entry
    .type upcall_entry, @function
    .balign 64
upcall_entry:
    j upcall
    .org upcall_entry + 64
    sd ra, PAGE_FRAME + 8(t0)
    sd sp, PAGE_FRAME + 16(t0)
    sd gp, PAGE_FRAME + 24(t0)
    sd tp, PAGE_FRAME + 32(t0)
    sd t1, PAGE_FRAME + 48(t0)
    sd t2, PAGE_FRAME + 56(t0)
    sd s0, PAGE_FRAME + 64(t0)
    sd s1, PAGE_FRAME + 72(t0)
    sd a0, PAGE_FRAME + 80(t0)
    sd a1, PAGE_FRAME + 88(t0)
    sd a2, PAGE_FRAME + 96(t0)
    sd a3, PAGE_FRAME + 104(t0)
    sd a4, PAGE_FRAME + 112(t0)
    sd a5, PAGE_FRAME + 120(t0)
    sd a6, PAGE_FRAME + 128(t0)
    sd a7, PAGE_FRAME + 136(t0)
    sd s2, PAGE_FRAME + 144(t0)
    sd s3, PAGE_FRAME + 152(t0)
    sd s4, PAGE_FRAME + 160(t0)
    sd s5, PAGE_FRAME + 168(t0)
    sd s6, PAGE_FRAME + 176(t0)
    sd s7, PAGE_FRAME + 184(t0)
    sd s8, PAGE_FRAME + 192(t0)
    sd s9, PAGE_FRAME + 200(t0)
    sd s10, PAGE_FRAME + 208(t0)
    sd s11, PAGE_FRAME + 216(t0)
    sd t3, PAGE_FRAME + 224(t0)
    sd t4, PAGE_FRAME + 232(t0)
    sd t5, PAGE_FRAME + 240(t0)
    sd t6, PAGE_FRAME + 248(t0)
    ld sp, PAGE_UPCALL_STACK(t0)
    li t1, 1
    sd t1, PAGE_UPCALL_REASON(t0)
    j upcall
    .size upcall_entry, . - upcall_entry
    .section .note.GNU-stack, "", @progbits
