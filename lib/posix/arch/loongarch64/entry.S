/* entry.S (loongarch64): the ways into the runtime, and the FPU. The thread page begins at the 64 KiB block that the stack pointer is in. */
#include "offsets.h"
#include "save.h"
#include <syscall_numbers.h>

    .section .text.entry, "ax", @progbits
    .globl runtime_upcall, runtime_resume, runtime_fork_child, runtime_start, runtime_critical_start, runtime_critical_end
    .hidden runtime_upcall, runtime_resume, runtime_fork_child, runtime_start, runtime_critical_start, runtime_critical_end

/* All registers are the program's, saved in the thread page. */
runtime_upcall:
    move $a0, $sp
    bstrins.d $a0, $zero, 15, 0
    move $fp, $zero
    move $ra, $zero
    bl upcall
runtime_resume:
    ori $a7, $zero, SYS_MESSAGE_RESUME
    syscall 0
    break 1

/* A system call of the program: abi/arch/loongarch64/frame.h. $t8 = the thread page. What upcall_call keeps and does not look at (linux.h)
 * is saved only when it asks for a whole frame; $t0 to $t8 are Linux's to destroy. */
    .org runtime_upcall + MACHINE_CALL_OFFSET
runtime_call:
    st.d $ra, $t8, FRAME_R(1)
    st.d $sp, $t8, FRAME_R(3)
    ld.d $sp, $t8, MACHINE_UPCALL_STACK
    st.d $a0, $t8, FRAME_R(4)
    st.d $a1, $t8, FRAME_R(5)
    st.d $a2, $t8, FRAME_R(6)
    st.d $a3, $t8, FRAME_R(7)
    st.d $a4, $t8, FRAME_R(8)
    st.d $a5, $t8, FRAME_R(9)
    st.d $a6, $t8, FRAME_R(10)
    st.d $a7, $t8, FRAME_R(11)
    st.d $fp, $t8, FRAME_R(22)
    move $a0, $t8
    move $fp, $zero
    bl upcall_call
    beqz $a0, finish
    move $t0, $a0
/* Back to the program. When an interrupt is posted in here, the kernel begins it again. $t0 = the thread page. */
runtime_critical_start:
    ld.d $t1, $t0, MACHINE_UPCALL_PENDING
    bnez $t1, interrupted
    ld.d $ra, $t0, FRAME_R(1)
    ld.d $a0, $t0, FRAME_R(4)
    ld.d $a1, $t0, FRAME_R(5)
    ld.d $a2, $t0, FRAME_R(6)
    ld.d $a3, $t0, FRAME_R(7)
    ld.d $a4, $t0, FRAME_R(8)
    ld.d $a5, $t0, FRAME_R(9)
    ld.d $a6, $t0, FRAME_R(10)
    ld.d $a7, $t0, FRAME_R(11)
    ld.d $fp, $t0, FRAME_R(22)
    ld.d $t1, $t0, FRAME_PC_AT
    ld.d $sp, $t0, FRAME_R(3)
    jr $t1
runtime_critical_end:

finish:
    move $t0, $sp
    bstrins.d $t0, $zero, 15, 0
    save_the_rest
    move $a0, $t0
    bl upcall_finish
    b runtime_resume
interrupted: /* resume finds that */
    save_the_rest
    b runtime_resume

/* sp = the record that clone_process left. */
runtime_fork_child:
    move $fp, $zero
    move $ra, $zero
    move $a0, $sp
    bl fork_child
    break 1

/* $a0 = struct posix_start, which ends at the top of the stack; $sp is below it. */
runtime_start:
    move $fp, $zero
    move $ra, $zero
    bl start_first
    break 1

    .globl fpu_save, fpu_restore, fpu_reset
    .hidden fpu_save, fpu_restore, fpu_reset
fpu_save:
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    fst.d $f\n, $a0, \n * 8
    .endr
    move $t1, $zero
    .irp n, 7,6,5,4,3,2,1,0
    movcf2gr $t0, $fcc\n
    slli.d $t1, $t1, 8
    or $t1, $t1, $t0
    .endr
    st.d $t1, $a0, 256
    movfcsr2gr $t0, $fcsr0
    st.w $t0, $a0, 264
    ret
fpu_restore:
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    fld.d $f\n, $a0, \n * 8
    .endr
    ld.d $t1, $a0, 256
    .irp n, 0,1,2,3,4,5,6,7
    movgr2cf $fcc\n, $t1
    srli.d $t1, $t1, 8
    .endr
    ld.w $t0, $a0, 264
    movgr2fcsr $fcsr0, $t0
    ret
fpu_reset:
    movgr2fcsr $fcsr0, $zero
    ret

/* The page of entries. What is called from here with a system call instruction is the program's call, not the runtime's. */
    .section .entry_page, "ax", @progbits
    .globl entry_sigreturn
    .hidden entry_sigreturn
    .ascii "Heddle runtime, entries"
    .org 0x40
    .quad entry_call, call_point /* abi/process_page.h */

    .org 0x100
entry_sigreturn:
    ori $a7, $zero, 139
    syscall 0
