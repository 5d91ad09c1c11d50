/* call.S (aarch64): the program's calls as calls of the runtime: no trap. Contract: lib/posix/process.h. tpidrro_el0 = the thread page. */
#include "offsets.h"

/* --- as the program's own code: signals enter here as anywhere in it --------------------------------------------------------------------- */
    .section .entry_page.call, "ax", @progbits
    .globl entry_call
    .hidden entry_call

/* long entry_call(long number, long a, long b, long c, long d, long e, long f) */
entry_call:
    cmp x0, #ENTRY_QUICK_LAST
    b.hi call_ordinary
    adrp x16, entry_quick
    add x16, x16, :lo12:entry_quick
    ldrb w17, [x16, x0]
    cbz w17, call_ordinary
    adrp x16, process_page_before
    add x16, x16, :lo12:process_page_before
    ldr w0, [x16, x17]
    ret

/* The call is done: x0 = result, x16 = the thread page, x30 = where to return to, sp = what it is then. */
entry_leave:
    ldr x17, [x16, #MACHINE_UPCALL_PENDING]
    cbnz x17, call_interrupted
    ret

/* --- in the runtime: signals wait ----------------------------------------------------------------------------------------------------------- */
    .section .text.entry, "ax", @progbits
    .globl call_point
    .hidden call_point

/* x16 = the thread page. */
    .macro save_the_rest
    stp x18, x19, [x16, #FRAME_X(18)]
    stp x20, x21, [x16, #FRAME_X(20)]
    stp x22, x23, [x16, #FRAME_X(22)]
    stp x24, x25, [x16, #FRAME_X(24)]
    stp x26, x27, [x16, #FRAME_X(26)]
    str x28, [x16, #FRAME_X(28)]
    .endm

/* The same; x9 is lost. */
    .macro switch_stacks
    mov x9, sp
    str x29, [x16, #FRAME_X(29)]
    stp x9, x30, [x16, #FRAME_X(31)] /* sp, pc */
    ldr x9, [x16, #MACHINE_UPCALL_STACK]
    mov sp, x9
    .endm

call_point:
    mrs x16, tpidrro_el0
    mov w17, #1
    str x17, [x16, #FRAME_CAUSE_AT]
    b 1f
call_ordinary:
    mrs x16, tpidrro_el0
    str xzr, [x16, #FRAME_CAUSE_AT]
1:  stp x1, x2, [x16, #FRAME_X(0)]
    stp x3, x4, [x16, #FRAME_X(2)]
    stp x5, x6, [x16, #FRAME_X(4)]
    str x0, [x16, #FRAME_X(8)]
    switch_stacks
    mov x0, x16
    bl called
    mrs x16, tpidrro_el0
    cmn x0, #-CALL_UNFINISHED
    b.eq unfinished
    ldp x17, x30, [x16, #FRAME_X(31)]
    mov sp, x17
    b entry_leave

unfinished:
    save_the_rest
    mov x0, x16
    bl call_finish
    b runtime_resume

/* A signal waits: continue behind the call by way of the kernel. */
call_interrupted:
    str x0, [x16, #FRAME_X(0)]
    save_the_rest
    switch_stacks
    mov x0, x16
    bl call_continue
    b runtime_resume
