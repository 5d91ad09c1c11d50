/* start.S: the entry from firmware: PVH (Xen's x86/HVM direct boot ABI, which QEMU -kernel speaks): 32-bit protected mode, flat segments,
 * paging off, ebx = struct hvm_start_info. Makes boot tables that map the first GiB both to itself and at KERNEL_BASE, and goes on in
 * boot_main on the boot stack. */
#include <offsets.h>

#define BASE 0xffffffff80000000
#define PHYSICAL(symbol) ((symbol) - BASE)

    .section .note.pvh, "a", @note
    .long 4, 8, 18 /* name size, value size, XEN_ELFNOTE_PHYS32_ENTRY */
    .asciz "Xen"
    .quad PHYSICAL(pvh_start)

    .section .text.boot, "ax"
    .code32
    .globl pvh_start
    .type pvh_start, @function
pvh_start:
    cli
    cld
    mov $PHYSICAL(boot_stack_top), %esp
    mov $PHYSICAL(bss_start), %edi
    mov $PHYSICAL(bss_end), %ecx
    sub %edi, %ecx
    shr $2, %ecx
    xor %eax, %eax
    rep stosl

    /* One table of 2 MiB pages, reached through entries 0 and 510 of one upper table, that through entries 0 and 511 of the root. */
    movl $PHYSICAL(boot_upper) + 3, PHYSICAL(boot_root)
    movl $PHYSICAL(boot_upper) + 3, PHYSICAL(boot_root) + 511 * 8
    movl $PHYSICAL(boot_pages) + 3, PHYSICAL(boot_upper)
    movl $PHYSICAL(boot_pages) + 3, PHYSICAL(boot_upper) + 510 * 8
    mov $PHYSICAL(boot_pages), %edi
    mov $0x83, %eax
1:  mov %eax, (%edi)
    add $0x200000, %eax
    add $8, %edi
    cmp $0x40000083, %eax
    jne 1b

    mov $0x20, %eax /* CR4.PAE */
    mov %eax, %cr4
    mov $PHYSICAL(boot_root), %eax
    mov %eax, %cr3
    mov $0x80000001, %eax
    push %ebx
    cpuid
    pop %ebx
    mov %edx, %esi
    mov $0xc0000080, %ecx
    rdmsr
    or $0x100, %eax /* EFER.LME */
    test $(1 << 20), %esi
    jz 2f
    or $0x800, %eax /* EFER.NXE */
2:  wrmsr
    lgdtl PHYSICAL(boot_gdt_pointer)
    mov $0x80010001, %eax /* PG, WP, PE */
    mov %eax, %cr0
    ljmpl $KERNEL_CS, $PHYSICAL(3f)

    .code64
3:  movabs $4f, %rax
    jmp *%rax
4:  mov $KERNEL_SS, %eax
    mov %eax, %ss
    mov %eax, %ds
    mov %eax, %es
    mov $boot_stack_top, %rsp
    mov %ebx, %edi
    xor %ebp, %ebp
    call boot_main
    ud2
    .size pvh_start, . - pvh_start

    .section .rodata.boot, "a"
    .p2align 3
boot_gdt:
    .quad 0
    .quad 0x00af9b000000ffff
    .quad 0x00cf93000000ffff
boot_gdt_pointer:
    .word 23
    .long PHYSICAL(boot_gdt)

    .section .bss.pages, "aw", @nobits
    .globl boot_root
    .p2align 12
boot_root:
    .skip 4096
boot_upper:
    .skip 4096
boot_pages:
    .skip 4096

    .section .note.GNU-stack, "", @progbits
