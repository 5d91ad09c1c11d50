/* aarch64.S: the ways into the runtime of upcalls.c. A foreign system call comes with the program's registers (abi/arch/aarch64/frame.h). */
#include "upcall_page.h"

    .text
    .globl upcall_entry
    .type upcall_entry, %function
    .balign 64
upcall_entry:
    b upcall
    .org upcall_entry + 64
    stp x0, x1, [x16, #(PAGE_FRAME + 0)]
    stp x2, x3, [x16, #(PAGE_FRAME + 16)]
    stp x4, x5, [x16, #(PAGE_FRAME + 32)]
    stp x6, x7, [x16, #(PAGE_FRAME + 48)]
    stp x8, x9, [x16, #(PAGE_FRAME + 64)]
    stp x10, x11, [x16, #(PAGE_FRAME + 80)]
    stp x12, x13, [x16, #(PAGE_FRAME + 96)]
    stp x14, x15, [x16, #(PAGE_FRAME + 112)]
    stp x18, x19, [x16, #(PAGE_FRAME + 144)]
    stp x20, x21, [x16, #(PAGE_FRAME + 160)]
    stp x22, x23, [x16, #(PAGE_FRAME + 176)]
    stp x24, x25, [x16, #(PAGE_FRAME + 192)]
    stp x26, x27, [x16, #(PAGE_FRAME + 208)]
    stp x28, x29, [x16, #(PAGE_FRAME + 224)]
    mov x17, sp
    stp x30, x17, [x16, #(PAGE_FRAME + 240)] /* sp follows x30 */
    mrs x17, tpidr_el0
    str x17, [x16, #(PAGE_FRAME + 272)]
    ldr x17, [x16, #PAGE_UPCALL_STACK]
    mov sp, x17
    mov x17, #1
    str x17, [x16, #PAGE_UPCALL_REASON]
    b upcall
    .size upcall_entry, . - upcall_entry
    .section .note.GNU-stack, "", %progbits
