/* entry.S (riscv64): the ways into the runtime, and the FPU. The thread page begins at the 64 KiB block that the stack pointer is in. */
#include "offsets.h"
#include "save.h"
#include <syscall_numbers.h>

    .section .text.entry, "ax", @progbits
    .globl runtime_upcall, runtime_resume, runtime_fork_child, runtime_start, runtime_critical_start, runtime_critical_end
    .hidden runtime_upcall, runtime_resume, runtime_fork_child, runtime_start, runtime_critical_start, runtime_critical_end

/* All registers are the program's, saved in the thread page. */
runtime_upcall:
    srli a0, sp, 16
    slli a0, a0, 16
    li s0, 0
    li ra, 0
    call upcall
runtime_resume:
    li a7, SYS_MESSAGE_RESUME
    ecall
    unimp

/* A system call of the program: abi/arch/riscv64/frame.h. t0 = the thread page. What upcall_call keeps and does not look at (linux.h) is
 * saved only when it asks for a whole frame. */
    .org runtime_upcall + MACHINE_CALL_OFFSET
runtime_call:
    sd ra, FRAME_X(1)(t0)
    sd sp, FRAME_X(2)(t0)
    ld sp, MACHINE_UPCALL_STACK(t0)
    sd t1, FRAME_X(6)(t0)
    sd t2, FRAME_X(7)(t0)
    sd s0, FRAME_X(8)(t0)
    sd a0, FRAME_X(10)(t0)
    sd a1, FRAME_X(11)(t0)
    sd a2, FRAME_X(12)(t0)
    sd a3, FRAME_X(13)(t0)
    sd a4, FRAME_X(14)(t0)
    sd a5, FRAME_X(15)(t0)
    sd a6, FRAME_X(16)(t0)
    sd a7, FRAME_X(17)(t0)
    sd t3, FRAME_X(28)(t0)
    sd t4, FRAME_X(29)(t0)
    sd t5, FRAME_X(30)(t0)
    sd t6, FRAME_X(31)(t0)
    mv a0, t0
    li s0, 0
    jal upcall_call
    beqz a0, finish
    mv t0, a0
/* Back to the program. When an interrupt is posted in here, the kernel begins it again. t0 = the thread page. */
runtime_critical_start:
    ld a7, MACHINE_UPCALL_PENDING(t0)
    bnez a7, interrupted
    ld ra, FRAME_X(1)(t0)
    ld s0, FRAME_X(8)(t0)
    ld a0, FRAME_X(10)(t0)
    ld a1, FRAME_X(11)(t0)
    ld a2, FRAME_X(12)(t0)
    ld a3, FRAME_X(13)(t0)
    ld a4, FRAME_X(14)(t0)
    ld a5, FRAME_X(15)(t0)
    ld a6, FRAME_X(16)(t0)
    ld t3, FRAME_X(28)(t0)
    ld t4, FRAME_X(29)(t0)
    ld t5, FRAME_X(30)(t0)
    ld t6, FRAME_X(31)(t0)
    ld sp, FRAME_X(2)(t0)
    li a7, MACHINE_CALL_RETURN
    ecall
runtime_critical_end:
    unimp

finish:
    srli t0, sp, 16
    slli t0, t0, 16
    save_the_rest
    mv a0, t0
    call upcall_finish
    j runtime_resume
interrupted: /* resume finds that */
    save_the_rest
    j runtime_resume

/* sp = the record that clone_process left. */
runtime_fork_child:
    li s0, 0
    li ra, 0
    mv a0, sp
    call fork_child
    unimp

/* a0 = struct posix_start, which ends at the top of the stack; sp is below it. */
runtime_start:
    li s0, 0
    li ra, 0
    call start_first
    unimp

    .option push
    .option arch, +d
    .globl fpu_save, fpu_restore, fpu_reset
    .hidden fpu_save, fpu_restore, fpu_reset
fpu_save:
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    fsd f\n, (\n * 8)(a0)
    .endr
    frcsr t0
    sw t0, 256(a0)
    ret
fpu_restore:
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    fld f\n, (\n * 8)(a0)
    .endr
    lw t0, 256(a0)
    fscsr t0
    ret
fpu_reset:
    fscsr zero
    ret
    .option pop

/* The page of entries. What is called from here with a system call instruction is the program's call, not the runtime's. */
    .section .entry_page, "ax", @progbits
    .globl entry_sigreturn
    .hidden entry_sigreturn
    .ascii "Heddle runtime, entries"
    .org 0x40
    .quad entry_call, call_point /* abi/process_page.h */

    .org 0x100
entry_sigreturn:
    li a7, 139
    ecall
