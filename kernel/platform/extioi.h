/* extioi.h: the extended I/O interrupt controller of LoongArch CPUs: vectors of the bridge's controller to one CPU. Reached by IOCSRs. */
#ifndef KERNEL_EXTIOI_H
#define KERNEL_EXTIOI_H

/* Vectors 0 .. lines-1 go to the CPU numbered 0 of the first node, as its IP0. lines: at most 256. */
void extioi_init(unsigned lines);
/* A vector that is pending on the calling CPU; -1: none. */
int extioi_claim(void);
void extioi_complete(unsigned vector);

#endif
