/* entry.S (mips64el): the ways into the runtime, and the FPU. The thread page begins at the 64 KiB block that the stack pointer is in. */
#include "offsets.h"
#include "save.h"
#include <syscall_numbers.h>

    .set noreorder
    .section .text.entry, "ax", @progbits
    .globl runtime_upcall, runtime_resume, runtime_fork_child, runtime_start, runtime_critical_start, runtime_critical_end
    .hidden runtime_upcall, runtime_resume, runtime_fork_child, runtime_start, runtime_critical_start, runtime_critical_end

/* All registers are the program's, saved in the thread page. */
runtime_upcall:
    move $30, $0
    dsrl $4, $29, 16
    dsll $4, $4, 16
    jal upcall
    nop
runtime_resume:
    li $2, SYS_MESSAGE_RESUME
    syscall
    break

/* A system call of the program: abi/arch/mips64el/frame.h. $1 = the thread page. What upcall_call keeps and does not look at (linux.h) is
 * saved only when it asks for a whole frame; $10 to $15 and $24 are Linux's to destroy too (not $25: C
 * libraries find their tables by it after a call that failed). */
    .set noat
    .org runtime_upcall + MACHINE_CALL_OFFSET
runtime_call:
    sd $31, FRAME_R(31)($1)
    sd $29, FRAME_R(29)($1)
    ld $29, MACHINE_UPCALL_STACK($1)
    sd $2, FRAME_R(2)($1)
    sd $4, FRAME_R(4)($1)
    sd $5, FRAME_R(5)($1)
    sd $6, FRAME_R(6)($1)
    sd $7, FRAME_R(7)($1)
    sd $8, FRAME_R(8)($1)
    sd $9, FRAME_R(9)($1)
    sd $25, FRAME_R(25)($1)
    jal upcall_call
    move $4, $1
    beqz $2, finish
    move $1, $2
/* Back to the program. When an interrupt is posted in here, the kernel begins it again. $1 = the thread page. */
runtime_critical_start:
    ld $3, MACHINE_UPCALL_PENDING($1)
    bnez $3, interrupted
    ld $31, FRAME_R(31)($1)
    ld $2, FRAME_R(2)($1)
    ld $3, FRAME_R(3)($1) /* some calls have a second result */
    ld $4, FRAME_R(4)($1)
    ld $5, FRAME_R(5)($1)
    ld $6, FRAME_R(6)($1)
    ld $7, FRAME_R(7)($1)
    ld $8, FRAME_R(8)($1)
    ld $9, FRAME_R(9)($1)
    ld $25, FRAME_R(25)($1)
    ld $24, FRAME_PC_AT($1)
    jr $24
    ld $29, FRAME_R(29)($1)
runtime_critical_end:

finish:
    dsrl $1, $29, 16
    dsll $1, $1, 16
    save_the_rest
    jal upcall_finish
    move $4, $1
    b runtime_resume
    nop
interrupted: /* resume finds that */
    save_the_rest
    b runtime_resume
    nop
    .set at

/* $29 = the record that clone_process left. */
runtime_fork_child:
    move $30, $0
    jal fork_child
    move $4, $29
    break

/* $4 = struct posix_start, which ends at the top of the stack; $29 is below it. */
runtime_start:
    move $30, $0
    jal start_first
    nop
    break

    .set push
    .set hardfloat
    .globl fpu_save, fpu_restore, fpu_reset
    .hidden fpu_save, fpu_restore, fpu_reset
fpu_save:
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    sdc1 $f\n, (\n * 8)($4)
    .endr
    cfc1 $8, $31
    jr $31
    sw $8, 256($4)
fpu_restore:
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    ldc1 $f\n, (\n * 8)($4)
    .endr
    lw $8, 256($4)
    jr $31
    ctc1 $8, $31
fpu_reset:
    jr $31
    ctc1 $0, $31
    .set pop

/* The page of entries. What is called from here with a system call instruction is the program's call, not the runtime's. */
    .section .entry_page, "ax", @progbits
    .globl entry_sigreturn
    .hidden entry_sigreturn
    .ascii "Heddle runtime, entries"
    .org 0x40
    .quad entry_call, call_point /* abi/process_page.h */

    .org 0x100
entry_sigreturn:
    li $2, 5211
    syscall
