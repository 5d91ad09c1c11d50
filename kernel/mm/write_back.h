/* write_back.h: between pager.c and write_back.c. */
#ifndef KERNEL_WRITE_BACK_H
#define KERNEL_WRITE_BACK_H

#include <mm/pager.h>

void page_request_init(struct page_request *request, struct pager *pager);
/* To the port, with its timer. */
void page_request_post(struct page_request *request, uint64_t label);
/* Off the port and the timer; who waits is woken. */
void page_request_close(struct page_request *request, enum status status);
void page_request_late(struct timer *timer);
static inline bool write_back_busy(const struct pager *pager) { return page_request_is_busy(&pager->out); }
/* The rest of what is being written back is clean, or with a failure dirty again. */
void write_back_end(struct pager *pager, enum status status);
/* [start, end) is to be written back; takes a spare. */
void pager_add_dirty(struct pager *pager, uint64_t start, uint64_t end, struct spares *spares);
/* It is not, what of it is on its way aside; takes a spare if that cuts a span in two. */
void pager_forget_dirty(struct pager *pager, uint64_t start, uint64_t end, struct spares *spares);
/* Who waits for a part of the range is told; requests that wanted a part of it are over. */
void pager_answer(struct pager *pager, uint64_t start, uint64_t end, enum status status);
void write_back_cut(struct pager *pager, uint64_t size);
void write_back_check(const struct pager *pager);

#endif
