/* image.c: the boot image. Sources: abi/boot_image.h. */
#include <image.h>

#include <boot_image.h>
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>

struct image image;

static const struct boot_image *const header = (const struct boot_image *)BOOT_IMAGE_ADDRESS;

static bool inside(uint64_t offset, uint64_t length)
{
    return offset <= header->size && length <= header->size - offset;
}

static void check_header(void)
{
    if (header->magic != BOOT_IMAGE_MAGIC || !inside(header->cmdline_offset, header->cmdline_length) ||
        !inside(header->archive_offset, header->archive_size) || header->archive_raw_size == 0)
        os_fatal("the boot image is not one");
}

/* The command line lies in the image, which goes. */
static void keep_cmdline(void)
{
    char *copy = os_allocate(header->cmdline_length + 1);
    if (!copy)
        os_fatal("no memory for the command line");
    memcpy(copy, (const char *)header + header->cmdline_offset, header->cmdline_length);
    copy[header->cmdline_length] = 0;
    image.cmdline = copy;
    image.cmdline_length = header->cmdline_length;
}

static void *map_or_die(cap_t memory, uint64_t size, uint64_t flags, const char *what)
{
    uint64_t where;
    enum status status = os_mem_map(BOOTSTRAP_TASK, memory, 0, 0, size, flags, &where);
    if (status != STATUS_OK)
        os_fatal("mapping %s: %s", what, os_status_text(status));
    return (void *)where;
}

static void unpack(void)
{
    uint64_t room = os_page_round(header->archive_raw_size), work_size = os_page_round(ZSTD_estimateDCtxSize());
    enum status status = os_mem_create(BOOTSTRAP_LEDGER, room, &image.archive);
    if (status != STATUS_OK)
        os_fatal("no memory for the boot archive of %lu bytes: %s", header->archive_raw_size, os_status_text(status));
    void *to = map_or_die(image.archive, room, PROT_BIT_READ | PROT_BIT_WRITE, "the archive");
    void *work = map_or_die(CAP_NULL, work_size, PROT_BIT_READ | PROT_BIT_WRITE | MAP_ANONYMOUS, "memory to unpack with");
    ZSTD_DCtx *context = ZSTD_initStaticDCtx(work, work_size);
    if (!context)
        os_fatal("the decompressor does not start");
    const char *from = (const char *)header + header->archive_offset;
    size_t size = ZSTD_decompressDCtx(context, to, room, from, header->archive_size);
    if (ZSTD_isError(size) || size != header->archive_raw_size)
        os_fatal("the boot archive is damaged (zstd error %u)", ZSTD_getErrorCode(size));
    image.bytes = to;
    image.size = size;
    if (os_mem_unmap(BOOTSTRAP_TASK, (uintptr_t)work, work_size) != STATUS_OK ||
        os_mem_protect(BOOTSTRAP_TASK, (uintptr_t)to, room, PROT_BIT_READ) != STATUS_OK)
        os_log("cannot tidy up after unpacking the archive");
}

/* Its memory goes back to the kernel with the last mapping and capability. */
static void let_go(void)
{
    uint64_t size = os_page_round(header->size);
    enum status status = os_mem_unmap(BOOTSTRAP_TASK, BOOT_IMAGE_ADDRESS, size);
    if (status != STATUS_OK)
        os_log("unmapping the boot image: %s", os_status_text(status));
    os_drop(BOOTSTRAP_IMAGE);
}

void image_open(void)
{
    check_header();
    keep_cmdline();
    unpack();
    let_go();
}

static unsigned hex_digit(char c)
{
    return c >= '0' && c <= '9' ? (unsigned)(c - '0') : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (unsigned)((c | 0x20) - 'a' + 10) : 16;
}

static char *decode(const char *from, size_t length)
{
    char *text = os_allocate(length + 1);
    if (!text)
        return nullptr;
    size_t out = 0;
    for (size_t i = 0; i < length; i++) {
        bool coded = from[i] == '%' && i + 2 < length && hex_digit(from[i + 1]) < 16 && hex_digit(from[i + 2]) < 16;
        text[out++] = coded ? (char)(hex_digit(from[i + 1]) << 4 | hex_digit(from[i + 2])) : from[i];
        i += coded ? 2 : 0;
    }
    text[out] = 0;
    return text;
}

char *image_option(const char *name)
{
    size_t name_length = strlen(name);
    for (const char *at = image.cmdline, *end; at; at = end ? end + 1 : nullptr) {
        end = strchr(at, ' ');
        size_t length = end ? (size_t)(end - at) : strlen(at);
        if (length < name_length || memcmp(at, name, name_length) != 0)
            continue;
        if (length == name_length)
            return decode("", 0);
        if (at[name_length] == '=')
            return decode(at + name_length + 1, length - name_length - 1);
    }
    return nullptr;
}

enum status image_part(size_t offset, size_t size, cap_t ledger, cap_t *memory)
{
    uint64_t room = os_page_round(size ? size : 1);
    if ((offset & (OS_PAGE_SIZE - 1)) == 0 && offset + room <= os_page_round(image.size))
        return os_mem_clone(image.archive, ledger, offset, room, memory);
    enum status status = os_mem_create(ledger, room, memory);
    if (status != STATUS_OK)
        return status;
    for (uint64_t done = 0, part; done < size; done += part) {
        status = os_mem_write(*memory, done, (uintptr_t)image.bytes + offset + done, size - done, &part);
        if (status != STATUS_OK) {
            os_drop(*memory);
            return status;
        }
    }
    return STATUS_OK;
}
