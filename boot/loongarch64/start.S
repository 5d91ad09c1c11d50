/* start.S (loongarch64): from the loader, translation off, on one CPU or on all of them: the boot CPU goes on to boot_main, the others wait
 * for an address in mailbox 0. */
#include <csr.h>

/* The windows, and translation on. */
.macro enter_windows
    li.d $t0, DMW_KERNEL_UNCACHED
    csrwr $t0, CSR_DMW0
    li.d $t0, DMW_KERNEL_CACHED
    csrwr $t0, CSR_DMW1
    csrwr $zero, CSR_DMW2
    csrwr $zero, CSR_DMW3
    la.pcrel $t0, 99f
    bstrpick.d $t0, $t0, 47, 0
    li.d $t1, DMW_KERNEL_CACHED & 0xf000000000000000
    or $t0, $t0, $t1
    jr $t0 /* the same place, by its virtual address, which with translation off is the same */
99: ori $t0, $zero, CRMD_PAGED
    csrwr $t0, CSR_CRMD
.endm

    .section .text.start, "ax"
    .globl _start
    .type _start, @function
_start:
    csrrd $t0, CSR_CPUID
    bnez $t0, wait_for_mail
    enter_windows
    la.pcrel $t0, bss_start
    la.pcrel $t1, bss_end
1:  st.d $zero, $t0, 0
    addi.d $t0, $t0, 8
    bltu $t0, $t1, 1b
    la.pcrel $r21, cpus
    la.pcrel $sp, boot_stack_top
    move $fp, $zero
    move $ra, $zero
    b boot_main
    .size _start, . - _start

/* Look before the first wait: of an IPI that came before it was enabled, emulators tell nothing. */
    .type wait_for_mail, @function
wait_for_mail:
    li.w $t1, IOCSR_IPI_ENABLE
    li.w $t0, -1
    iocsrwr.w $t0, $t1
    li.w $t0, INTERRUPT_IPI
    csrwr $t0, CSR_ECFG
    li.w $t1, IOCSR_MAILBOX
1:  iocsrrd.w $t0, $t1
    bnez $t0, 2f
    idle 0
    b 1b
2:  iocsrrd.d $t0, $t1
    jr $t0
    .size wait_for_mail, . - wait_for_mail

/* A started CPU, translation off. */
    .globl secondary_entry
    .type secondary_entry, @function
secondary_entry:
    enter_windows
    li.w $t1, IOCSR_MAILBOX1
    iocsrrd.d $r21, $t1
    ld.d $sp, $r21, 8 /* stack_top */
    move $fp, $zero
    move $ra, $zero
    b secondary_main
    .size secondary_entry, . - secondary_entry
