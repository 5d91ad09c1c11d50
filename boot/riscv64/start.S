/* start.S (riscv64): from the firmware: a0 = hart, a1 = device tree, MMU off, at any physical address that is a whole number of GiB from
 * where the image is linked. Maps with 1 GiB pages: the image, and in the direct map the RAM around it and the device tree. */
#include <csr.h>

#define GIGABYTE_SHIFT 30
#define ROOT_IMAGE_SLOT 510      /* KERNEL_BASE */
#define ROOT_DIRECT_SLOT 256     /* DIRECT_MAP */
#define LEAF_RWX 0xef            /* valid, read, write, execute, global, accessed, dirty */
#define LEAF_RW 0xe7

    .section .text.start, "ax"
    .globl _start
    .type _start, @function
_start:
    csrw sie, zero
    csrw sip, zero
    lla t0, boot_claimed
    li t1, 1
    amoswap.w t1, t1, (t0)
    bnez t1, 3f
    lla t0, bss_start
    lla t1, bss_end
1:  sd zero, 0(t0)
    addi t0, t0, 8
    bltu t0, t1, 1b

    lla s0, _start
    ld s1, linked_at
    sub s1, s1, s0
    lla t0, kernel_image_offset
    sd s1, 0(t0)

    lla t0, boot_root
    srli t1, s0, GIGABYTE_SHIFT
    slli t2, t1, 28
    ori t3, t2, LEAF_RWX
    li t4, ROOT_IMAGE_SLOT * 8
    add t4, t4, t0
    sd t3, 0(t4)
    ori t3, t2, LEAF_RW
    slli t1, t1, 3
    add t1, t1, t0
    li t5, ROOT_DIRECT_SLOT * 8
    add t1, t1, t5
    sd t3, 0(t1)
    srli t1, a1, GIGABYTE_SHIFT
    slli t2, t1, 28
    ori t3, t2, LEAF_RW
    slli t1, t1, 3
    add t1, t1, t0
    add t1, t1, t5
    sd t3, 0(t1)

    lla t1, 2f              /* the fetch after satp is written faults and goes on there, at its linked address */
    add t1, t1, s1
    csrw stvec, t1
    srli t0, t0, 12
    li t1, SATP_SV39
    or t0, t0, t1
    sfence.vma
    csrw satp, t0
    .balign 4
2:  csrw sscratch, zero
    lla t0, trap_entry
    csrw stvec, t0
    lla tp, cpus
    lla sp, boot_stack_top
    li s0, 0
    li ra, 0
    lla t0, boot_main
    jr t0
3:  tail secondary_entry    /* the system is booted by another hart: this one was to start there */
    .balign 8
linked_at:
    .quad _start
    .size _start, . - _start

    .section .data.boot_claimed, "aw"
    .balign 4
boot_claimed:
    .word 0

    .section .bss.boot_root, "aw", @nobits
    .balign 4096
    .globl boot_root
boot_root:
    .space 4096
