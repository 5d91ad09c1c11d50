/* context.S (mips64el). Contract: lib/uthread/context.h. */
#include <syscall_numbers.h>

    .text
    .set noreorder
    .globl uthread_switch, uthread_on_stack, uthread_entry

    .macro each_word what
    \what $31, 0($29)
    \what $30, 8($29)
    \what $16, 16($29)
    \what $17, 24($29)
    \what $18, 32($29)
    \what $19, 40($29)
    \what $20, 48($29)
    \what $21, 56($29)
    \what $22, 64($29)
    \what $23, 72($29)
    \what $28, 80($29)
    .endm

uthread_switch:
    daddiu $29, $29, -96
    each_word sd
    sd $29, 0($4)
    move $29, $5
    each_word ld
    jr $31
    daddiu $29, $29, 96

uthread_on_stack:
    daddiu $29, $29, -16
    sd $31, 8($29)
    sd $30, 0($29)
    move $30, $29
    move $29, $4
    move $25, $5
    jalr $25
    move $4, $6
    move $29, $30
    ld $30, 0($29)
    ld $31, 8($29)
    jr $31
    daddiu $29, $29, 16

uthread_entry:
    move $30, $0
    jal uthread_upcall
    nop
    li $2, SYS_PROCESSORS_RESUME
    syscall
    break
