/* pager.h: memory objects whose content comes from a program, their pager: what is absent is asked for in a message to its port and supplied by it;
 * what was written since is known, and given back to it before it leaves memory.
 * Locks: the object's (today: the kernel lock). */
#ifndef KERNEL_PAGER_H
#define KERNEL_PAGER_H

#include <ipc/ipc.h>
#include <mm/mem_object.h>

/* What the pager was asked for and has not done yet. */
struct page_request {
    struct span range;      /* PAGE_IN: of pager->requests. What is asked for: with read-ahead; what is still to be written back. First member */
    struct event event;     /* at the port until the pager takes it */
    struct pager *pager;
    struct list port_link;  /* on port->requests */
    struct list waiters;    /* threads, PAGING */
    struct timer timer;
    uint64_t wanted;        /* PAGE_IN: the MP that was touched; its presence ends the request */
    bool taken;             /* by the pager */
};

struct pager {
    struct mem_object *mem;
    struct port *port;          /* holds a reference */
    uint64_t key;               /* names the object in messages; fixed */
    uint64_t timeout_ns;        /* of a request; 0: none. Fixed */
    struct tree requests;       /* struct page_request.range, PAGE_IN */
    struct tree dirty;          /* spans that were written since they were supplied or written back, and are not being written back */
    struct page_request out;    /* the one range that is being written back; empty: none */
    struct span *out_record;    /* of the dirty span that it was, for its way back */
    uint64_t ahead_at, ahead;   /* where one who reads in order touches next; how much was asked for last */
    struct list link;           /* of all pagers (reclaim.c) */
    uint64_t hand;              /* how far reclaim is in the object */
    uint64_t fresh, fresh_end;  /* what was supplied last: who waits for it may not have touched it yet */
    uint64_t out_most, ahead_most; /* bytes, at once, back and ahead; 0: as usual */
    unsigned barren;            /* its rounds that gave nothing */
};

/* --- the object's side: mem_object.c, fault.c, fill.c ------------------------------------------------------------------------------- */
/* An object of this size, paid by the ledger, whose pager receives from the port. */
[[nodiscard]] enum status pager_create(struct ledger *ledger, struct port *port, uint64_t size, uint64_t key, uint64_t timeout_ns, struct mem_object **mem);
/* Give back up to `steps` records of an object that ends; true when all are gone, and the pager. */
bool pager_end_some(struct mem_object *mem, unsigned steps);
/* Nothing is present at the offset: ask for it. Returns PAGE_AWAITED, or why not: PEER_GONE, DEADLOCK (the thread serves the port), NO_MEMORY,
 * LEDGER_SPENT. */
[[nodiscard]] enum status pager_ask(struct mem_object *mem, uint64_t offset);
/* The MP at the offset, which is present, is going to be written. Returns NO_MEMORY, LEDGER_SPENT. */
[[nodiscard]] enum status pager_dirty(struct mem_object *mem, uint64_t offset);
/* Is the MP at the offset dirty? [*start, *end): what lies around it and is of the same kind. */
bool pager_is_dirty(const struct mem_object *mem, uint64_t offset, uint64_t *start, uint64_t *end);
/* The object ends at `size` now, and nothing is present beyond. */
void pager_cut(struct mem_object *mem, uint64_t size);

/* --- the pager's side: sys_pager.c. NOT_SUPPORTED: the object has no pager; INVALID_ARGUMENT: no whole MPs; OUT_OF_RANGE ------------------ */
/* What is absent of [offset, offset + length) gets the content of the user span. *done counts up from what it is, over what was present, too; OK
 * with *done < length: an interrupt waits, or memory is short. Returns NO_MEMORY, LEDGER_SPENT (of the object's ledger), BAD_ADDRESS, PAGE_AWAITED. */
[[nodiscard]] enum status pager_supply(struct mem_object *mem, uint64_t offset, uint64_t length, struct space *from, uaddr_t buffer, uint64_t *done);
/* Who waits for a part of the range gets the status. */
[[nodiscard]] enum status pager_refuse(struct mem_object *mem, uint64_t offset, uint64_t length, enum status reason);
/* The range, which begins where what is to be written back begins, was written, or not: then all of the rest is dirty again. BAD_STATE. */
[[nodiscard]] enum status pager_written(struct mem_object *mem, uint64_t offset, uint64_t length, enum status result);
/* Ask for the first dirty range at or after `start`, if it begins below `end`, to be written back. Returns: what is to be waited for, which may
 * be another range, written back already; NULL: nothing is dirty there. *status: NO_MEMORY, PEER_GONE. */
struct page_request *pager_write_back(struct mem_object *mem, uint64_t start, uint64_t end, enum status *status);
/* What is dirty in [*start, end) is written back and waited for, range by range: *start is how far it has come. Returns OK: none is left;
 * PAGE_AWAITED, NO_MEMORY, PEER_GONE. */
[[nodiscard]] enum status pager_sync(struct mem_object *mem, uint64_t *start, uint64_t end);
/* NOT_SUPPORTED: no pager; INVALID_ARGUMENT: no whole MPs; OUT_OF_RANGE. */
[[nodiscard]] enum status pager_range(const struct mem_object *mem, uint64_t offset, uint64_t length);
/* Take what is present and clean in the range out of memory, where no locked region shows it. *bytes: how much that was. */
[[nodiscard]] enum status pager_evict(struct mem_object *mem, uint64_t start, uint64_t end, uint64_t *bytes);

/* --- threads: sched/paging.c -------------------------------------------------------------------------------------------------------------- */
/* The present thread is to wait for the request, for the part at the offset. Returns PAGE_AWAITED; DEADLOCK: it serves the port. */
[[nodiscard]] enum status page_await(struct page_request *request, uint64_t offset);
/* Something is asked for. */
static inline bool page_request_is_busy(const struct page_request *request) { return request->range.start < request->range.end; }
static inline bool page_request_is_out(const struct page_request *request) { return request == &request->pager->out; }
/* A thread that waited is woken: OK, to try again, or with the failure. */
void thread_page_done(struct thread *thread, enum status status);
/* The thread left the request's waiters. */
void page_request_left(struct page_request *request);

/* --- messages: ipc/ ------------------------------------------------------------------------------------------------------------------------ */
/* The pager takes the request's message. Returns its badge. */
uint64_t page_request_take(struct event *event, uint64_t word[MESSAGE_WORDS]);
/* End one of the requests to the port, which is dead, or one that was taken. False: there is none. */
bool page_request_break(struct port *port, bool taken);

void pager_check(struct mem_object *mem);

#endif
