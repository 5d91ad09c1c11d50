/* call.S (loongarch64): the program's calls as calls of the runtime: no trap. Contract: lib/posix/process.h. The thread page is found by the
 * thread pointer (callers.h). */
#include "offsets.h"
#include "save.h"

/* --- as the program's own code: signals enter here as anywhere in it --------------------------------------------------------------------- */
    .section .entry_page.call, "ax", @progbits
    .globl entry_call
    .hidden entry_call

/* long entry_call(long number, long a, long b, long c, long d, long e, long f) */
entry_call:
    sltui $t0, $a0, ENTRY_QUICK_LAST + 1
    beqz $t0, 1f
    la.pcrel $t0, entry_quick
    ldx.bu $t0, $t0, $a0
    beqz $t0, 1f
    la.pcrel $t1, process_page_before
    ldx.wu $a0, $t1, $t0
    ret
1:  b call_ordinary

/* The runtime does not know the thread pointer: tell it by a trap, then call again, $t1 = 1: as a cancellation point. What it cannot remember
 * (a thread that has no thread pointer yet) calls by a trap. */
entry_stranger:
    addi.d $sp, $sp, -16
    st.d $a0, $sp, 0
    st.d $t1, $sp, 8
    li.w $a7, CALLER_REGISTER
    syscall 0
    move $t0, $a0
    ld.d $a0, $sp, 0
    ld.d $t1, $sp, 8
    addi.d $sp, $sp, 16
    bnez $t0, 2f
    beqz $t1, 1b
    b call_point
2:  move $a7, $a0
    move $a0, $a1
    move $a1, $a2
    move $a2, $a3
    move $a3, $a4
    move $a4, $a5
    move $a5, $a6
    syscall 0
    ret

/* The call is done: $a0 = result, $t0 = the thread page, $ra = where to return to, $sp = what it is then. */
entry_leave:
    ld.d $t1, $t0, MACHINE_UPCALL_PENDING
    bnez $t1, 1f
    ret
1:  b call_interrupted

/* --- in the runtime: signals wait ----------------------------------------------------------------------------------------------------------- */
    .section .text.entry, "ax", @progbits
    .globl call_point, call_ordinary, call_interrupted
    .hidden call_point, call_ordinary, call_interrupted

/* $t0 = the thread page. */
    .macro switch_stacks
    st.d $ra, $t0, FRAME_PC_AT
    st.d $sp, $t0, FRAME_R(3)
    st.d $fp, $t0, FRAME_R(22)
    ld.d $sp, $t0, MACHINE_UPCALL_STACK
    .endm

call_point:
    ori $t1, $zero, 1
    b 1f
call_ordinary:
    move $t1, $zero
1:  srli.d $t0, $tp, CALLER_LOW
    srli.d $t2, $tp, CALLER_HIGH
    xor $t0, $t0, $t2
    bstrpick.d $t0, $t0, CALLERS_BITS - 1, 0
    la.pcrel $t2, callers
    alsl.d $t0, $t0, $t2, 3
    ld.d $t0, $t0, 0
    srli.d $t2, $t0, CALLER_SHIFT
    bne $t2, $tp, 2f
    bstrpick.d $t0, $t0, CALLER_SHIFT - 1, 0
    slli.d $t0, $t0, 16
    beqz $t0, 2f
    st.d $t1, $t0, FRAME_CAUSE_AT
    st.d $a1, $t0, FRAME_R(4)
    st.d $a2, $t0, FRAME_R(5)
    st.d $a3, $t0, FRAME_R(6)
    st.d $a4, $t0, FRAME_R(7)
    st.d $a5, $t0, FRAME_R(8)
    st.d $a6, $t0, FRAME_R(9)
    st.d $a0, $t0, FRAME_R(11)
    switch_stacks
    move $a0, $t0
    bl called
    move $t0, $sp
    bstrins.d $t0, $zero, 15, 0
    addi.d $t1, $a0, -CALL_UNFINISHED
    beqz $t1, unfinished
    ld.d $ra, $t0, FRAME_PC_AT
    ld.d $sp, $t0, FRAME_R(3)
    b entry_leave
2:  b entry_stranger

unfinished:
    save_the_rest
    move $a0, $t0
    bl call_finish
    b runtime_resume

/* A signal waits: continue behind the call by way of the kernel. */
call_interrupted:
    st.d $a0, $t0, FRAME_R(4)
    switch_stacks
    save_the_rest
    move $a0, $t0
    bl call_continue
    b runtime_resume
