/* offer.c: devices as buses offer them to init. */
#include <offer.h>

#include <protocols/service.h>

/* Virtual I/O Device 1.2, chapter 5. NULL: other kinds have no name. */
static const char *const kinds[] = {
    [1] = "net", [2] = "block", [3] = "console", [4] = "entropy", [5] = "balloon", [8] = "scsi", [9] = "9p", [16] = "gpu", [18] = "input",
    [19] = "socket", [20] = "crypto", [25] = "sound", [26] = "fs",
};

void bus_offer(uint64_t place, const char *name, uint32_t virtio_kind, cap_t facet)
{
    char names[96];
    const char *kind = virtio_kind < ARRAY_LENGTH(kinds) ? kinds[virtio_kind] : nullptr;
    int length = kind ? os_format(names, sizeof names, "virtio %s,%s", kind, name) : os_format(names, sizeof names, "%s", name);
    enum status status = service_offer(BOOTSTRAP_INIT, place, names, (size_t)length, facet);
    if (status != STATUS_OK)
        os_log("init does not take %s: %s", names, os_status_text(status));
}
