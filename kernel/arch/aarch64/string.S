/* string.S (aarch64): copying and filling memory of any alignment, for kernel/lib/string.c. */

    .text
/* void arch_copy(void *to, const void *from, size_t length): not overlapping, or to below from */
    .globl arch_copy
    .type arch_copy, @function
    .balign 64
arch_copy:
    subs x2, x2, 128
    b.lo 2f
1:  ldp x3, x4, [x1]
    ldp x5, x6, [x1, 16]
    ldp x7, x8, [x1, 32]
    ldp x9, x10, [x1, 48]
    ldp x11, x12, [x1, 64]
    ldp x13, x14, [x1, 80]
    ldp x15, x16, [x1, 96]
    ldp x17, x18, [x1, 112]
    add x1, x1, 128
    stp x3, x4, [x0]
    stp x5, x6, [x0, 16]
    stp x7, x8, [x0, 32]
    stp x9, x10, [x0, 48]
    stp x11, x12, [x0, 64]
    stp x13, x14, [x0, 80]
    stp x15, x16, [x0, 96]
    stp x17, x18, [x0, 112]
    add x0, x0, 128
    subs x2, x2, 128
    b.hs 1b
2:  tbz x2, 6, 3f /* the low bits of the length are still right */
    ldp x3, x4, [x1], 16
    ldp x5, x6, [x1], 16
    ldp x7, x8, [x1], 16
    ldp x9, x10, [x1], 16
    stp x3, x4, [x0], 16
    stp x5, x6, [x0], 16
    stp x7, x8, [x0], 16
    stp x9, x10, [x0], 16
3:  tbz x2, 5, 4f
    ldp x3, x4, [x1], 16
    ldp x5, x6, [x1], 16
    stp x3, x4, [x0], 16
    stp x5, x6, [x0], 16
4:  tbz x2, 4, 5f
    ldp x3, x4, [x1], 16
    stp x3, x4, [x0], 16
5:  tbz x2, 3, 6f
    ldr x3, [x1], 8
    str x3, [x0], 8
6:  tbz x2, 2, 7f
    ldr w3, [x1], 4
    str w3, [x0], 4
7:  tbz x2, 1, 8f
    ldrh w3, [x1], 2
    strh w3, [x0], 2
8:  tbz x2, 0, 9f
    ldrb w3, [x1]
    strb w3, [x0]
9:  ret
    .size arch_copy, . - arch_copy

/* void arch_fill(void *to, int byte, size_t length) */
    .globl arch_fill
    .type arch_fill, @function
    .balign 64
arch_fill:
    and x1, x1, 255
    mov x3, 0x0101010101010101
    mul x1, x1, x3
    cmp x2, 512
    b.lo 3f
    cbnz x1, 3f
    mrs x4, dczid_el0
    tbnz x4, 4, 3f /* dc zva is forbidden */
    mov x5, 4
    and x4, x4, 15
    lsl x5, x5, x4 /* bytes that dc zva zeroes */
    sub x6, x5, 1
    cmp x5, 256
    b.hi 3f
1:  tst x0, x6
    b.eq 2f
    strb wzr, [x0], 1
    sub x2, x2, 1
    b 1b
2:  subs x2, x2, x5, lsl 2
    b.lo 22f
21: dc zva, x0
    add x0, x0, x5
    dc zva, x0
    add x0, x0, x5
    dc zva, x0
    add x0, x0, x5
    dc zva, x0
    add x0, x0, x5
    subs x2, x2, x5, lsl 2
    b.hs 21b
22: add x2, x2, x5, lsl 2
3:  subs x2, x2, 64
    b.lo 5f
4:  stp x1, x1, [x0]
    stp x1, x1, [x0, 16]
    stp x1, x1, [x0, 32]
    stp x1, x1, [x0, 48]
    add x0, x0, 64
    subs x2, x2, 64
    b.hs 4b
5:  tbz x2, 5, 6f
    stp x1, x1, [x0], 16
    stp x1, x1, [x0], 16
6:  tbz x2, 4, 7f
    stp x1, x1, [x0], 16
7:  tbz x2, 3, 8f
    str x1, [x0], 8
8:  tbz x2, 2, 9f
    str w1, [x0], 4
9:  tbz x2, 1, 10f
    strh w1, [x0], 2
10: tbz x2, 0, 11f
    strb w1, [x0]
11: ret
    .size arch_fill, . - arch_fill
