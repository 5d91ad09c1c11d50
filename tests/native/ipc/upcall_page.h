/* upcall_page.h: offsets in struct thread_page; asserted in upcalls.c. */
#ifndef TESTS_IPC_UPCALL_PAGE_H
#define TESTS_IPC_UPCALL_PAGE_H

#define PAGE_UPCALL_STACK 0x88
#define PAGE_UPCALL_REASON 0x90
#define PAGE_FRAME 0xd0

#endif
