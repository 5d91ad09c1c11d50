/* call.S (x86-64): the program's calls as calls of the runtime: no trap. Contract: lib/posix/process.h. GS = the thread page. */
#include "offsets.h"

/* --- as the program's own code: signals enter here as anywhere in it --------------------------------------------------------------------- */
    .section .entry_page.call, "ax", @progbits
    .globl entry_call
    .hidden entry_call

/* long entry_call(long number, long a, long b, long c, long d, long e, long f) */
entry_call:
    cmp $ENTRY_QUICK_LAST, %rdi
    ja call_ordinary
    lea entry_quick(%rip), %rax
    movzbl (%rax, %rdi), %eax
    test %eax, %eax
    jz call_ordinary
    lea process_page_before(%rip), %rcx
    mov (%rcx, %rax), %eax
    ret

/* The call is done: rax = result, rcx = where to return to, rsp = what it is then. */
entry_leave:
    cmpq $0, %gs:MACHINE_UPCALL_PENDING
    jne call_interrupted
    jmp *%rcx

/* --- in the runtime: signals wait ----------------------------------------------------------------------------------------------------------- */
    .section .text.entry, "ax", @progbits
    .globl call_point
    .hidden call_point

    .macro save_the_rest
    mov %rbx, %gs:FRAME(RBX)
    mov %r12, %gs:FRAME(R12)
    mov %r13, %gs:FRAME(R13)
    mov %r14, %gs:FRAME(R14)
    mov %r15, %gs:FRAME(R15)
    movq $MACHINE_FLAGS, %gs:FRAME(RFLAGS)
    .endm

call_point:
    movq $1, %gs:FRAME(ERROR)
    jmp 1f
call_ordinary:
    movq $0, %gs:FRAME(ERROR)
1:  mov %rdi, %gs:FRAME(RAX)
    mov %rsi, %gs:FRAME(RDI)
    mov %rdx, %gs:FRAME(RSI)
    mov %rcx, %gs:FRAME(RDX)
    mov %r8, %gs:FRAME(R10)
    mov %r9, %gs:FRAME(R8)
    mov 8(%rsp), %rax
    mov %rax, %gs:FRAME(R9)
    mov %rbp, %gs:FRAME(RBP)
    pop %rax
    mov %rax, %gs:FRAME(RIP)
    mov %rsp, %gs:FRAME(RSP)
    mov %gs:MACHINE_UPCALL_STACK, %rsp
    mov %rsp, %rdi
    and $-0x10000, %rdi
    call called
    cmp $CALL_UNFINISHED, %rax
    je unfinished
    mov %gs:FRAME(RIP), %rcx
    mov %gs:FRAME(RSP), %rsp
    jmp entry_leave

unfinished:
    save_the_rest
    mov %rsp, %rdi
    and $-0x10000, %rdi
    call call_finish
    jmp runtime_resume

/* A signal waits: continue behind the call by way of the kernel. */
call_interrupted:
    save_the_rest
    mov %rbp, %gs:FRAME(RBP)
    mov %rax, %gs:FRAME(RAX)
    mov %rcx, %gs:FRAME(RIP)
    mov %rsp, %gs:FRAME(RSP)
    mov %gs:MACHINE_UPCALL_STACK, %rsp
    mov %rsp, %rdi
    and $-0x10000, %rdi
    call call_continue
    jmp runtime_resume
