/* entry.S (loongarch64): traps in and out, TLB refill, waiting for interrupts, FPU registers. */
#include <csr.h>
#include <offsets.h>
#include <syscall_numbers.h>

#define REGISTERS_OF_MESSAGES R(5) R(6) R(7) R(8) R(9) R(10) R(12)
#define REGISTERS_OF_FUNCTIONS R(1) R(2) R(3) R(21) R(22) R(23) R(24) R(25) R(26) R(27) R(28) R(29) R(30) R(31)
#define REGISTERS_BUT_SP \
    R(1) R(2) R(4) R(5) R(6) R(7) R(8) R(9) R(10) R(11) R(12) R(13) R(14) R(15) R(16) R(17) R(18) R(19) R(20) R(21) \
    R(22) R(23) R(24) R(25) R(26) R(27) R(28) R(29) R(30) R(31)

    .section .text.entry, "ax"

/* From where an exception code leads: two instructions each; interrupts are 64 and up. */
    .balign 4096
    .globl trap_vectors
trap_vectors:
    .set vector, 0
    .rept 64 + 13
    .if vector == CODE_SYSCALL
    csrrd $t8, CSR_SAVE4
    b syscall_entry
    .else
    csrwr $sp, CSR_SAVE1
    b trap_entry
    .endif
    .set vector, vector + 1
    .endr

/* $t8 = the current thread. System calls destroy $t5 to $t8, native ones $t2 to $t8: abi/arch/loongarch64/frame.h. The kernel makes none. */
    .balign 64
    .type syscall_entry, @function
syscall_entry:
    csrrd $t7, CSR_ERA
    ld.d $t5, $t8, THREAD_AT_RUNTIME_START
    ld.d $t6, $t8, THREAD_AT_RUNTIME_END
    bltu $t7, $t5, foreign_call
    bgeu $t7, $t6, foreign_call
    addi.d $t7, $t7, 4
#define R(n) st.d $r##n, $t8, FRAME_REGISTER(n);
    REGISTERS_OF_MESSAGES
    REGISTERS_OF_FUNCTIONS
    R(4) R(11) R(13)
#undef R
    csrrd $r21, CSR_SAVE0
    andi $t5, $a7, 0xff
    st.d $t7, $t8, FRAME_PC_OFFSET
    addi.d $t6, $zero, SYS_MESSAGE_CALL
    ld.d $sp, $r21, CPU_STACK_TOP
    move $fp, $zero
    beq $t5, $t6, message_call
    addi.d $t6, $zero, SYS_MESSAGE_REPLY_WAIT
    beq $t5, $t6, message_reply_wait
    bl trap_syscall
trap_return:
    ld.d $sp, $r21, CPU_CURRENT
    ld.d $t0, $sp, FRAME_PC_OFFSET
    csrwr $t0, CSR_ERA
#define R(n) ld.d $r##n, $sp, FRAME_REGISTER(n);
    REGISTERS_BUT_SP
    R(3)
#undef R
    ertn
message_call:
    move $a0, $r21
    move $a1, $t8
    bl trap_message_call
    b message_return
message_reply_wait:
    move $a0, $r21
    move $a1, $t8
    bl trap_message_reply_wait
message_return: /* $a0 = the frame that has label and words */
    move $t8, $a0
#define R(n) ld.d $r##n, $t8, FRAME_REGISTER(n);
    REGISTERS_OF_MESSAGES
#undef R
    la.pcrel $t6, kernel_lock
    dbar 18
    st.w $zero, $t6, 0
    ld.d $t8, $r21, CPU_CURRENT
    ld.d $t7, $t8, FRAME_PC_OFFSET
    move $a0, $zero
    csrwr $t7, CSR_ERA
#define R(n) ld.d $r##n, $t8, FRAME_REGISTER(n);
    REGISTERS_OF_FUNCTIONS
    R(11) R(13) R(14) R(15) R(16) R(17) R(18) R(19) R(20)
#undef R
    ertn
/* On to the runtime's call entry, as abi/arch/loongarch64/frame.h says. */
foreign_call:
    ld.d $t6, $t8, THREAD_AT_PAGE
    addi.d $t7, $t7, 4
    st.d $t7, $t6, PAGE_FRAME + FRAME_PC_OFFSET
    ld.d $t7, $t8, THREAD_AT_CALL_ENTRY
    csrwr $t7, CSR_ERA
    ld.d $t8, $t8, THREAD_AT_PAGE_ADDRESS
    ertn
    .size syscall_entry, . - syscall_entry

/* $sp is in SAVE1. */
    .balign 64
    .type trap_entry, @function
trap_entry:
    csrrd $sp, CSR_PRMD
    andi $sp, $sp, 3
    beqz $sp, from_kernel
    csrrd $sp, CSR_SAVE4
#define R(n) st.d $r##n, $sp, FRAME_REGISTER(n);
    REGISTERS_BUT_SP
#undef R
    csrrd $t0, CSR_SAVE1
    csrrd $r21, CSR_SAVE0
    csrrd $t1, CSR_ERA
    csrrd $t2, CSR_ESTAT
    st.d $t0, $sp, FRAME_REGISTER(3)
    st.d $t1, $sp, FRAME_PC_OFFSET
    st.d $t2, $sp, FRAME_CAUSE_OFFSET
    ld.d $sp, $r21, CPU_STACK_TOP
    move $fp, $zero
    bl trap_user
    b trap_return
    .size trap_entry, . - trap_entry

/* The previous mode may be the kernel's, from cpu_wait. */
    .globl arch_return_to_user
    .type arch_return_to_user, @function
arch_return_to_user:
    ori $t0, $zero, PRMD_USER
    csrwr $t0, CSR_PRMD
    b trap_return
    .size arch_return_to_user, . - arch_return_to_user

/* The interrupt changes PRMD, which a CPU that waits within a trap needs for the way out. */
    .globl cpu_wait
    .type cpu_wait, @function
cpu_wait:
    csrrd $t1, CSR_PRMD
    ori $t0, $zero, CRMD_IE
    csrxchg $t0, $t0, CSR_CRMD
wait_begin:
    idle 0
    ori $t0, $zero, CRMD_IE
    csrxchg $zero, $t0, CSR_CRMD
wait_end:
    csrwr $t1, CSR_PRMD
    ret
    .size cpu_wait, . - cpu_wait
#define WAIT_SIZE 12

/* An interrupt in cpu_wait: it returns, and interrupts are off. Nothing comes back from other traps: only what the panic shows is kept,
 * and the stack may be what broke. */
    .type from_kernel, @function
from_kernel:
    csrwr $t0, CSR_SAVE2
    csrrd $sp, CSR_ERA
    la.pcrel $t0, wait_begin
    sub.d $sp, $sp, $t0
    sltui $sp, $sp, WAIT_SIZE
    beqz $sp, 1f
    addi.d $t0, $t0, WAIT_SIZE
    csrwr $t0, CSR_ERA
    csrwr $zero, CSR_PRMD
    csrrd $t0, CSR_SAVE2
    csrrd $sp, CSR_SAVE1
    ertn
1:  la.pcrel $sp, emergency_stack_top
    csrrd $a0, CSR_ERA
    move $a1, $fp
    csrrd $a2, CSR_ESTAT
    csrrd $a3, CSR_BADV
    csrrd $r21, CSR_SAVE0
    move $fp, $zero
    bl trap_kernel
    .size from_kernel, . - from_kernel

    .globl arch_call_on_stack_top
    .type arch_call_on_stack_top, @function
arch_call_on_stack_top:
    ld.d $sp, $r21, CPU_STACK_TOP
    move $fp, $zero
    move $ra, $zero
    jr $a0
    .size arch_call_on_stack_top, . - arch_call_on_stack_top

/* TLB refill, copied from one of the below at boot. */
    .balign 4096
    .globl tlb_refill
    .type tlb_refill, @function
tlb_refill:
    .space REFILL_BYTES
    .size tlb_refill, . - tlb_refill

/* The same with other entries than those of clusters: ELO0 is loaded, $t0 = ELO1. */
.macro fill_other_size shift
    csrwr $t0, CSR_TLBRELO1
    csrrd $t0, CSR_TLBREHI
    addi.d $t0, $t0, \shift
    csrwr $t0, CSR_TLBREHI
    tlbfill
    csrwr $t0, CSR_TLBREHI
    csrrd $t1, CSR_SAVE3
    csrrd $t0, CSR_TLBRSAVE
    ertn
.endm

/* $t0 = a leaf, of which both halves are loaded. */
.macro fill_halves shift, cluster
    move $t1, $t0
    csrwr $t1, CSR_TLBRELO0
    lu12i.w $t1, 1 << (\shift - 1 - 12)
    add.d $t0, $t0, $t1
    fill_other_size (\shift - 1 - \cluster)
.endm

/* TLB refill for clusters of this size: translation is off, addresses are physical. An absent entry is 0, and the table at 0 is empty. A pair
 * of clusters, mapped throughout or not at all, goes into the STLB, all else into the MTLB. TLBREHI.PS is that of clusters but for the moment
 * of another size. Refers to nothing outside itself. */
.macro refill cluster
    .globl refill_\cluster
    .type refill_\cluster, @function
refill_\cluster:
    csrwr $t0, CSR_TLBRSAVE
    csrwr $t1, CSR_SAVE3
    csrrd $t1, CSR_TLBRBADV
    csrrd $t0, CSR_PGDL
    srli.d $t1, $t1, PTE_VA_BITS
    bnez $t1, 5f
    csrrd $t1, CSR_TLBRBADV
    bstrpick.d $t1, $t1, PTE_VA_BITS - 1, PTE_TOP_SHIFT
    alsl.d $t0, $t1, $t0, 3
    ld.d $t0, $t0, 0
    csrrd $t1, CSR_TLBRBADV
    bstrpick.d $t1, $t1, PTE_TOP_SHIFT - 1, PTE_HUGE_SHIFT
    alsl.d $t0, $t1, $t0, 3
    ld.d $t0, $t0, 0
    csrrd $t1, CSR_TLBRBADV
    bge $t0, $zero, 3f
    bstrpick.d $t1, $t1, PTE_HUGE_SHIFT - 1, PTE_BIG_SHIFT
    alsl.d $t0, $t1, $t0, 3
    ld.d $t0, $t0, 0
    csrrd $t1, CSR_TLBRBADV
    bge $t0, $zero, 4f
    bstrpick.d $t1, $t1, PTE_BIG_SHIFT - 1, \cluster + 1
    alsl.d $t0, $t1, $t0, 4
    ld.d $t1, $t0, 0
    blt $t1, $zero, 1f
    csrwr $t1, CSR_TLBRELO0
    ld.d $t1, $t0, 8
    blt $t1, $zero, 1f
    csrwr $t1, CSR_TLBRELO1
    tlbfill
    csrrd $t1, CSR_SAVE3
    csrrd $t0, CSR_TLBRSAVE
    ertn

1:  .if \cluster > PTE_SMALL_SHIFT /* one of the pair is a table */
    csrrd $t1, CSR_TLBRBADV
    bstrpick.d $t1, $t1, \cluster, \cluster
    alsl.d $t0, $t1, $t0, 3
    ld.d $t0, $t0, 0
    bge $t0, $zero, 2f
    csrrd $t1, CSR_TLBRBADV
    bstrpick.d $t1, $t1, \cluster - 1, PTE_SMALL_SHIFT + 1
    alsl.d $t0, $t1, $t0, 4
    ld.d $t1, $t0, 0
    csrwr $t1, CSR_TLBRELO0
    ld.d $t0, $t0, 8
    fill_other_size (PTE_SMALL_SHIFT - \cluster)
2:  fill_halves \cluster, \cluster /* or absent */
    .endif

3:  beqz $t0, 5f
    fill_halves PTE_HUGE_SHIFT, \cluster

4:  beqz $t0, 5f
    fill_halves PTE_BIG_SHIFT, \cluster

5:  csrwr $zero, CSR_TLBRELO0 /* nothing there */
    csrwr $zero, CSR_TLBRELO1
    tlbfill
    csrrd $t1, CSR_SAVE3
    csrrd $t0, CSR_TLBRSAVE
    ertn
    .size refill_\cluster, . - refill_\cluster
    .if . - refill_\cluster > REFILL_BYTES
    .error "REFILL_BYTES is too small"
    .endif
.endm

    refill 14
    refill 16
    refill 17
    refill 18

#define FPU_REGISTERS \
    F(0) F(1) F(2) F(3) F(4) F(5) F(6) F(7) F(8) F(9) F(10) F(11) F(12) F(13) F(14) F(15) \
    F(16) F(17) F(18) F(19) F(20) F(21) F(22) F(23) F(24) F(25) F(26) F(27) F(28) F(29) F(30) F(31)
#define FPU_FLAGS C(0) C(1) C(2) C(3) C(4) C(5) C(6) C(7)

    .text
    .globl fpu_save_registers
    .type fpu_save_registers, @function
fpu_save_registers:
#define F(n) fst.d $f##n, $a0, 8 * n;
    FPU_REGISTERS
#undef F
#define C(n) movcf2gr $t0, $fcc##n; st.b $t0, $a0, FPU_FCC + n;
    FPU_FLAGS
#undef C
    movfcsr2gr $t0, $fcsr0
    st.d $t0, $a0, FPU_FCSR
    ret
    .size fpu_save_registers, . - fpu_save_registers

    .globl fpu_load_registers
    .type fpu_load_registers, @function
fpu_load_registers:
#define F(n) fld.d $f##n, $a0, 8 * n;
    FPU_REGISTERS
#undef F
#define C(n) ld.bu $t0, $a0, FPU_FCC + n; movgr2cf $fcc##n, $t0;
    FPU_FLAGS
#undef C
    ld.d $t0, $a0, FPU_FCSR
    movgr2fcsr $fcsr0, $t0
    ret
    .size fpu_load_registers, . - fpu_load_registers

    .bss
    .balign 16
    .space 4096
emergency_stack_top:
