/* start.S (aarch64): by the Linux boot protocol (Documentation/arch/arm64/booting.rst): x0 = device tree, MMU off, EL2 or EL1, at any
 * physical address that is 2 MiB more than a multiple of 2 MiB. Maps, until kernel_space_create: TTBR0 the RAM around the image to itself
 * (kept for other CPUs); TTBR1 the image by 2 MiB blocks, and in the direct map by 1 GiB blocks the RAM around it and the device tree. */
#include <sysreg.h>

#define BLOCK_EXEC 0x40000000000701     /* valid, shared, accessed, not executable at EL0 */
#define BLOCK_DATA 0x60000000000701     /* nor at EL1 */
#define TABLE 3
#define ROOT_IMAGE_SLOT 510             /* KERNEL_BASE */
#define IMAGE_BLOCKS 31                 /* the rest of its first 64 MiB */
#define EL2 8

    .section .text.start, "ax"
    .globl _start
_start:
    b primary
    .word 0
    .quad 0x200000                      /* offset of the image from the 2 MiB aligned base */
    .quad image_size                    /* kernel.ld */
    .quad 0xa                           /* little-endian, 4 KiB pages, anywhere in memory */
    .quad 0, 0, 0
    .ascii "ARM\x64"
    .word 0

    .type primary, @function
primary:
    mov x19, x0
    bl to_el1
    adrp x0, bss_start
    add x0, x0, :lo12:bss_start
    adrp x1, bss_end
    add x1, x1, :lo12:bss_end
    mov x2, x0
1:  stp xzr, xzr, [x2], 16
    cmp x2, x1
    b.lo 1b

    adrp x20, _start
    ldr x21, =_start
    sub x21, x21, x20
    adrp x2, kernel_image_offset
    str x21, [x2, :lo12:kernel_image_offset]

    ldr x3, =BLOCK_EXEC
    ldr x4, =BLOCK_DATA
    adrp x5, boot_identity
    adrp x6, boot_root
    lsr x7, x20, 30
    lsl x8, x7, 30
    orr x9, x8, x3
    str x9, [x5, x7, lsl 3]
    orr x9, x8, x4
    str x9, [x6, x7, lsl 3]
    lsr x7, x19, 30
    lsl x8, x7, 30
    orr x9, x8, x4
    str x9, [x6, x7, lsl 3]
    adrp x7, boot_image
    orr x8, x7, TABLE
    str x8, [x6, ROOT_IMAGE_SLOT * 8]
    mov x8, 1
    orr x9, x20, x3
2:  str x9, [x7, x8, lsl 3]
    add x9, x9, 0x200, lsl 12
    add x8, x8, 1
    cmp x8, IMAGE_BLOCKS
    b.ls 2b

    /* What caches may hold of the memory just written is older. */
    mrs x2, ctr_el0
    ubfx x2, x2, 16, 4
    mov x3, 4
    lsl x3, x3, x2
3:  dc ivac, x0
    add x0, x0, x3
    cmp x0, x1
    b.lo 3b
    dsb sy

    mov x0, x6
    ldr x1, =primary_high
    b mmu_on
primary_high:
    adrp x0, cpus
    add x0, x0, :lo12:cpus
    msr tpidr_el1, x0
    adrp x0, boot_stack_top
    add x0, x0, :lo12:boot_stack_top
    mov sp, x0
    bl high
    mov x0, x19
    mov x29, xzr
    mov x30, xzr
    b boot_main
    .size primary, . - primary

/* PSCI starts a CPU here: x0 = its struct cpu (virtual). */
    .globl secondary_entry
    .type secondary_entry, @function
secondary_entry:
    mov x19, x0
    bl to_el1
    adrp x0, kernel_ttbr
    ldr x0, [x0, :lo12:kernel_ttbr]
    ldr x1, =secondary_high
    b mmu_on
secondary_high:
    msr tpidr_el1, x19
    ldr x0, [x19, 8] /* stack_top */
    mov sp, x0
    bl high
    mov x29, xzr
    mov x30, xzr
    b secondary_main
    .size secondary_entry, . - secondary_entry

/* At linked addresses: no longer at physical ones. */
    .type high, @function
high:
    adrp x0, vectors
    add x0, x0, :lo12:vectors
    msr vbar_el1, x0
    adrp x0, kernel_image_offset
    ldr x1, [x0, :lo12:kernel_image_offset]
    adrp x0, empty_root
    sub x0, x0, x1
    msr ttbr0_el1, x0
    isb
    ret
    .size high, . - high

/* x0 = root of TTBR1 (physical), x1 = where to go on (linked address). */
    .type mmu_on, @function
mmu_on:
    ldr x2, =MAIR_VALUE
    msr mair_el1, x2
    ldr x2, =TCR_VALUE
    mrs x3, id_aa64mmfr0_el1
    and x3, x3, 15
    mov x4, 5 /* 48 bits of physical address */
    cmp x3, x4
    csel x3, x3, x4, lo
    orr x2, x2, x3, lsl TCR_IPS_SHIFT
    mrs x4, id_aa64mmfr1_el1
    and x3, x4, 15
    cbz x3, 1f
    orr x2, x2, 1 << TCR_HA_SHIFT
    cmp x3, 2
    b.lo 1f
    orr x2, x2, 1 << TCR_HD_SHIFT
1:  msr tcr_el1, x2
    adrp x3, boot_identity
    msr ttbr0_el1, x3
    msr ttbr1_el1, x0
    isb
    tlbi vmalle1
    dsb nsh
    isb
    ldr x2, =SCTLR_VALUE
    ubfx x3, x4, 20, 4
    cbnz x3, 2f /* PAN is there */
    orr x2, x2, SCTLR_SPAN
2:  msr sctlr_el1, x2
    isb
    br x1
    .size mmu_on, . - mmu_on

/* Goes on at EL1 after the call. EL2 keeps only the firmware's timer offset at zero and lets EL1 have everything. */
    .type to_el1, @function
to_el1:
    msr daifset, 15
    mrs x1, currentel
    cmp x1, EL2
    b.ne 1f
    mov x1, 1 << 31 /* EL1 is 64-bit */
    msr hcr_el2, x1
    ldr x1, =SCTLR_OFF
    msr sctlr_el1, x1
    mov x1, 3 /* timers and counters are EL1's */
    msr cnthctl_el2, x1
    msr cntvoff_el2, xzr
    mrs x1, midr_el1
    msr vpidr_el2, x1
    mrs x1, mpidr_el1
    msr vmpidr_el2, x1
    mov x1, 0x33ff /* no traps of the FPU */
    msr cptr_el2, x1
    msr hstr_el2, xzr
    msr mdcr_el2, xzr
    mrs x1, id_aa64pfr0_el1
    ubfx x1, x1, 24, 4
    cbz x1, 2f
    mov x1, 9 /* the interrupt controller's registers, for EL1 too */
    msr icc_sre_el2, x1
    isb
    msr ich_hcr_el2, xzr
2:  mov x1, 0x3c5 /* EL1h, interrupts off */
    msr spsr_el2, x1
    msr elr_el2, x30
    isb
    eret
1:  ret
    .size to_el1, . - to_el1

/* void replace_kernel_tables(uint64_t ttbr, paddr_t self): old and new translations of one address must not be in the TLB together, so
 * this runs where TTBR0 shows it, while TTBR1 shows nothing. Comes back with TTBR0 empty again. */
    .globl replace_kernel_tables
    .type replace_kernel_tables, @function
replace_kernel_tables:
    adrp x2, kernel_image_offset
    ldr x2, [x2, :lo12:kernel_image_offset]
    adrp x3, boot_identity
    sub x3, x3, x2
    adrp x4, empty_root
    sub x4, x4, x2
    msr ttbr0_el1, x3
    isb
    add x1, x1, 1f - replace_kernel_tables
    br x1
1:  msr ttbr1_el1, x4
    isb
    tlbi vmalle1
    dsb nsh
    isb
    msr ttbr1_el1, x0
    isb
    adr x5, 2f
    add x5, x5, x2
    br x5
2:  msr ttbr0_el1, x4
    isb
    tlbi vmalle1
    dsb nsh
    isb
    ret
    .size replace_kernel_tables, . - replace_kernel_tables
    .ltorg

    .section .bss.boot_tables, "aw", @nobits
    .balign 4096
    .globl boot_root, empty_root
boot_root:
    .space 4096
boot_image:
    .space 4096
boot_identity:
    .space 4096
empty_root:
    .space 4096
