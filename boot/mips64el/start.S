/* start.S (mips64el): from the loader, in CKSEG0, on one CPU or on all of them: the boot CPU goes on to boot_main with the loader's
 * arguments, the others wait until they find their struct cpu in `parking`. */
#include <cp0.h>

#define CPUS 8 /* ARCH_MAX_CPUS */

    .set noreorder
    .section .text.start, "ax"
    .globl _start
    .type _start, @function
_start:
    lui $8, STATUS_KERNEL >> 16
    ori $8, $8, STATUS_KERNEL & 0xffff
    mtc0 $8, CP0_STATUS
    ehb
    mfc0 $8, CP0_EBASE
    andi $8, $8, 0x3ff
    bnez $8, parked
    nop
    lui $8, %hi(bss_start)
    daddiu $8, $8, %lo(bss_start)
    lui $9, %hi(bss_end)
    daddiu $9, $9, %lo(bss_end)
1:  sd $0, 0($8)
    daddiu $8, $8, 8
    bne $8, $9, 1b
    nop
    lui $28, %hi(cpus)
    daddiu $28, $28, %lo(cpus)
    lui $29, %hi(boot_stack_top)
    daddiu $29, $29, %lo(boot_stack_top)
    move $30, $0
    j boot_main
    move $31, $0
    .size _start, . - _start

    .type parked, @function
parked:
    sltiu $9, $8, CPUS
    beqz $9, 2f
    dsll $8, $8, 4
    lui $9, %hi(parking)
    daddiu $9, $9, %lo(parking)
    daddu $9, $9, $8
    li $10, 1
    sd $10, 0($9)
1:  pause
    ld $28, 8($9)
    beqz $28, 1b
    nop
    sync
    ld $29, 8($28) /* stack_top */
    move $30, $0
    j secondary_main
    move $31, $0
2:  wait
    b 2b
    nop
    .size parked, . - parked

    .data
    .balign 16
    .globl parking
parking:
    .space 16 * CPUS
