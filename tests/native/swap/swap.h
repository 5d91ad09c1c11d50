/* swap.h: tests of memory that goes to swap: a pager for it, and tasks that use more memory than there is. */
#ifndef SWAP_H
#define SWAP_H

#include <test.h>

/* Where memory goes, and the thread that keeps it. */
struct swap {
    cap_t port, mem, thread, ended;
    uint64_t size;
    uint8_t *content;
    _Atomic uint64_t written, supplied;
    _Atomic bool refuses;      /* to bring anything back */
    _Atomic bool forgets;      /* takes the next request and does nothing about it, once */
    _Atomic bool forgot;
};
extern struct swap swap;

/* All but `left` bytes of memory are in use, and so many more may go out. Locked memory of this task, whose ledger is kept. */
void swap_begin(uint64_t left, uint64_t size);
/* Requires: nobody has memory there. */
void swap_end(void);
uint64_t memory_figure(uint64_t what);

#endif
