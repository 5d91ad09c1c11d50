/* vmstat: the memory of the system: what is held and by whom, what is free and in which pieces, what was done for large pages.
 *
 *     vmstat [SECONDS [COUNT]]     again every so many seconds, COUNT times: what was done since the last time */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINES_MOST 128

struct figure {
    char name[48];
    unsigned long long value, last;
};
static struct figure figures[LINES_MOST];
static unsigned count;

/* Returns: 0, or -1 when /proc/vmstat cannot be read. */
static int read_figures(void)
{
    FILE *file = fopen("/proc/vmstat", "r");
    if (!file) {
        perror("vmstat: /proc/vmstat");
        return -1;
    }
    static struct figure now[LINES_MOST];
    unsigned n = 0;
    for (; n < LINES_MOST && fscanf(file, "%47s %llu", now[n].name, &now[n].value) == 2; n++) {
        now[n].last = 0;
        for (unsigned i = 0; i < count; i++)
            if (strcmp(figures[i].name, now[n].name) == 0)
                now[n].last = figures[i].value;
    }
    fclose(file);
    memcpy(figures, now, n * sizeof now[0]);
    count = n;
    return 0;
}

static const struct figure *find(const char *name)
{
    static const struct figure none;
    for (unsigned i = 0; i < count; i++)
        if (strcmp(figures[i].name, name) == 0)
            return &figures[i];
    return &none;
}

static unsigned long long kib(const char *name) { return find(name)->value >> 10; }
static unsigned long long since(const char *name) { return find(name)->value - find(name)->last; }

static void show_held(void)
{
    printf("held        programs %llu KiB, kernel %llu KiB: page tables %llu, slabs %llu (of which free %llu)\n", kib("user_bytes"), kib("kernel_bytes"),
           kib("page_table_bytes"), kib("heap_bytes"), kib("heap_free_bytes"));
    printf("metadata    %llu bytes: regions %llu, extents and shares %llu, objects %llu, reservations %llu, pieces of clusters %llu\n",
           find("region_bytes")->value + find("extent_bytes")->value + find("object_bytes")->value + find("reservation_bytes")->value +
               find("piece_record_bytes")->value,
           find("region_bytes")->value, find("extent_bytes")->value, find("object_bytes")->value, find("reservation_bytes")->value,
           find("piece_record_bytes")->value);
}

static void show_free(void)
{
    printf("free        clusters %llu KiB (reserved %llu, zeroed %llu), pieces %llu KiB\n", kib("free_cluster_bytes"), kib("free_reserved_bytes"),
           kib("free_zeroed_bytes"), kib("free_piece_bytes"));
    printf("free runs   %llu, by the largest aligned block inside:", find("free_runs")->value);
    for (unsigned i = 0; i < count; i++)
        if (strncmp(figures[i].name, "free_runs_of_", 13) == 0)
            printf(" %lluK:%llu", strtoull(figures[i].name + 13, NULL, 10) >> 10, figures[i].value);
    printf("\n");
}

static void show_done(void)
{
    printf("faults      %llu; %llu KiB of fresh memory were zeroed ahead\n", since("pgfault"), since("zeroed_ahead_bytes") >> 10);
    printf("superpages  reservations %llu made, %llu filled, %llu broken; now %llu\n", since("reservations_made"), since("reservations_filled"),
           since("reservations_broken"), find("reservations")->value);
    printf("            promotions %llu, demotions %llu, repaired %llu\n", since("promotions"), since("demotions"), since("repairs"));
    printf("copied      on write %llu KiB, parts of clusters %llu KiB, repair %llu KiB\n", since("copied_cow_bytes") >> 10,
           since("copied_gather_bytes") >> 10, since("copied_repair_bytes") >> 10);
    printf("tlb         flushes %llu, other CPUs interrupted for them %llu\n", since("tlb_flushes"), since("tlb_flush_ipis"));
}

int main(int argc, char **argv)
{
    unsigned seconds = argc > 1 ? (unsigned)atoi(argv[1]) : 0, times = argc > 2 ? (unsigned)atoi(argv[2]) : 0;
    if ((argc > 1 && !seconds) || (argc > 2 && !times) || argc > 3) {
        fprintf(stderr, "usage: vmstat [SECONDS [COUNT]]\n");
        return 2;
    }
    for (unsigned i = 0;; i++) {
        if (read_figures() < 0)
            return 1;
        show_held();
        show_free();
        show_done();
        if (!seconds || (times && i + 1 == times))
            return 0;
        printf("\n");
        fflush(stdout);
        sleep(seconds);
    }
}
