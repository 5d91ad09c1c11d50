/* tree.c: the device tree, copied from the kernel. */
#include <drive.h>

#define HEADER 8u /* tells the size */

static enum status copy(uint8_t *to, uint64_t size)
{
    for (uint64_t at = 0, done; at < size; at += done) {
        enum status status = os_system_device_tree(BOOTSTRAP_CONTROL, at, (uintptr_t)to + at, size - at, &done);
        if (status != STATUS_OK)
            return status;
        if (!done)
            return STATUS_NOT_FOUND;
    }
    return STATUS_OK;
}

enum status device_tree_open(struct fdt *fdt)
{
    alignas(4) uint8_t header[HEADER];
    enum status status = copy(header, sizeof header);
    uint32_t size = status == STATUS_OK ? fdt_total_size(header) : 0;
    if (status != STATUS_OK || !size)
        return status != STATUS_OK ? status : STATUS_BAD_FORMAT;
    uint8_t *blob = os_allocate(size);
    if (!blob)
        return STATUS_NO_MEMORY;
    status = copy(blob, size);
    if (status == STATUS_OK && !fdt_open(fdt, blob, size))
        status = STATUS_BAD_FORMAT;
    if (status != STATUS_OK)
        os_free(blob);
    return status;
}
