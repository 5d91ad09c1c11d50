/* x86_64.S: the ways into the runtime of upcalls.c. A foreign system call comes with the program's registers (abi/arch/x86_64/frame.h). */
#include "upcall_page.h"

    .text
    .globl upcall_entry
    .type upcall_entry, @function
upcall_entry:
    jmp upcall
    .org upcall_entry + 64
    mov %rax, %gs:(PAGE_FRAME + 0)
    mov %rbx, %gs:(PAGE_FRAME + 8)
    mov %rdx, %gs:(PAGE_FRAME + 24)
    mov %rsi, %gs:(PAGE_FRAME + 32)
    mov %rdi, %gs:(PAGE_FRAME + 40)
    mov %rbp, %gs:(PAGE_FRAME + 48)
    mov %r8, %gs:(PAGE_FRAME + 56)
    mov %r9, %gs:(PAGE_FRAME + 64)
    mov %r10, %gs:(PAGE_FRAME + 72)
    mov %r12, %gs:(PAGE_FRAME + 88)
    mov %r13, %gs:(PAGE_FRAME + 96)
    mov %r14, %gs:(PAGE_FRAME + 104)
    mov %r15, %gs:(PAGE_FRAME + 112)
    mov %rsp, %gs:(PAGE_FRAME + 128)
    mov %gs:PAGE_UPCALL_STACK, %rsp
    movq $1, %gs:PAGE_UPCALL_REASON
    jmp upcall
    .size upcall_entry, . - upcall_entry
    .section .note.GNU-stack, "", @progbits
