/* mips64el.S: see machine.h. $4 = seed, $5 = rounds, $2 = result. */
    .set noreorder
    .set hardfloat
    .set noat
#define GENERAL G(16, 0) G(17, 1) G(18, 2) G(19, 3) G(20, 4) G(21, 5) G(22, 6) G(23, 7) G(30, 8)
#define FLOAT F(0) F(1) F(2) F(3) F(4) F(5) F(6) F(7) F(8) F(9) F(10) F(11) F(12) F(13) F(14) F(15) \
    F(16) F(17) F(18) F(19) F(20) F(21) F(22) F(23) F(24) F(25) F(26) F(27) F(28) F(29) F(30) F(31)

    .text
    .globl machine_spin
    .type machine_spin, @function
machine_spin:
    daddiu $29, $29, -80
#define G(r, n) sd $##r, 8 * n($29);
    GENERAL
#undef G
#define G(r, n) daddiu $##r, $4, n;
    GENERAL
#undef G
    daddiu $8, $4, 1000
    daddiu $15, $4, 1001
    mtlo $8
    mthi $15
#define F(n) daddiu $12, $4, n; dmtc1 $12, $f##n;
    FLOAT
#undef F
1:
#define G(r, n) daddiu $12, $4, n; bne $12, $##r, 2f; nop;
    GENERAL
#undef G
    mflo $13
    bne $8, $13, 2f
    mfhi $13
    bne $15, $13, 2f
    daddiu $12, $4, 1000
    bne $12, $8, 2f
    daddiu $12, $4, 1001
    bne $12, $15, 2f
    nop
#define F(n) daddiu $12, $4, n; dmfc1 $13, $f##n; bne $12, $13, 2f; nop;
    FLOAT
#undef F
    daddiu $5, $5, -1
    bnez $5, 1b
    nop
    b 3f
    move $2, $0
2:  li $2, 1
3:
#define G(r, n) ld $##r, 8 * n($29);
    GENERAL
#undef G
    jr $31
    daddiu $29, $29, 80
    .size machine_spin, . - machine_spin

    .globl machine_one, machine_one_end, machine_two, machine_two_end
machine_one:
    jr $31
    li $2, 1
machine_one_end:
machine_two:
    jr $31
    li $2, 2
machine_two_end:

    .globl machine_tls_stays
    .type machine_tls_stays, @function
machine_tls_stays:
    jr $31
    li $2, 1
    .size machine_tls_stays, . - machine_tls_stays
