/* entry.S (x86-64): the ways into the runtime. The thread page begins at the 64 KiB block that the stack pointer is in. */
#include "offsets.h"
#include <syscall_numbers.h>

    .section .text.entry, "ax", @progbits
    .globl runtime_upcall, runtime_resume, runtime_fork_child, runtime_start, runtime_critical_start, runtime_critical_end
    .hidden runtime_upcall, runtime_resume, runtime_fork_child, runtime_start, runtime_critical_start, runtime_critical_end

/* All registers are the program's, saved in the thread page. */
runtime_upcall:
    cld
    mov %rsp, %rdi
    and $-0x10000, %rdi
    xor %ebp, %ebp
    call upcall
runtime_resume:
    mov $SYS_MESSAGE_RESUME, %eax
    syscall
    ud2

/* A system call of the program: all registers are its own, but rcx and r11; rip and rflags are in the thread page. GS = the thread page. */
    .org runtime_upcall + UPCALL_CALL_OFFSET
runtime_call:
    mov %rax, %gs:FRAME(RAX)
    mov %rbx, %gs:FRAME(RBX)
    mov %rdx, %gs:FRAME(RDX)
    mov %rsi, %gs:FRAME(RSI)
    mov %rdi, %gs:FRAME(RDI)
    mov %rbp, %gs:FRAME(RBP)
    mov %r8, %gs:FRAME(R8)
    mov %r9, %gs:FRAME(R9)
    mov %r10, %gs:FRAME(R10)
    mov %r12, %gs:FRAME(R12)
    mov %r13, %gs:FRAME(R13)
    mov %r14, %gs:FRAME(R14)
    mov %r15, %gs:FRAME(R15)
    mov %rsp, %gs:FRAME(RSP)
    mov %gs:MACHINE_UPCALL_STACK, %rsp
    mov %rsp, %rdi
    and $-0x10000, %rdi
    xor %ebp, %ebp
    call upcall_call
    test %rax, %rax
    jz finish
/* Back to the program without the kernel: the result is in the frame, rbx and r12 to r15 were kept, the rest as it was. When an interrupt is
 * posted in here, the kernel begins it again. */
runtime_critical_start:
    mov %gs:MACHINE_UPCALL_STACK, %rsp
    cmpq $0, %gs:MACHINE_UPCALL_PENDING
    jne runtime_resume
    testl $MACHINE_FLAG_STEP, %gs:FRAME(RFLAGS) /* would step through this */
    jnz runtime_resume
    pushq %gs:FRAME(RFLAGS)
    popfq
    mov %gs:FRAME(RAX), %rax
    mov %gs:FRAME(RDX), %rdx
    mov %gs:FRAME(RSI), %rsi
    mov %gs:FRAME(RDI), %rdi
    mov %gs:FRAME(RBP), %rbp
    mov %gs:FRAME(R8), %r8
    mov %gs:FRAME(R9), %r9
    mov %gs:FRAME(R10), %r10
    mov %gs:FRAME(RSP), %rsp
    mov %gs:FRAME(RIP), %rcx
    jmp *%rcx
runtime_critical_end:
finish: /* as the instruction left them */
    mov %gs:FRAME(RIP), %rax
    mov %rax, %gs:FRAME(RCX)
    mov %gs:FRAME(RFLAGS), %rax
    mov %rax, %gs:FRAME(R11)
    mov %rsp, %rdi
    and $-0x10000, %rdi
    call upcall_finish
    jmp runtime_resume

/* rsp = the record that clone_process left. */
runtime_fork_child:
    xor %ebp, %ebp
    mov %rsp, %rdi
    call fork_child
    ud2

/* rdi = struct posix_start, which ends at the top of the stack; rsp is below it. */
runtime_start:
    xor %ebp, %ebp
    call start_first
    ud2

/* The page of entries. What is called from here with a system call instruction is the program's call, not the runtime's. */
    .section .entry_page, "ax", @progbits
    .globl entry_sigreturn
    .hidden entry_sigreturn
    .ascii "Heddle runtime, entries"
    .org 0x40
    .quad entry_call, call_point /* abi/process_page.h */

    .org 0x100
entry_sigreturn:
    mov $15, %eax
    syscall
