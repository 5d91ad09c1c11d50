/* context.S (x86-64). Contract: lib/uthread/context.h. */
#include <syscall_numbers.h>

    .text
    .globl uthread_switch, uthread_on_stack, uthread_entry
uthread_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret

uthread_on_stack:
    pushq %rbp
    movq %rsp, %rbp
    movq %rdi, %rsp
    movq %rdx, %rdi
    call *%rsi
    movq %rbp, %rsp
    popq %rbp
    ret

uthread_entry:
    xorl %ebp, %ebp
    call uthread_upcall
    movl $SYS_PROCESSORS_RESUME, %eax
    syscall
    ud2
