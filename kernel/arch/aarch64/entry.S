/* entry.S (aarch64): traps in and out, FPU registers. */
#include <offsets.h>
#include <syscall_numbers.h>
#include <sysreg.h>

#define CONDITION_HI 2 /* as flags: C, not Z */

/* In user mode sp (SP_EL1) is the current thread's frame. */
.macro save_x4_to_x9
    stp x4, x5, [sp, FRAME_X(4)]
    stp x6, x7, [sp, FRAME_X(6)]
    stp x8, x9, [sp, FRAME_X(8)]
.endm
.macro save_x18_to_x29
    stp x18, x19, [sp, FRAME_X(18)]
    stp x20, x21, [sp, FRAME_X(20)]
    stp x22, x23, [sp, FRAME_X(22)]
    stp x24, x25, [sp, FRAME_X(24)]
    stp x26, x27, [sp, FRAME_X(26)]
    stp x28, x29, [sp, FRAME_X(28)]
.endm
.macro save_frame_from_x4
    save_x4_to_x9
    stp x10, x11, [sp, FRAME_X(10)]
    stp x12, x13, [sp, FRAME_X(12)]
    stp x14, x15, [sp, FRAME_X(14)]
    stp x16, x17, [sp, FRAME_X(16)]
    save_x18_to_x29
    mrs x1, sp_el0
    mrs x2, elr_el1
    mrs x3, spsr_el1
    stp x30, x1, [sp, FRAME_X(30)]
    stp x2, x3, [sp, FRAME_PC_OFFSET]
.endm
.macro save_frame
    stp x0, x1, [sp, FRAME_X(0)]
    stp x2, x3, [sp, FRAME_X(2)]
    save_frame_from_x4
.endm

.macro restore_from_x8
    ldp x8, x9, [sp, FRAME_X(8)]
    ldp x10, x11, [sp, FRAME_X(10)]
    ldp x12, x13, [sp, FRAME_X(12)]
    ldp x14, x15, [sp, FRAME_X(14)]
    ldp x16, x17, [sp, FRAME_X(16)]
    ldp x18, x19, [sp, FRAME_X(18)]
    ldp x20, x21, [sp, FRAME_X(20)]
    ldp x22, x23, [sp, FRAME_X(22)]
    ldp x24, x25, [sp, FRAME_X(24)]
    ldp x26, x27, [sp, FRAME_X(26)]
    ldp x28, x29, [sp, FRAME_X(28)]
.endm

.macro to_stack
    mrs x1, tpidr_el1
    ldr x1, [x1, CPU_STACK_TOP]
    mov x29, xzr
    mov sp, x1
.endm

.macro vector name
    .balign 128
    .type \name, @function
\name:
.endm

    .text
    .balign 2048
    .globl vectors
vectors:
vector el1t_sync
    b from_kernel
vector el1t_irq
    b from_kernel
vector el1t_fiq
    b from_kernel
vector el1t_error
    b from_kernel
vector el1h_sync
    b from_kernel
vector el1h_irq
    b from_kernel
vector el1h_fiq
    b from_kernel
vector el1h_error
    b from_kernel
vector el0_sync
    stp x0, x1, [sp, FRAME_X(0)]
    stp x2, x3, [sp, FRAME_X(2)]
    mrs x0, esr_el1
    mov w1, ESR_SVC_0
    cmp w0, w1
    b.ne not_svc_0
    mrs x2, elr_el1
    ldp x3, x0, [sp, THREAD_AT_RUNTIME_START] /* and its end */
    cmp x2, x3
    ccmp x2, x0, CONDITION_HI, hs
    b.ls native_call
    b foreign_call
vector el0_irq
    save_frame
    b interrupt
vector el0_fiq
    save_frame
    b interrupt
vector el0_error
    save_frame
    to_stack
    bl trap_error
    b trap_return
vector el0_32_sync
    b from_kernel
vector el0_32_irq
    b from_kernel
vector el0_32_fiq
    b from_kernel
vector el0_32_error
    b from_kernel

not_svc_0:
    lsr w1, w0, ESR_CLASS_SHIFT
    cmp w1, ESR_SVC
    b.ne exception
    mrs x2, elr_el1
    ldp x3, x0, [sp, THREAD_AT_RUNTIME_START]
    cmp x2, x3
    ccmp x2, x0, CONDITION_HI, hs
    b.hi foreign_call
    cmn x0, 1 /* not of a runtime */
    b.ne call_return
    b native_call
/* And back to the program. */
call_return:
    ldr x3, [sp, THREAD_AT_PAGE]
    ldr x2, [x3, PAGE_PENDING]
    cbnz x2, 1f
    ldp x0, x1, [x3, PAGE_FRAME + FRAME_PC_OFFSET]
    mov w2, PSTATE_OF_USER & 0xffff
    movk w2, PSTATE_OF_USER >> 16, lsl 16
    and x1, x1, x2
    msr elr_el1, x0
    msr spsr_el1, x1
    ldp x16, x17, [x3, PAGE_FRAME + FRAME_X(16)]
    ldp x0, x1, [sp, FRAME_X(0)]
    ldp x2, x3, [sp, FRAME_X(2)]
    eret
1:  mov x8, SYS_MESSAGE_RESUME
    mrs x2, elr_el1
/* x2 = pc. x10 .. x17 are not kept. */
native_call:
    save_x4_to_x9
    save_x18_to_x29
    mrs x3, sp_el0
    mrs x0, spsr_el1
    stp x30, x3, [sp, FRAME_X(30)]
    stp x2, x0, [sp, FRAME_PC_OFFSET]
    mrs x20, tpidr_el1
    mov x21, sp
    ldr x1, [x20, CPU_STACK_TOP]
    and w2, w8, 0xff
    mov x29, xzr
    mov sp, x1
    cmp w2, SYS_MESSAGE_CALL
    b.eq message_call
    cmp w2, SYS_MESSAGE_REPLY_WAIT
    b.eq message_reply_wait
    bl trap_syscall
    b trap_return

/* On to the runtime's call entry, as abi/arch/aarch64/frame.h says. */
foreign_call:
    ldr x2, [sp, THREAD_AT_CALL_ENTRY]
    ldr x3, [sp, THREAD_AT_PAGE]
    mrs x0, elr_el1
    mrs x1, spsr_el1
    stp x16, x17, [x3, PAGE_FRAME + FRAME_X(16)]
    stp x0, x1, [x3, PAGE_FRAME + FRAME_PC_OFFSET]
    msr elr_el1, x2
    mrs x16, tpidrro_el0
    ldp x0, x1, [sp, FRAME_X(0)]
    ldp x2, x3, [sp, FRAME_X(2)]
    eret
message_call:
    bl trap_message_call
    b message_return
message_reply_wait:
    bl trap_message_reply_wait
message_return: /* x0 = the frame that has label and words */
    ldr x1, [x0, FRAME_X(1)]
    ldp x2, x3, [x0, FRAME_X(2)]
    ldp x4, x5, [x0, FRAME_X(4)]
    ldp x6, x7, [x0, FRAME_X(6)]
    ldr x9, kernel_lock_address
    stlr wzr, [x9]
    mrs x0, tpidr_el1
    ldr x0, [x0, CPU_CURRENT]
    mov sp, x0
    ldp x8, x9, [sp, FRAME_PC_OFFSET]
    ldp x30, x0, [sp, FRAME_X(30)]
    msr elr_el1, x8
    msr spsr_el1, x9
    msr sp_el0, x0
    mov x0, 0
    restore_from_x8
    eret
    .balign 8
kernel_lock_address:
    .quad kernel_lock
exception:
    save_frame_from_x4
    str x0, [sp, FRAME_ESR_OFFSET]
    to_stack
    bl trap_user
    b trap_return
interrupt:
    to_stack
    bl trap_interrupts
trap_return:
    mrs x0, tpidr_el1
    ldr x0, [x0, CPU_CURRENT]
    mov sp, x0
    ldp x2, x3, [sp, FRAME_PC_OFFSET]
    ldp x30, x1, [sp, FRAME_X(30)]
    msr elr_el1, x2
    msr spsr_el1, x3
    msr sp_el0, x1
    ldp x0, x1, [sp, FRAME_X(0)]
    ldp x2, x3, [sp, FRAME_X(2)]
    ldp x4, x5, [sp, FRAME_X(4)]
    ldp x6, x7, [sp, FRAME_X(6)]
    restore_from_x8
    eret
    .globl arch_return_to_user
    .set arch_return_to_user, trap_return

/* Nothing comes back from here: only what the panic shows is kept. The stack may be what broke. */
    .type from_kernel, @function
from_kernel:
    adrp x1, emergency_stack_top
    add x1, x1, :lo12:emergency_stack_top
    mov sp, x1
    mrs x0, elr_el1
    mov x1, x29
    mrs x2, esr_el1
    mrs x3, far_el1
    mov x29, xzr
    bl trap_kernel
    .size from_kernel, . - from_kernel

    .globl arch_call_on_stack_top
    .type arch_call_on_stack_top, @function
arch_call_on_stack_top:
    to_stack
    mov x30, xzr
    br x0
    .size arch_call_on_stack_top, . - arch_call_on_stack_top

    .arch_extension fp
#define FPU_PAIRS \
    F(0, 1) F(2, 3) F(4, 5) F(6, 7) F(8, 9) F(10, 11) F(12, 13) F(14, 15) F(16, 17) F(18, 19) F(20, 21) F(22, 23) F(24, 25) \
    F(26, 27) F(28, 29) F(30, 31)
    .globl fpu_save_registers
    .type fpu_save_registers, @function
fpu_save_registers:
#define F(a, b) stp q##a, q##b, [x0, 16 * a];
    FPU_PAIRS
#undef F
    mrs x1, fpsr
    mrs x2, fpcr
    add x0, x0, 512
    stp x1, x2, [x0]
    ret
    .size fpu_save_registers, . - fpu_save_registers

    .globl fpu_load_registers
    .type fpu_load_registers, @function
fpu_load_registers:
#define F(a, b) ldp q##a, q##b, [x0, 16 * a];
    FPU_PAIRS
#undef F
    add x0, x0, 512
    ldp x1, x2, [x0]
    msr fpsr, x1
    msr fpcr, x2
    ret
    .size fpu_load_registers, . - fpu_load_registers

    .bss
    .balign 16
    .space 4096
emergency_stack_top:
