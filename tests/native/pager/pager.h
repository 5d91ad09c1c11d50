/* pager.h: what these tests share: a pager, a thread of this task that keeps an object's content in an array. */
#ifndef PAGER_H
#define PAGER_H

#include <test.h>

struct store {
    cap_t ledger, port, mem, thread, ended; /* ledger: pays for the object; ended: a notification, bit 1 */
    uint64_t size, address;                 /* of the object; where it is mapped */
    uint8_t *content;
    bool refuses;                           /* what it is asked for fails */
    _Atomic uint64_t asked, supplied, taken_back; /* requests; bytes */
};

/* An object of this size with its pager, mapped. limit: bytes of memory that it may have; 0: any. */
void store_start(struct store *store, uint64_t size, uint64_t limit);
/* The thread ends, the port and all goes. */
void store_stop(struct store *store);

#endif
