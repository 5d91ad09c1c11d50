/* pmap: the address space of processes: each region with what is present of it and the sizes of pages and hints that map it.
 *
 *     pmap PID...                  "self" is pmap itself */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIZES_MOST 24

struct region {
    char place[64], prot[8];
    unsigned long long size, resident; /* KiB */
    char mapped[256];
};

struct size { unsigned long long kib, count; };
static struct size totals[SIZES_MOST];

static void add_size(unsigned long long kib, unsigned long long count)
{
    for (unsigned i = 0; i < SIZES_MOST; i++) {
        if (totals[i].kib && totals[i].kib != kib)
            continue;
        totals[i].kib = kib;
        totals[i].count += count;
        return;
    }
}

static void add_sizes(const char *words)
{
    unsigned long long kib, count;
    int length;
    for (; sscanf(words, " %lluK:%llu%n", &kib, &count, &length) == 2; words += length)
        add_size(kib, count);
}

static void show(const struct region *region)
{
    if (region->place[0])
        printf("%-28s %s %9lluK %9lluK  %s\n", region->place, region->prot, region->size, region->resident, region->mapped);
}

/* Returns: 0, or 1 when there is no such process. */
static int show_process(const char *pid)
{
    char path[64], line[512];
    snprintf(path, sizeof path, "/proc/%.32s/smaps", pid);
    FILE *file = fopen(path, "r");
    if (!file) {
        fprintf(stderr, "pmap: there is no process %s\n", pid);
        return 1;
    }
    struct region region = {0};
    unsigned long long size = 0, resident = 0;
    memset(totals, 0, sizeof totals);
    printf("%-28s %-4s %10s %10s  %s\n", "address", "prot", "size", "present", "size:count of pages");
    while (fgets(line, sizeof line, file)) {
        struct region next = {0};
        line[strcspn(line, "\n")] = 0;
        if (sscanf(line, "%63[0-9a-f-] %7[rwxsp-]", next.place, next.prot) == 2 && strchr(next.place, '-')) {
            show(&region);
            region = next;
        } else if (sscanf(line, "Size: %llu", &region.size) == 1) {
            size += region.size;
        } else if (sscanf(line, "Rss: %llu", &region.resident) == 1) {
            resident += region.resident;
        } else if (strncmp(line, "Mapped: ", 8) == 0) {
            snprintf(region.mapped, sizeof region.mapped, "%s", line + 8);
            add_sizes(region.mapped);
        }
    }
    show(&region);
    fclose(file);
    printf("%-28s %-4s %9lluK %9lluK ", "all", "", size, resident);
    for (unsigned i = 0; i < SIZES_MOST && totals[i].kib; i++)
        printf(" %lluK:%llu", totals[i].kib, totals[i].count);
    printf("\n");
    return 0;
}

int main(int argc, char **argv)
{
    int failed = 0;
    if (argc < 2) {
        fprintf(stderr, "usage: pmap PID...\n");
        return 2;
    }
    for (int i = 1; i < argc; i++)
        failed |= show_process(argv[i]);
    return failed;
}
