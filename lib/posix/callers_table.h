/* callers_table.h: what assembly and C know of the table of callers (callers.h). */
#ifndef POSIX_CALLERS_TABLE_H
#define POSIX_CALLERS_TABLE_H

#define CALLERS_BITS 9
#define CALLERS (1 << CALLERS_BITS) /* words: thread pointer << CALLER_SHIFT | thread page >> 16; 0: none */
#define CALLER_SHIFT 26
/* The word's index: thread pointer >> CALLER_LOW ^ thread pointer >> CALLER_HIGH. */
#define CALLER_LOW 14
#define CALLER_HIGH 22
#define CALLER_REGISTER 0x48656464 /* the number of the call by which a thread enters itself; 0: it is in */

#endif
