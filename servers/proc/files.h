/* files.h: the text of the files of /proc. */
#ifndef PROC_FILES_H
#define PROC_FILES_H

#include "process.h"

/* Text that grows. */
struct text {
    char *bytes;
    size_t length, capacity;
    bool failed; /* no memory */
};
[[gnu::format(printf, 2, 3)]] void text_print(struct text *text, const char *format, ...);
void text_add(struct text *text, const char *bytes, size_t length);

void write_map_line(struct text *text, uint64_t start, uint64_t end, uint64_t flags, uint64_t offset);

/* A file of /proc or of /proc/<pid>. `link`: a symbolic link whose text is what write gives. */
struct proc_file {
    const char *name;
    void (*write)(struct text *text, struct process *process); /* process: NULL at the top */
    bool link;
    enum status (*take)(const char *text, size_t length); /* what root writes to it; NULL: nobody writes */
};
/* Owner: memory.c. */
void write_vmstat(struct text *text, struct process *process);
void write_smaps(struct text *text, struct process *process);
/* Owner: services.c, /proc/services. */
void write_services(struct text *text, struct process *process);
[[nodiscard]] enum status take_services(const char *text, size_t length);
extern const struct proc_file top_files[], process_files[];
extern const size_t top_file_count, process_file_count;

#endif
