/* memory_calls.h: what the parts of memory_calls share: names of errors, and what a program sees of a range of pages. */
#ifndef MEMORY_CALLS_H
#define MEMORY_CALLS_H

#include <stddef.h>

#define WINDOW 40 /* pages */

extern size_t page;
extern char *window; /* WINDOW pages of address space that nothing else is in */

/* "what: 0", or the error's name; addresses in the window as pages. */
void tell(const char *what, long result);
/* What reads and writes of each page of [first, first + count) meet, and the first byte: "w07" written, "r07" read, "--" neither (EACCES), ".."
 * nothing there, "!!" beyond the end of a file. Written pages keep their byte. */
void show(const char *what, unsigned first, unsigned count);
/* The same of the whole window as one number. */
unsigned long digest(void);
/* Nothing is mapped in the window. */
void clear(void);
/* Anonymous private memory there, each page with its number and one as the first byte. */
void fill(unsigned first, unsigned count);
char *at(unsigned number);
/* A file of so many bytes, page n beginning with 'A' + n. */
int make_file(size_t size, int flags);

void trace_random(unsigned seed, unsigned steps);

#endif
