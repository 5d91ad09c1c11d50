/* entry.S (mips64el): exceptions in and out, TLB refill, waiting for interrupts, FPU registers. $26 and $27 are the kernel's at any time. */
#include <cp0.h>
#include <offsets.h>
#include <syscall_numbers.h>

#define zero $0
#define at $1
#define k0 $26
#define k1 $27
#define gp $28
#define sp $29
#define s8 $30
#define ra $31
#define REGISTERS_OF_MESSAGES R(5) R(6) R(7) R(8) R(9) R(10) R(11)
#define REGISTERS_OF_FUNCTIONS R(16) R(17) R(18) R(19) R(20) R(21) R(22) R(23) R(28) R(29) R(30) R(31)
#define REGISTERS \
    R(1) R(2) R(3) R(4) R(5) R(6) R(7) R(8) R(9) R(10) R(11) R(12) R(13) R(14) R(15) R(16) R(17) R(18) R(19) R(20) \
    R(21) R(22) R(23) R(24) R(25) R(28) R(29) R(30) R(31)

    .set noreorder
    .set noat

    .section .text.entry, "ax"
    .balign 4096
    .globl exception_vectors
exception_vectors:
    b broken_refill /* 32-bit refill: user addresses are 64 bits wide */
    nop

/* Refill, copied from one of the below at boot. */
    .org exception_vectors + 0x080

/* Everything else. System calls destroy $1, $3, HI and LO, native ones $13 to $15, $24 and $25 too: abi/arch/mips64el/frame.h. The kernel makes none. */
    .org exception_vectors + 0x180
    .type general_entry, @function
general_entry:
    mfc0 k1, CP0_CAUSE
    dmfc0 k0, CP0_KSCRATCH_THREAD
    andi k1, k1, CAUSE_CODE
    xori k1, k1, CAUSE_SYSCALL
    bnez k1, other_trap
    dmfc0 k1, CP0_EPC
    ld $3, THREAD_AT_RUNTIME_START(k0)
    ld $1, THREAD_AT_RUNTIME_END(k0)
    sltu $3, k1, $3
    sltu $1, k1, $1
    bne $1, $3, syscall_entry /* below its end, but not below its start */
    daddiu k1, k1, 4
/* On to the runtime's call entry, as abi/arch/mips64el/frame.h says. */
    ld $3, THREAD_AT_PAGE(k0)
    ld $1, THREAD_AT_CALL_ENTRY(k0)
    sd k1, PAGE_FRAME + FRAME_PC_OFFSET($3)
    dmtc0 $1, CP0_EPC
    ld $1, THREAD_AT_PAGE_ADDRESS(k0)
    ehb
    eret

    .org exception_vectors + 0x200
other_trap: /* and interrupts */
    mfc0 k0, CP0_STATUS
    andi k0, k0, STATUS_USER
    beqz k0, from_kernel
    nop
    b trap_entry
    dmfc0 k0, CP0_KSCRATCH_THREAD

    .balign 64
broken_refill:
    b broken
    nop

refill_fault:
    mfc0 k0, CP0_STATUS
    andi k0, k0, STATUS_USER
    beqz k0, broken
    nop
    b trap_entry
    dmfc0 k0, CP0_KSCRATCH_THREAD

#define PAGEMASK_OF(shift) ((1 << ((shift) + 1)) - (1 << (PTE_SMALL_SHIFT + 1)))

/* k1 = the first entry of a pair, the other one lies 1 << shift further in memory: load them, with this page size, and go back to the
 * program with PageMask as it always is: of `leaf`. */
.macro fill_halves shift, leaf
    drotr k0, k1, PTE_LOW_BITS
    dmtc0 k0, CP0_ENTRYLO0
    lui k0, (1 << (\shift - PTE_LOW_BITS)) >> 16
    ori k0, k0, (1 << (\shift - PTE_LOW_BITS)) & 0xffff
    drotr k1, k1, PTE_LOW_BITS
    daddu k1, k1, k0
    dmtc0 k1, CP0_ENTRYLO1
    lui k0, PAGEMASK_OF(\shift) >> 16
    ori k0, k0, PAGEMASK_OF(\shift) & 0xffff
    mtc0 k0, CP0_PAGEMASK
    ehb
    tlbwr
    fill_end \leaf
.endm

.macro fill_end leaf
    lui k0, PAGEMASK_OF(\leaf) >> 16
    ori k0, k0, PAGEMASK_OF(\leaf) & 0xffff
    mtc0 k0, CP0_PAGEMASK
    ehb
    eret
.endm

/* Refill for leaves of this size. A table is a negative entry; what has no table and what is too high is a page fault, of which the exception
 * code says the access. A pair of leaves is loaded at once, if both are leaves or absent; PageMask is that of leaves but for the moment of
 * another size. The first REFILL_BYTES are copied to the vectors, so they reach what is outside by absolute jumps; behind the refill is the
 * vector of cache errors. */
.macro refill leaf
    .balign 64
    .globl refill_\leaf
    .type refill_\leaf, @function
refill_\leaf:
    dmfc0 k0, CP0_BADVADDR
    dmfc0 k1, CP0_KSCRATCH_ROOT
    dsrl32 k0, k0, PTE_VA_BITS - 32
    bnez k0, 1f
    dmfc0 k0, CP0_BADVADDR
    dsrl k0, k0, PTE_TOP_SHIFT - 3
    andi k0, k0, ((1 << PTE_INDEX_BITS) - 1) << 3
    daddu k1, k1, k0
    ld k1, 0(k1)
    dmfc0 k0, CP0_BADVADDR
    bgez k1, 1f
    dsrl k0, k0, PTE_BIG_SHIFT - 3
    andi k0, k0, ((1 << PTE_INDEX_BITS) - 1) << 3
    daddu k1, k1, k0
    ld k1, 0(k1)
    dmfc0 k0, CP0_CONTEXT /* the number of the pair of MPs, times 16 */
    bgez k1, 2f
    dsrl k0, k0, \leaf - PTE_SMALL_SHIFT
    andi k0, k0, (((1 << (PTE_BIG_SHIFT - \leaf)) - 1) << 3) & ~15
    daddu k1, k1, k0
    ld k0, 8(k1)
    bltz k0, 3f
    drotr k0, k0, PTE_LOW_BITS
    dmtc0 k0, CP0_ENTRYLO1
    ld k0, 0(k1)
    bltz k0, 3f
    drotr k0, k0, PTE_LOW_BITS
    dmtc0 k0, CP0_ENTRYLO0
    ehb
    tlbwr
    eret
    .org refill_\leaf + 0x80
    j broken
    nop
1:  j refill_fault
    nop
2:  j refill_big_\leaf
    nop
3:  j refill_small_\leaf
    nop
    .org refill_\leaf + REFILL_BYTES

/* An entry of level 2 that is no table: a leaf or absent. */
refill_big_\leaf:
    beqz k1, refill_fault
    nop
    fill_halves (PTE_BIG_SHIFT - 1), \leaf

/* k1 = a pair of entries of level 1 of which one is a table. */
refill_small_\leaf:
    .if \leaf > PTE_SMALL_SHIFT
    dmfc0 k0, CP0_BADVADDR
    dsrl k0, k0, \leaf - 3
    andi k0, k0, 8
    daddu k1, k1, k0
    ld k1, 0(k1)
    dmfc0 k0, CP0_CONTEXT
    bgez k1, 1f
    andi k0, k0, (((1 << (\leaf - PTE_SMALL_SHIFT)) - 1) << 3) & ~15
    daddu k1, k1, k0
    ld k0, 0(k1)
    ld k1, 8(k1)
    drotr k0, k0, PTE_LOW_BITS
    dmtc0 k0, CP0_ENTRYLO0
    drotr k1, k1, PTE_LOW_BITS
    dmtc0 k1, CP0_ENTRYLO1
    mtc0 zero, CP0_PAGEMASK
    ehb
    tlbwr
    fill_end \leaf
1:  beqz k1, refill_fault /* a leaf beside a table: two quarters of it */
    dmfc0 k0, CP0_BADVADDR
    dsrl k0, k0, \leaf - 1
    andi k0, k0, 1
    dsll k0, k0, \leaf - 1
    daddu k1, k1, k0
    fill_halves (\leaf - 2), \leaf
    .endif
    .size refill_\leaf, . - refill_\leaf
.endm

    refill 12
    refill 14
    refill 16
    refill 18

/* k0 = the thread, where its registers are saved, k1 = its pc. Afterwards gp = this_cpu(), the kernel's stack. */
.macro to_kernel cause, function
    sd \cause, FRAME_CAUSE_OFFSET(k0)
    sd k1, FRAME_PC_OFFSET(k0)
    dmfc0 gp, CP0_KSCRATCH_CPU
    lui $2, STATUS_KERNEL >> 16
    ori $2, $2, STATUS_KERNEL & 0xffff
    ld sp, CPU_STACK_TOP(gp)
    mtc0 $2, CP0_STATUS
    jal \function
    move s8, zero
.endm

    .balign 64
    .type syscall_entry, @function
syscall_entry:
#define R(n) sd $n, FRAME_REGISTER(n)(k0);
    REGISTERS_OF_MESSAGES
    REGISTERS_OF_FUNCTIONS
    R(2) R(4) R(12)
#undef R
    sd k1, FRAME_PC_OFFSET(k0)
    dmfc0 gp, CP0_KSCRATCH_CPU
    lui $3, STATUS_KERNEL >> 16
    ori $3, $3, STATUS_KERNEL & 0xffff
    ld sp, CPU_STACK_TOP(gp)
    mtc0 $3, CP0_STATUS
    andi $2, $2, 0xff
    move $4, gp
    move $5, k0
    li $3, SYS_MESSAGE_CALL
    beq $2, $3, message_call
    li $3, SYS_MESSAGE_REPLY_WAIT
    beq $2, $3, message_reply_wait
    move s8, zero
    jal trap_syscall
    nop
    .globl arch_return_to_user
    .type arch_return_to_user, @function
arch_return_to_user:
    ld k0, CPU_CURRENT(gp)
    ld $2, FRAME_HI(k0)
    ld $3, FRAME_LO(k0)
    ld k1, FRAME_STATUS_OFFSET(k0)
    mthi $2
    mtlo $3
    mtc0 k1, CP0_STATUS
    ld k1, FRAME_PC_OFFSET(k0)
#define R(n) ld $n, FRAME_REGISTER(n)(k0);
    REGISTERS
#undef R
    dmtc0 k1, CP0_EPC
    ehb
    eret

message_call:
    jal trap_message_call
    move s8, zero
    b message_return
    ld k0, CPU_CURRENT(gp)
message_reply_wait:
    jal trap_message_reply_wait
    nop
    ld k0, CPU_CURRENT(gp)
message_return: /* $2 = the frame that has label and words */
#define R(n) ld $n, FRAME_REGISTER(n)($2);
    REGISTERS_OF_MESSAGES
#undef R
    lui $1, %hi(kernel_lock)
    sync
    sw zero, %lo(kernel_lock)($1)
    ld $1, FRAME_STATUS_OFFSET(k0)
    ld k1, FRAME_PC_OFFSET(k0)
    move $2, zero
    mtc0 $1, CP0_STATUS
    move $4, zero
#define R(n) ld $n, FRAME_REGISTER(n)(k0);
    REGISTERS_OF_FUNCTIONS
    R(1) R(3) R(12) R(13) R(14) R(15) R(24) R(25)
#undef R
    mthi zero
    mtlo zero
    dmtc0 k1, CP0_EPC
    ehb
    eret
    .size syscall_entry, . - syscall_entry

    .balign 64
    .type trap_entry, @function
trap_entry:
#define R(n) sd $n, FRAME_REGISTER(n)(k0);
    REGISTERS
#undef R
    mfhi $2
    mflo $3
    dmfc0 k1, CP0_EPC
    mfc0 $4, CP0_CAUSE
    sd $2, FRAME_HI(k0)
    sd $3, FRAME_LO(k0)
    to_kernel $4, trap_user
    b arch_return_to_user
    nop
    .size trap_entry, . - trap_entry

    .globl cpu_wait
    .type cpu_wait, @function
cpu_wait:
    mfc0 $8, CP0_STATUS
    ori $8, $8, STATUS_IE
    mtc0 $8, CP0_STATUS
wait_begin:
    ehb
    wait
    di
    ehb
wait_end:
    jr ra
    nop
    .size cpu_wait, . - cpu_wait
#define WAIT_SIZE 16

/* An interrupt in cpu_wait: it returns, and interrupts are off. Nothing comes back from other exceptions: only what the panic shows is
 * kept, and the stack may be what broke. */
    .type from_kernel, @function
from_kernel:
    dmfc0 k0, CP0_EPC
    lui k1, %hi(wait_begin)
    daddiu k1, k1, %lo(wait_begin)
    dsubu k0, k0, k1
    sltiu k0, k0, WAIT_SIZE
    beqz k0, broken
    daddiu k1, k1, WAIT_SIZE
    dmtc0 k1, CP0_EPC
    mfc0 k0, CP0_STATUS
    ins k0, zero, 0, 1
    mtc0 k0, CP0_STATUS
    ehb
    eret
broken:
    dmfc0 $4, CP0_EPC
    move $5, sp
    mfc0 $6, CP0_CAUSE
    dmfc0 $7, CP0_BADVADDR
    dmfc0 gp, CP0_KSCRATCH_CPU
    lui sp, %hi(emergency_stack_top)
    daddiu sp, sp, %lo(emergency_stack_top)
    lui $2, STATUS_KERNEL >> 16
    ori $2, $2, STATUS_KERNEL & 0xffff
    mtc0 $2, CP0_STATUS
    jal trap_kernel
    move s8, zero
    .size from_kernel, . - from_kernel

    .globl arch_call_on_stack_top
    .type arch_call_on_stack_top, @function
arch_call_on_stack_top:
    ld sp, CPU_STACK_TOP(gp)
    move s8, zero
    jr $4
    move ra, zero
    .size arch_call_on_stack_top, . - arch_call_on_stack_top

#define FPU_REGISTERS \
    F(0) F(1) F(2) F(3) F(4) F(5) F(6) F(7) F(8) F(9) F(10) F(11) F(12) F(13) F(14) F(15) \
    F(16) F(17) F(18) F(19) F(20) F(21) F(22) F(23) F(24) F(25) F(26) F(27) F(28) F(29) F(30) F(31)

    .set push
    .set hardfloat
    .set fp=64
    .text
    .globl fpu_save_registers
    .type fpu_save_registers, @function
fpu_save_registers:
#define F(n) sdc1 $f##n, 8 * n($4);
    FPU_REGISTERS
#undef F
    cfc1 $8, $31
    jr ra
    sd $8, FPU_FCSR($4)
    .size fpu_save_registers, . - fpu_save_registers

/* Without the causes of exceptions that were: they would come again. */
    .globl fpu_load_registers
    .type fpu_load_registers, @function
fpu_load_registers:
#define F(n) ldc1 $f##n, 8 * n($4);
    FPU_REGISTERS
#undef F
    ld $8, FPU_FCSR($4)
    lui $9, FCSR_CAUSES >> 16
    ori $9, $9, FCSR_CAUSES & 0xffff
    nor $9, $9, zero
    and $8, $8, $9
    jr ra
    ctc1 $8, $31
    .size fpu_load_registers, . - fpu_load_registers
    .set pop

    .bss
    .balign 16
    .space 4096
emergency_stack_top:
