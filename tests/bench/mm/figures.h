/* figures.h: what the system says of its memory, and how results are printed. Works on Linux too, where less is said. */
#ifndef FIGURES_H
#define FIGURES_H

#include <stddef.h>

typedef unsigned long long figure;

/* A line of /proc/vmstat; 0: there is none. */
figure vmstat(const char *name);
/* The same, or what is said elsewhere on Linux. */
figure cluster_size(void);
figure free_bytes(void), total_bytes(void);
/* Bytes of [start, start + size) of this process that are present, and that are mapped by pages or hints of at least that size. */
figure resident_bytes(const void *start, size_t size);
figure mapped_bytes(const void *start, size_t size, size_t least);

/* Instructions since some time, under -icount. */
figure now(void);
/* RESULT name median value ... unit; thousandths. */
void result(const char *name, figure thousandths, const char *unit);
/* The same of many: median, least, most. Sorts them. */
void results(const char *name, figure *values, size_t count, const char *unit);
/* part of whole in thousandths of a percent. */
figure percent(figure part, figure whole);

#endif
