/* call.S (mips64el): the program's calls as calls of the runtime: no trap. Contract: lib/posix/process.h. The thread page is found by the
 * thread pointer (callers.h). Number and arguments are in $4 to $10, the result in $2: a negated errno where it failed. */
#include "offsets.h"
#include "save.h"
#define LINUX_FIRST 5000

    .set noreorder
    .set noat

/* --- as the program's own code: signals enter here as anywhere in it --------------------------------------------------------------------- */
    .section .entry_page.call, "ax", @progbits
    .globl entry_call
    .hidden entry_call

/* long entry_call(long number, long a, long b, long c, long d, long e, long f) */
entry_call:
    daddiu $2, $4, -LINUX_FIRST
    sltiu $3, $2, ENTRY_QUICK_LAST + 1
    beqz $3, 1f
    lui $3, 0x30 /* the page of entries, at 0x3000000000 */
    dsll $3, $3, 16
    daddu $2, $2, $3
    lbu $2, %lo(entry_quick)($2)
    beqz $2, 1f
    ori $12, $0, 0xfffc
    daddu $3, $3, $12 /* 4 below the process's page */
    daddu $3, $3, $2
    jr $31
    lwu $2, 0($3)
1:  j call_ordinary
    nop

/* The runtime does not know the thread pointer: tell it by a trap, then call again, $12 = 1: as a cancellation point. What it cannot remember
 * (a thread that has no thread pointer yet) calls by a trap. */
entry_stranger:
    daddiu $29, $29, -32
    sd $7, 0($29) /* $7 says whether a call failed; $10 and $12 are lost */
    sd $10, 8($29)
    sd $12, 16($29)
    li $2, CALLER_REGISTER
    syscall
    ld $7, 0($29)
    ld $10, 8($29)
    ld $12, 16($29)
    daddiu $29, $29, 32
    bnez $2, 2f
    nop
    beqz $12, 1b
    nop
    j call_point
    nop
2:  move $2, $4
    move $4, $5
    move $5, $6
    move $6, $7
    move $7, $8
    move $8, $9
    move $9, $10
    syscall
    beqz $7, 3f
    nop
    dnegu $2, $2
3:  jr $31
    nop

/* The call is done: $2 = result, $1 = the thread page, $31 = where to return to, $29 = what it is then. */
entry_leave:
    ld $13, MACHINE_UPCALL_PENDING($1)
    bnez $13, 1f
    nop
    jr $31
    nop
1:  j call_interrupted
    nop

/* --- in the runtime: signals wait ----------------------------------------------------------------------------------------------------------- */
    .section .text.entry, "ax", @progbits
    .globl call_point, call_ordinary, call_interrupted
    .hidden call_point, call_ordinary, call_interrupted

/* $1 = the thread page. */
    .macro switch_stacks
    sd $31, FRAME_PC_AT($1)
    sd $29, FRAME_R(29)($1)
    ld $29, MACHINE_UPCALL_STACK($1)
    .endm

call_point:
    b 1f
    li $12, 1
call_ordinary:
    move $12, $0
1:  rdhwr $3, $29
    dsrl $2, $3, CALLER_LOW
    dsrl $13, $3, CALLER_HIGH
    xor $2, $2, $13
    andi $2, $2, CALLERS - 1
    dsll $2, $2, 3
    lui $13, %highest(callers)
    daddiu $13, $13, %higher(callers)
    dsll $13, $13, 16
    daddiu $13, $13, %hi(callers)
    dsll $13, $13, 16
    daddu $2, $2, $13
    ld $2, %lo(callers)($2)
    dsrl $13, $2, CALLER_SHIFT
    bne $13, $3, 2f
    dext $1, $2, 0, CALLER_SHIFT
    beqz $1, 2f
    dsll $1, $1, 16
    sd $12, FRAME_CAUSE_AT($1)
    sd $4, FRAME_R(2)($1)
    sd $5, FRAME_R(4)($1)
    sd $6, FRAME_R(5)($1)
    sd $7, FRAME_R(6)($1)
    sd $8, FRAME_R(7)($1)
    sd $9, FRAME_R(8)($1)
    sd $10, FRAME_R(9)($1)
    switch_stacks
    jal called
    move $4, $1
    dsrl $1, $29, 16
    daddiu $13, $2, -CALL_UNFINISHED
    beqz $13, unfinished
    dsll $1, $1, 16
    ld $31, FRAME_PC_AT($1)
    j entry_leave
    ld $29, FRAME_R(29)($1)
2:  j entry_stranger
    nop

unfinished:
    save_the_rest
    jal call_finish
    move $4, $1
    j runtime_resume
    nop

/* A signal waits: continue behind the call by way of the kernel. */
call_interrupted:
    sd $2, FRAME_R(2)($1)
    switch_stacks
    save_the_rest
    jal call_continue
    move $4, $1
    j runtime_resume
    nop
