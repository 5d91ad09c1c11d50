/* context.S (aarch64). Contract: lib/uthread/context.h. */
#include <syscall_numbers.h>

    .text
    .globl uthread_switch, uthread_on_stack, uthread_entry
uthread_switch:
    sub sp, sp, #96
    stp x30, x29, [sp]
    stp x19, x20, [sp, #16]
    stp x21, x22, [sp, #32]
    stp x23, x24, [sp, #48]
    stp x25, x26, [sp, #64]
    stp x27, x28, [sp, #80]
    mov x9, sp
    str x9, [x0]
    mov sp, x1
    ldp x30, x29, [sp]
    ldp x19, x20, [sp, #16]
    ldp x21, x22, [sp, #32]
    ldp x23, x24, [sp, #48]
    ldp x25, x26, [sp, #64]
    ldp x27, x28, [sp, #80]
    add sp, sp, #96
    ret

uthread_on_stack:
    stp x29, x30, [sp, #-16]!
    mov x29, sp
    mov sp, x0
    mov x0, x2
    blr x1
    mov sp, x29
    ldp x29, x30, [sp], #16
    ret

uthread_entry:
    mov x29, #0
    bl uthread_upcall
    mov x8, #SYS_PROCESSORS_RESUME
    svc #0
    udf #0
