/* user.S (mips64el): reading and writing the program's memory, where a fault is the program's mistake. While they work, *recover (in the thread
 * page) says where a fault goes on; they use no stack, so nothing has to be undone. No access is in a branch's delay slot. */
    .set noreorder
    .text
    .globl machine_copy, machine_string_length
    .hidden machine_copy, machine_string_length

/* long machine_copy(void *to, const void *from, size_t length, uint64_t *recover): 0, or -1 after a fault */
machine_copy:
    dla $8, faulted
    sd $8, 0($7)
    daddu $6, $6, $4
    or $9, $4, $5
    or $9, $9, $6
    andi $9, $9, 7
    bnez $9, 2f
    nop
1:  beq $4, $6, 3f
    nop
    ld $8, 0($5)
    sd $8, 0($4)
    daddiu $5, $5, 8
    b 1b
    daddiu $4, $4, 8
2:  beq $4, $6, 3f
    nop
    lb $8, 0($5)
    sb $8, 0($4)
    daddiu $5, $5, 1
    b 2b
    daddiu $4, $4, 1
3:  sd $0, 0($7)
    jr $31
    move $2, $0

/* long machine_string_length(const char *string, size_t limit, uint64_t *recover): `limit` when it is not shorter; -1 after a fault */
machine_string_length:
    dla $8, faulted
    sd $8, 0($6)
    move $9, $4
    daddu $5, $5, $4
1:  beq $4, $5, 2f
    nop
    lb $8, 0($4)
    beqz $8, 2f
    nop
    b 1b
    daddiu $4, $4, 1
2:  sd $0, 0($6)
    jr $31
    dsubu $2, $4, $9

faulted:
    jr $31
    li $2, -1
