/* manifest.h: what a service says about itself (text of abi/bootstrap.h), as init uses it. */
#ifndef INIT_MANIFEST_H
#define INIT_MANIFEST_H

#include <stddef.h>
#include <status.h>
#include <stdint.h>

enum manifest_device : int { DEVICE_NONE, DEVICE_CONSOLE_16550, DEVICE_CONSOLE_PL011, DEVICE_ON_BUS };

/* What a service may ask of init beyond lookup and ready. */
#define MAY_FILES   (1u << 0)
#define MAY_ARCHIVE (1u << 1)
#define MAY_SESSION (1u << 2)
#define MAY_POWER   (1u << 3)
#define MAY_KILL    (1u << 4)
#define MAY_LIST    (1u << 5)
#define MAY_OFFER   (1u << 6)

struct manifest {
    char       *text;            /* the strings below lie in it */
    const char *name;
    const char *exports;         /* NULL: nothing */
    const char **imports;
    size_t      import_count, import_capacity;
    uint32_t    control;         /* RIGHT_CONTROL_* */
    uint32_t    may;             /* MAY_* */
    enum manifest_device device;
    const char *drives;          /* of DEVICE_ON_BUS: names of devices, with commas between them */
    bool        restarts, starts_at_boot;
    bool        kept;            /* its memory does not go to swap */
    bool        limits_ledgers;  /* may make ledgers below its own */
    uint64_t    memory;          /* limit in bytes, 0: none */
    uint64_t    priority;        /* UINT64_MAX: as usual */
    uint64_t    queue;           /* messages that can wait at its port without their sender */
    uint64_t    stack;           /* bytes */
    uint64_t    dma;             /* bytes that its device reads and writes; 0: none */
};

/* Returns: OK; BAD_FORMAT, with the number of the line that is wrong in *line (0: a key is missing); NO_MEMORY. Owner: free with manifest_free. */
[[nodiscard]] enum status manifest_parse(struct manifest *manifest, const char *text, size_t length, unsigned *line);
void manifest_free(struct manifest *manifest);
/* Is one of the device's names (with commas between them) among those that the manifest drives? */
bool manifest_drives(const struct manifest *manifest, const char *names);

#endif
