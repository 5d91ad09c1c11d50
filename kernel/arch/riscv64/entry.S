/* entry.S (riscv64): traps in and out, FPU registers, where secondary CPUs begin. */
#include <csr.h>
#include <offsets.h>
#include <syscall_numbers.h>

#define REGISTERS_BUT_TP \
    X(ra, 1) X(gp, 3) X(t0, 5) X(t1, 6) X(t2, 7) REGISTERS_BUT_RA_GP_TP_T012 X(sp, 2)
#define REGISTERS_BUT_RA_GP_TP_T012 \
    X(s0, 8) X(s1, 9) X(a0, 10) X(a1, 11) X(a2, 12) X(a3, 13) X(a4, 14) X(a5, 15) \
    X(a6, 16) X(a7, 17) X(s2, 18) X(s3, 19) X(s4, 20) X(s5, 21) X(s6, 22) X(s7, 23) X(s8, 24) X(s9, 25) X(s10, 26) X(s11, 27) \
    X(t3, 28) X(t4, 29) X(t5, 30) X(t6, 31)

#define REGISTERS_OF_MESSAGES X(a1, 11) X(a2, 12) X(a3, 13) X(a4, 14) X(a5, 15) X(a6, 16)
#define REGISTERS_OF_FUNCTIONS \
    X(s0, 8) X(s1, 9) X(s2, 18) X(s3, 19) X(s4, 20) X(s5, 21) X(s6, 22) X(s7, 23) X(s8, 24) X(s9, 25) X(s10, 26) X(s11, 27)

/* tp = the thread, where t0 to t2 are already; t0 = cause, t1 = pc. Afterwards tp = this_cpu(), on its stack. */
.macro save_the_rest
    sd ra, FRAME_X(1)(tp)
    sd sp, FRAME_X(2)(tp)
    sd gp, FRAME_X(3)(tp)
    csrrw t2, sscratch, zero
#define X(name, number) sd name, FRAME_X(number)(tp);
    REGISTERS_BUT_RA_GP_TP_T012
#undef X
    sd t0, FRAME_CAUSE_OFFSET(tp)
    sd t1, FRAME_PC_OFFSET(tp)
    sd t2, FRAME_X(4)(tp)
    ld tp, THREAD_AT_CPU(tp)
    li s0, 0
    ld sp, CPU_STACK_TOP(tp)
.endm

    .text
    .balign 64
    .globl trap_entry
    .type trap_entry, @function
trap_entry:
    csrrw tp, sscratch, tp
    beqz tp, from_kernel
    sd t0, FRAME_X(5)(tp)
    sd t1, FRAME_X(6)(tp)
    sd t2, FRAME_X(7)(tp)
    csrr t0, scause
    csrr t1, sepc
    addi t2, t0, -CAUSE_ECALL
    bnez t2, other_trap
    ld t0, THREAD_AT_RUNTIME_START(tp)
    ld t2, THREAD_AT_RUNTIME_END(tp)
    bltu t1, t0, foreign_call
    bgeu t1, t2, foreign_call
    li t0, CALL_RETURN
    beq a7, t0, call_return
/* t2 .. t6 and a7 are not kept. */
native_call:
    addi t1, t1, 4
    sd ra, FRAME_X(1)(tp)
    sd sp, FRAME_X(2)(tp)
    sd gp, FRAME_X(3)(tp)
    csrrw t2, sscratch, zero
#define X(name, number) sd name, FRAME_X(number)(tp);
    REGISTERS_OF_MESSAGES
    REGISTERS_OF_FUNCTIONS
#undef X
    sd a0, FRAME_X(10)(tp)
    sd a7, FRAME_X(17)(tp)
    sd t1, FRAME_PC_OFFSET(tp)
    sd t2, FRAME_X(4)(tp)
    mv a1, tp
    ld tp, THREAD_AT_CPU(tp)
    andi t0, a7, 0xff
    li s0, 0
    ld sp, CPU_STACK_TOP(tp)
    li t1, SYS_MESSAGE_CALL
    beq t0, t1, message_call
    li t1, SYS_MESSAGE_REPLY_WAIT
    beq t0, t1, message_reply_wait
    call trap_syscall
    j trap_return
message_call:
    mv a0, tp
    call trap_message_call
    j message_return
message_reply_wait:
    mv a0, tp
    call trap_message_reply_wait
message_return: /* a0 = the frame that has label and words */
#define X(name, number) ld name, FRAME_X(number)(a0);
    REGISTERS_OF_MESSAGES
#undef X
    ld t0, FRAME_X(5)(a0)
    fence rw, w
    sw zero, kernel_lock, t1
    ld tp, CPU_CURRENT(tp)
    ld t1, FRAME_STATUS_OFFSET(tp)
    ld t2, FRAME_PC_OFFSET(tp)
    csrw sscratch, tp
    csrw sstatus, t1
    csrw sepc, t2
    li a0, 0
#define X(name, number) ld name, FRAME_X(number)(tp);
    REGISTERS_OF_FUNCTIONS
    X(ra, 1) X(sp, 2) X(gp, 3) X(t1, 6) X(t2, 7) X(a7, 17) X(t3, 28) X(t4, 29) X(t5, 30) X(t6, 31) X(tp, 4)
#undef X
    sret

/* On to the runtime's call entry, as abi/arch/riscv64/frame.h says. */
foreign_call:
    ld t2, THREAD_AT_PAGE(tp)
    ld t0, FRAME_X(5)(tp)
    addi t1, t1, 4
    sd t0, PAGE_FRAME + FRAME_X(5)(t2)
    sd t1, PAGE_FRAME + FRAME_PC_OFFSET(t2)
    ld t1, THREAD_AT_CALL_ENTRY(tp)
    ld t0, THREAD_AT_PAGE_ADDRESS(tp)
    csrw sepc, t1
    ld t1, FRAME_X(6)(tp)
    ld t2, FRAME_X(7)(tp)
    csrrw tp, sscratch, tp
    sret
/* And back to the program. t2 = THREAD_AT_RUNTIME_END. */
call_return:
    addi t2, t2, 1
    beqz t2, native_call /* not of a runtime */
    ld t2, THREAD_AT_PAGE(tp)
    ld t1, PAGE_FRAME + FRAME_PC_OFFSET(t2)
    ld t0, PAGE_FRAME + FRAME_X(5)(t2)
    ld a7, PAGE_FRAME + FRAME_X(17)(t2)
    csrw sepc, t1
    ld t1, PAGE_FRAME + FRAME_X(6)(t2)
    ld t2, PAGE_FRAME + FRAME_X(7)(t2)
    csrrw tp, sscratch, tp
    sret

other_trap:
    save_the_rest
    call trap_user
trap_return:
    ld tp, CPU_CURRENT(tp)
    ld t0, FRAME_STATUS_OFFSET(tp)
    ld t1, FRAME_PC_OFFSET(tp)
    csrw sscratch, tp
    csrw sstatus, t0
    csrw sepc, t1
#define X(name, number) ld name, FRAME_X(number)(tp);
    REGISTERS_BUT_TP
#undef X
    ld tp, FRAME_X(4)(tp)
    sret
    .size trap_entry, . - trap_entry

    .globl arch_return_to_user
    .set arch_return_to_user, trap_return

/* Nothing comes back from here: only what the panic shows is kept. The stack may be what broke. */
    .type from_kernel, @function
from_kernel:
    csrrw tp, sscratch, tp
    lla sp, emergency_stack_top
    csrr a0, sepc
    mv a1, s0
    csrr a2, scause
    csrr a3, stval
    li s0, 0
    call trap_kernel
    .size from_kernel, . - from_kernel

    .globl arch_call_on_stack_top
    .type arch_call_on_stack_top, @function
arch_call_on_stack_top:
    ld sp, CPU_STACK_TOP(tp)
    li s0, 0
    li ra, 0
    jr a0
    .size arch_call_on_stack_top, . - arch_call_on_stack_top

/* SBI starts a CPU here, MMU off, a0 = its hart. What else SBI was told for it may be of another time: OpenSBI 1.1 marks a hart as one to be started
 * before it notes where and with what, so that a hart that wakes in between takes what was there before, and comes by _start (boot/riscv64/start.S).
 * The first fetch after satp is written faults and goes on at stvec. */
    .globl secondary_entry
    .type secondary_entry, @function
secondary_entry:
    lla t0, starting
    li t1, STARTING_HARTS
1:  ld tp, 8(t0)
    beqz tp, 2f
    ld t2, 0(t0)
    beq t2, a0, 4f
2:  addi t0, t0, 16
    addi t1, t1, -1
    bnez t1, 1b
3:  wfi                     /* nobody asked for it */
    j 3b
4:
    lla t0, 1f
    lla t1, kernel_image_offset
    ld t1, 0(t1)
    add t0, t0, t1
    csrw stvec, t0
    lla t0, kernel_satp
    ld t0, 0(t0)
    sfence.vma
    csrw satp, t0
    .balign 4
1:  csrw sscratch, zero
    lla t0, trap_entry
    csrw stvec, t0
    ld sp, CPU_STACK_TOP(tp)
    li s0, 0
    li ra, 0
    lla t0, secondary_main
    jr t0
    .size secondary_entry, . - secondary_entry

    .option push
    .option arch, +d
#define FPU_REGISTERS \
    F(0) F(1) F(2) F(3) F(4) F(5) F(6) F(7) F(8) F(9) F(10) F(11) F(12) F(13) F(14) F(15) \
    F(16) F(17) F(18) F(19) F(20) F(21) F(22) F(23) F(24) F(25) F(26) F(27) F(28) F(29) F(30) F(31)
    .globl fpu_save_registers
    .type fpu_save_registers, @function
fpu_save_registers:
#define F(n) fsd f##n, 8 * n(a0);
    FPU_REGISTERS
#undef F
    frcsr t0
    sd t0, FPU_FCSR(a0)
    ret
    .size fpu_save_registers, . - fpu_save_registers

    .globl fpu_load_registers
    .type fpu_load_registers, @function
fpu_load_registers:
#define F(n) fld f##n, 8 * n(a0);
    FPU_REGISTERS
#undef F
    ld t0, FPU_FCSR(a0)
    fscsr t0
    ret
    .size fpu_load_registers, . - fpu_load_registers
    .option pop

    .bss
    .balign 16
    .space 4096
emergency_stack_top:
