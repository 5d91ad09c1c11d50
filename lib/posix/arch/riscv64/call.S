/* call.S (riscv64): the program's calls as calls of the runtime: no trap. Contract: lib/posix/process.h. The thread page is found by the
 * thread pointer (callers.h). */
#include "offsets.h"
#include "save.h"

/* --- as the program's own code: signals enter here as anywhere in it --------------------------------------------------------------------- */
    .section .entry_page.call, "ax", @progbits
    .globl entry_call
    .hidden entry_call

/* long entry_call(long number, long a, long b, long c, long d, long e, long f) */
entry_call:
    li t0, ENTRY_QUICK_LAST
    bgtu a0, t0, 1f
    la t0, entry_quick
    add t0, t0, a0
    lbu t0, 0(t0)
    beqz t0, 1f
    la t1, process_page_before
    add t1, t1, t0
    lwu a0, 0(t1)
    ret
1:  tail call_ordinary

/* The runtime does not know the thread pointer: tell it by a trap, then call again, t1 = 1: as a cancellation point. What it cannot remember
 * (a thread that has no thread pointer yet) calls by a trap. */
entry_stranger:
    mv t2, a0
    li a7, CALLER_REGISTER
    ecall
    mv t3, a0
    mv a0, t2
    bnez t3, 2f
    beqz t1, 1b
    tail call_point
2:  mv a7, a0
    mv a0, a1
    mv a1, a2
    mv a2, a3
    mv a3, a4
    mv a4, a5
    mv a5, a6
    ecall
    ret

/* The call is done: a0 = result, t0 = the thread page, ra = where to return to, sp = what it is then. */
entry_leave:
    ld t1, MACHINE_UPCALL_PENDING(t0)
    bnez t1, 1f
    ret
1:  tail call_interrupted

/* --- in the runtime: signals wait ----------------------------------------------------------------------------------------------------------- */
    .section .text.entry, "ax", @progbits
    .globl call_point, call_ordinary, call_interrupted
    .hidden call_point, call_ordinary, call_interrupted

/* t0 = the thread page. */
    .macro switch_stacks
    sd ra, FRAME_PC_AT(t0)
    sd sp, FRAME_X(2)(t0)
    sd s0, FRAME_X(8)(t0)
    ld sp, MACHINE_UPCALL_STACK(t0)
    .endm

call_point:
    li t1, 1
    j 1f
call_ordinary:
    li t1, 0
1:  srli t0, tp, CALLER_LOW
    srli t2, tp, CALLER_HIGH
    xor t0, t0, t2
    andi t0, t0, CALLERS - 1
    slli t0, t0, 3
    la t2, callers
    add t0, t0, t2
    ld t0, 0(t0)
    srli t2, t0, CALLER_SHIFT
    bne t2, tp, 2f
    slli t0, t0, 64 - CALLER_SHIFT
    srli t0, t0, 64 - CALLER_SHIFT - 16
    beqz t0, 2f
    sd t1, FRAME_CAUSE_AT(t0)
    sd a1, FRAME_X(10)(t0)
    sd a2, FRAME_X(11)(t0)
    sd a3, FRAME_X(12)(t0)
    sd a4, FRAME_X(13)(t0)
    sd a5, FRAME_X(14)(t0)
    sd a6, FRAME_X(15)(t0)
    sd a0, FRAME_X(17)(t0)
    switch_stacks
    mv a0, t0
    jal called
    srli t0, sp, 16
    slli t0, t0, 16
    li t1, CALL_UNFINISHED
    beq a0, t1, unfinished
    ld ra, FRAME_PC_AT(t0)
    ld sp, FRAME_X(2)(t0)
    tail entry_leave
2:  tail entry_stranger

unfinished:
    save_the_rest
    mv a0, t0
    jal call_finish
    j runtime_resume

/* A signal waits: continue behind the call by way of the kernel. */
call_interrupted:
    sd a0, FRAME_X(10)(t0)
    switch_stacks
    save_the_rest
    mv a0, t0
    jal call_continue
    j runtime_resume
