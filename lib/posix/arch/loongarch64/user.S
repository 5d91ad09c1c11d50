/* user.S (loongarch64): reading and writing the program's memory, where a fault is the program's mistake. While they work, *recover (in the
 * thread page) says where a fault goes on; they use no stack, so nothing has to be undone. */
    .text
    .globl machine_copy, machine_string_length
    .hidden machine_copy, machine_string_length

/* long machine_copy(void *to, const void *from, size_t length, uint64_t *recover): 0, or -1 after a fault */
machine_copy:
    la.pcrel $t0, faulted
    st.d $t0, $a3, 0
    add.d $a2, $a2, $a0
    or $t1, $a0, $a1
    or $t1, $t1, $a2
    andi $t1, $t1, 7
    bnez $t1, 2f
1:  beq $a0, $a2, 3f
    ld.d $t0, $a1, 0
    st.d $t0, $a0, 0
    addi.d $a1, $a1, 8
    addi.d $a0, $a0, 8
    b 1b
2:  beq $a0, $a2, 3f
    ld.b $t0, $a1, 0
    st.b $t0, $a0, 0
    addi.d $a1, $a1, 1
    addi.d $a0, $a0, 1
    b 2b
3:  st.d $zero, $a3, 0
    move $a0, $zero
    jr $ra

/* long machine_string_length(const char *string, size_t limit, uint64_t *recover): `limit` when it is not shorter; -1 after a fault */
machine_string_length:
    la.pcrel $t0, faulted
    st.d $t0, $a2, 0
    move $t1, $a0
    add.d $a1, $a1, $a0
1:  beq $a0, $a1, 2f
    ld.b $t0, $a0, 0
    beqz $t0, 2f
    addi.d $a0, $a0, 1
    b 1b
2:  st.d $zero, $a2, 0
    sub.d $a0, $a0, $t1
    jr $ra

faulted:
    addi.d $a0, $zero, -1
    jr $ra
