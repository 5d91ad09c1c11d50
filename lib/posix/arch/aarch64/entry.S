/* entry.S (aarch64): the ways into the runtime, and the FPU. The thread page begins at the 64 KiB block that the stack pointer is in. */
#include "offsets.h"
#include <syscall_numbers.h>

    .section .text.entry, "ax", @progbits
    .globl runtime_upcall, runtime_resume, runtime_fork_child, runtime_start, runtime_critical_start, runtime_critical_end
    .hidden runtime_upcall, runtime_resume, runtime_fork_child, runtime_start, runtime_critical_start, runtime_critical_end

/* All registers are the program's, saved in the thread page. */
runtime_upcall:
    mov x0, sp
    and x0, x0, #~0xffff
    mov x29, #0
    mov x30, #0
    bl upcall
runtime_critical_start:
runtime_critical_end:
runtime_resume:
    mov x8, #SYS_MESSAGE_RESUME
    svc #0
    brk #1

/* A system call of the program: abi/arch/aarch64/frame.h. x16 = the thread page. */
    .org runtime_upcall + MACHINE_CALL_OFFSET
runtime_call:
    stp x0, x1, [x16, #FRAME_X(0)]
    stp x2, x3, [x16, #FRAME_X(2)]
    stp x4, x5, [x16, #FRAME_X(4)]
    stp x6, x7, [x16, #FRAME_X(6)]
    stp x8, x9, [x16, #FRAME_X(8)]
    stp x10, x11, [x16, #FRAME_X(10)]
    stp x12, x13, [x16, #FRAME_X(12)]
    stp x14, x15, [x16, #FRAME_X(14)]
    stp x18, x19, [x16, #FRAME_X(18)]
    stp x20, x21, [x16, #FRAME_X(20)]
    stp x22, x23, [x16, #FRAME_X(22)]
    stp x24, x25, [x16, #FRAME_X(24)]
    stp x26, x27, [x16, #FRAME_X(26)]
    stp x28, x29, [x16, #FRAME_X(28)]
    mov x17, sp
    stp x30, x17, [x16, #FRAME_X(30)] /* sp follows x30 */
    mrs x17, tpidr_el0
    str x17, [x16, #FRAME_TLS_AT]
    ldr x17, [x16, #MACHINE_UPCALL_STACK]
    mov sp, x17
    mov x0, x16
    mov x29, #0
    bl upcall_call
    cbz x0, finish
    mrs x16, tpidrro_el0
    ldp x0, x1, [x16, #FRAME_X(0)]
    ldp x2, x3, [x16, #FRAME_X(2)]
    ldp x4, x5, [x16, #FRAME_X(4)]
    ldp x6, x7, [x16, #FRAME_X(6)]
    ldp x8, x9, [x16, #FRAME_X(8)]
    ldp x10, x11, [x16, #FRAME_X(10)]
    ldp x12, x13, [x16, #FRAME_X(12)]
    ldp x14, x15, [x16, #FRAME_X(14)]
    ldr x18, [x16, #FRAME_X(18)]
    ldr x29, [x16, #FRAME_X(29)]
    ldp x30, x17, [x16, #FRAME_X(30)]
    mov sp, x17
    svc #1
    brk #1
finish:
    mrs x0, tpidrro_el0
    bl upcall_finish
    b runtime_resume

/* sp = the record that clone_process left. */
runtime_fork_child:
    mov x29, #0
    mov x30, #0
    mov x0, sp
    bl fork_child
    brk #1

/* x0 = struct posix_start, which ends at the top of the stack; sp is below it. */
runtime_start:
    mov x29, #0
    mov x30, #0
    bl start_first
    brk #1

    .arch_extension fp
    .arch_extension simd
    .globl fpu_save, fpu_restore, fpu_reset
    .hidden fpu_save, fpu_restore, fpu_reset
fpu_save:
    mrs x1, fpsr
    mrs x2, fpcr
    stp w1, w2, [x0], #8
    stp q0, q1, [x0], #32
    stp q2, q3, [x0], #32
    stp q4, q5, [x0], #32
    stp q6, q7, [x0], #32
    stp q8, q9, [x0], #32
    stp q10, q11, [x0], #32
    stp q12, q13, [x0], #32
    stp q14, q15, [x0], #32
    stp q16, q17, [x0], #32
    stp q18, q19, [x0], #32
    stp q20, q21, [x0], #32
    stp q22, q23, [x0], #32
    stp q24, q25, [x0], #32
    stp q26, q27, [x0], #32
    stp q28, q29, [x0], #32
    stp q30, q31, [x0], #32
    ret
fpu_restore:
    ldp w1, w2, [x0], #8
    msr fpsr, x1
    msr fpcr, x2
    ldp q0, q1, [x0], #32
    ldp q2, q3, [x0], #32
    ldp q4, q5, [x0], #32
    ldp q6, q7, [x0], #32
    ldp q8, q9, [x0], #32
    ldp q10, q11, [x0], #32
    ldp q12, q13, [x0], #32
    ldp q14, q15, [x0], #32
    ldp q16, q17, [x0], #32
    ldp q18, q19, [x0], #32
    ldp q20, q21, [x0], #32
    ldp q22, q23, [x0], #32
    ldp q24, q25, [x0], #32
    ldp q26, q27, [x0], #32
    ldp q28, q29, [x0], #32
    ldp q30, q31, [x0], #32
    ret
fpu_reset:
    msr fpsr, xzr
    msr fpcr, xzr
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
    mov x8, #139
    svc #0
