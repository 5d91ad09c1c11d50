/* figures.c: reading /proc, printing RESULT lines. */
#include "figures.h"
#include "../linux/arch.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static figure find(const char *path, const char *name, figure scale)
{
    char line[256];
    figure value = 0;
    FILE *file = fopen(path, "r");
    size_t length = strlen(name);
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, name, length) == 0 && (line[length] == ' ' || line[length] == ':'))
            value = strtoull(line + length + 1, NULL, 10) * scale;
    if (file)
        fclose(file);
    return value;
}

figure vmstat(const char *name) { return find("/proc/vmstat", name, 1); }
figure free_bytes(void) { return find("/proc/meminfo", "MemFree", 1024); }
figure total_bytes(void) { return find("/proc/meminfo", "MemTotal", 1024); }

figure cluster_size(void)
{
    figure size = vmstat("cluster_bytes");
    return size ? size : (figure)sysconf(_SC_PAGESIZE);
}

/* Add up what `line_value` says of the lines of the regions in the range. */
static figure sum_of_regions(const void *start, size_t size, figure (*line_value)(const char *line, size_t least), size_t least)
{
    char line[512];
    figure sum = 0;
    int inside = 0;
    FILE *file = fopen("/proc/self/smaps", "r");
    while (file && fgets(line, sizeof line, file)) {
        char *end;
        figure low = strtoull(line, &end, 16);
        if (end != line && *end == '-')
            inside = low < (uintptr_t)start + size && strtoull(end + 1, NULL, 16) > (uintptr_t)start;
        else if (inside)
            sum += line_value(line, least);
    }
    if (file)
        fclose(file);
    return sum;
}

static figure resident_of(const char *line, size_t least)
{
    (void)least;
    return strncmp(line, "Rss:", 4) == 0 ? strtoull(line + 4, NULL, 10) << 10 : 0;
}

static figure mapped_of(const char *line, size_t least)
{
    figure sum = 0, kib, count;
    int length;
    if (strncmp(line, "AnonHugePages:", 14) == 0 && vmstat("cluster_bytes") == 0) /* Linux */
        return strtoull(line + 14, NULL, 10) << 10;
    if (strncmp(line, "Mapped:", 7) != 0)
        return 0;
    for (line += 7; sscanf(line, " %lluK:%llu%n", &kib, &count, &length) == 2; line += length)
        sum += kib << 10 >= least ? (kib << 10) * count : 0;
    return sum;
}

figure resident_bytes(const void *start, size_t size) { return sum_of_regions(start, size, resident_of, 0); }
figure mapped_bytes(const void *start, size_t size, size_t least) { return sum_of_regions(start, size, mapped_of, least); }

figure now(void) { return ticks() * (1000000000ull / tick_hz()); }

static void print_thousandths(figure value) { printf("%llu.%03llu", value / 1000, value % 1000); }

void result(const char *name, figure thousandths, const char *unit)
{
    printf("RESULT %s median ", name);
    print_thousandths(thousandths);
    printf(" unit %s\n", unit);
    fflush(stdout);
}

static int compare(const void *a, const void *b)
{
    figure x = *(const figure *)a, y = *(const figure *)b;
    return x < y ? -1 : x > y;
}

void results(const char *name, figure *values, size_t count, const char *unit)
{
    qsort(values, count, sizeof *values, compare);
    printf("RESULT %s median %llu.000 min %llu.000 max %llu.000 batches %zu unit %s\n", name, values[count / 2], values[0], values[count - 1], count, unit);
    fflush(stdout);
}

figure percent(figure part, figure whole) { return whole ? part * 100000 / whole : 0; }
