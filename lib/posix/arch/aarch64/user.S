/* user.S (aarch64): reading and writing the program's memory, where a fault is the program's mistake. While they work, *recover (in the thread
 * page) says where a fault goes on; they use no stack, so nothing has to be undone. */
    .text
    .globl machine_copy, machine_string_length
    .hidden machine_copy, machine_string_length

/* long machine_copy(void *to, const void *from, size_t length, uint64_t *recover): 0, or -1 after a fault */
machine_copy:
    adr x4, faulted
    str x4, [x3]
1:  cmp x2, #8
    b.lo 2f
    ldr x4, [x1], #8
    str x4, [x0], #8
    sub x2, x2, #8
    b 1b
2:  cbz x2, 3f
    ldrb w4, [x1], #1
    strb w4, [x0], #1
    sub x2, x2, #1
    b 2b
3:  str xzr, [x3]
    mov x0, #0
    ret

/* long machine_string_length(const char *string, size_t limit, uint64_t *recover): `limit` when it is not shorter; -1 after a fault */
machine_string_length:
    adr x4, faulted
    str x4, [x2]
    mov x5, #0
1:  cmp x5, x1
    b.eq 2f
    ldrb w4, [x0, x5]
    cbz w4, 2f
    add x5, x5, #1
    b 1b
2:  str xzr, [x2]
    mov x0, x5
    ret

faulted:
    mov x0, #-1
    ret
