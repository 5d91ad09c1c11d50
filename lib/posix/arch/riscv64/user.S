/* user.S (riscv64): reading and writing the program's memory, where a fault is the program's mistake. While they work, *recover (in the thread
 * page) says where a fault goes on; they use no stack, so nothing has to be undone. */
    .text
    .globl machine_copy, machine_string_length
    .hidden machine_copy, machine_string_length

/* long machine_copy(void *to, const void *from, size_t length, uint64_t *recover): 0, or -1 after a fault */
machine_copy:
    la t0, faulted
    sd t0, 0(a3)
    add a2, a2, a0
    or t1, a0, a1
    or t1, t1, a2
    andi t1, t1, 7
    bnez t1, 2f
1:  beq a0, a2, 3f
    ld t0, 0(a1)
    sd t0, 0(a0)
    addi a1, a1, 8
    addi a0, a0, 8
    j 1b
2:  beq a0, a2, 3f
    lb t0, 0(a1)
    sb t0, 0(a0)
    addi a1, a1, 1
    addi a0, a0, 1
    j 2b
3:  sd zero, 0(a3)
    li a0, 0
    ret

/* long machine_string_length(const char *string, size_t limit, uint64_t *recover): `limit` when it is not shorter; -1 after a fault */
machine_string_length:
    la t0, faulted
    sd t0, 0(a2)
    mv t1, a0
    add a1, a1, a0
1:  beq a0, a1, 2f
    lb t0, 0(a0)
    beqz t0, 2f
    addi a0, a0, 1
    j 1b
2:  sd zero, 0(a2)
    sub a0, a0, t1
    ret

faulted:
    li a0, -1
    ret
