/* vectors.h: interrupt vectors. */
#ifndef X86_64_VECTORS_H
#define X86_64_VECTORS_H

#define VECTOR_TIMER    0x20
#define VECTOR_IPI      0x21
#define VECTOR_LINE     0x28 /* + line */
#define LINES_MAX       (0xe0 - VECTOR_LINE)
#define VECTOR_PIC      0xe0 /* 16 that never should come: the old controllers are masked */
#define VECTOR_SPURIOUS 0xff

#endif
