/* entry.S (mips64el): the ways into the runtime, and the FPU. The thread page begins at the 64 KiB block that the stack pointer is in. */
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
runtime_critical_start:
runtime_critical_end:
runtime_resume:
    li $2, SYS_MESSAGE_RESUME
    syscall
    break

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
    .quad entry_call

    .org 0x100
entry_sigreturn:
    li $2, 5211
    syscall

/* long entry_call(long number, a, b, c, d, e, f): the error flag becomes the sign. */
    .org 0x140
entry_call:
    move $2, $4
    move $4, $5
    move $5, $6
    move $6, $7
    move $7, $8
    move $8, $9
    move $9, $10
    syscall
    beqz $7, 1f
    nop
    dnegu $2, $2
1:  jr $31
    nop
