/* device.c: the memory devices: null, zero, full, random, urandom. Random numbers come from ChaCha20 in counter mode, keyed from the
 * clocks and reseeded by what is written (docs/limits.md: there is no hardware source of entropy yet). */
#include "tmpfs.h"
#include <protocols/file_server.h>

enum minor : unsigned { MINOR_NULL = 3, MINOR_ZERO = 5, MINOR_FULL = 7, MINOR_RANDOM = 8, MINOR_URANDOM = 9 };

struct device {
    struct node *node;
    uint64_t flags;
    enum minor minor;
};

/* --- random ----------------------------------------------------------------------------------------------------------------------------- */
static uint32_t key[8];
static uint64_t counter;
static bool seeded;

static uint32_t rotate(uint32_t x, int n) { return x << n | x >> (32 - n); }

static void quarter(uint32_t *s, int a, int b, int c, int d)
{
    s[a] += s[b], s[d] = rotate(s[d] ^ s[a], 16);
    s[c] += s[d], s[b] = rotate(s[b] ^ s[c], 12);
    s[a] += s[b], s[d] = rotate(s[d] ^ s[a], 8);
    s[c] += s[d], s[b] = rotate(s[b] ^ s[c], 7);
}

/* RFC 8439, section 2.3, with a 64-bit counter. */
static void block(uint32_t out[16])
{
    uint32_t in[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
    memcpy(in + 4, key, sizeof key);
    in[12] = (uint32_t)counter;
    in[13] = (uint32_t)(counter >> 32);
    counter++;
    memcpy(out, in, sizeof in);
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 4; i++)
            quarter(out, i, i + 4, i + 8, i + 12);
        for (int i = 0; i < 4; i++)
            quarter(out, i, (i + 1) % 4 + 4, (i + 2) % 4 + 8, (i + 3) % 4 + 12);
    }
    for (int i = 0; i < 16; i++)
        out[i] += in[i];
}

/* Mix bytes into the key and move on, so that earlier output can't be computed from later state. */
static void stir(const void *bytes, size_t length)
{
    uint32_t out[16];
    for (size_t i = 0; i < length; i++) {
        ((unsigned char *)key)[i % sizeof key] ^= ((const unsigned char *)bytes)[i];
        if (i % sizeof key == sizeof key - 1 || i + 1 == length) {
            block(out);
            memcpy(key, out, sizeof key);
        }
    }
}

static void random_bytes(char *to, size_t length)
{
    if (!seeded) {
        uint64_t seed[4] = {os_now(), os_wall_clock(), (uint64_t)to, 0};
        (void)os_system_info(BOOTSTRAP_CONTROL, SYSTEM_SWITCHES, &seed[3]);
        stir(seed, sizeof seed);
        seeded = true;
    }
    uint64_t now = os_now();
    stir(&now, sizeof now);
    for (size_t done = 0; done < length;) {
        uint32_t out[16];
        block(out);
        size_t piece = length - done < sizeof out ? length - done : sizeof out;
        memcpy(to + done, out, piece);
        done += piece;
    }
    stir(&length, sizeof length);
}

/* --- open descriptions -------------------------------------------------------------------------------------------------------------------- */
static enum status op_read(void *self, struct request *rq, uint64_t, uint64_t, uint64_t *count)
{
    static char bytes[4096];
    struct device *device = self;
    if (device->minor == MINOR_NULL)
        return STATUS_OK; /* end of file */
    bool random = device->minor == MINOR_RANDOM || device->minor == MINOR_URANDOM;
    if (!random)
        memset(bytes, 0, sizeof bytes);
    for (uint64_t done = 0; done < rq->out_length;) {
        uint64_t piece = rq->out_length - done < sizeof bytes ? rq->out_length - done : sizeof bytes;
        if (random)
            random_bytes(bytes, piece);
        enum status status = request_write(rq, done, bytes, piece);
        if (status != STATUS_OK)
            return status;
        done += piece;
    }
    *count = rq->out_length;
    return STATUS_OK;
}

static enum status op_write(void *self, struct request *rq, uint64_t, uint64_t, uint64_t *count)
{
    struct device *device = self;
    char bytes[256];
    if (device->minor == MINOR_FULL)
        return rq->in_length == 0 ? STATUS_OK : STATUS_NO_SPACE;
    if (device->minor == MINOR_RANDOM || device->minor == MINOR_URANDOM)
        for (uint64_t done = 0; done < rq->in_length && done < 16 * sizeof bytes; done += sizeof bytes) {
            uint64_t piece = rq->in_length - done < sizeof bytes ? rq->in_length - done : sizeof bytes;
            enum status status = request_read(rq, done, bytes, piece);
            if (status != STATUS_OK)
                return status;
            stir(bytes, piece);
        }
    *count = rq->in_length;
    return STATUS_OK;
}

static enum status op_seek(void *, struct request *, int64_t, uint64_t, uint64_t *position)
{
    *position = 0;
    return STATUS_OK;
}

static enum status op_stat(void *self, struct request *rq)
{
    struct device *device = self;
    struct file_stat stat;
    node_stat(device->node, &stat);
    return request_write(rq, 0, &stat, sizeof stat);
}

static enum status op_poll(void *, struct request *, uint64_t events, uint64_t, cap_t notification, uint64_t *ready)
{
    os_drop(notification);
    *ready = events & (POLL_IN | POLL_OUT | POLL_RDNORM | POLL_WRNORM);
    return STATUS_OK;
}

static enum status op_set_flags(void *self, struct request *, uint64_t flags, uint64_t *now)
{
    struct device *device = self;
    if (flags != FILE_QUERY)
        device->flags = (device->flags & ~(uint64_t)OPEN_STATUS_FLAGS) | (flags & OPEN_STATUS_FLAGS);
    *now = device->flags;
    return STATUS_OK;
}

/* /dev/zero maps as fresh memory. */
static enum status op_map(void *self, struct request *, uint64_t, cap_t *memory, uint64_t *size)
{
    struct device *device = self;
    (void)memory, (void)size;
    return device->minor == MINOR_ZERO ? STATUS_NOT_SUPPORTED : STATUS_NO_DEVICE;
}

static bool device_dispatch_request(void *self, struct request *rq)
{
    static const struct file_ops operations = {.read = op_read, .write = op_write, .seek = op_seek, .stat = op_stat, .poll = op_poll,
                                               .set_flags = op_set_flags, .map = op_map};
    return file_dispatch(&operations, self, rq);
}

static void device_closed(void *self)
{
    struct device *device = self;
    device->node->opens--;
    node_release(device->node);
    os_free(device);
}

static const struct serve_type device_type = {.dispatch = device_dispatch_request, .close = device_closed};

bool device_is_ours(uint64_t device)
{
    static const enum minor minors[] = {MINOR_NULL, MINOR_ZERO, MINOR_FULL, MINOR_RANDOM, MINOR_URANDOM};
    for (size_t i = 0; i < ARRAY_LENGTH(minors); i++)
        if (device == make_device(1, minors[i]))
            return true;
    return false;
}

enum status device_open(struct node *node, uint64_t flags, cap_t *object)
{
    struct device *device = NEW(struct device);
    if (device == nullptr)
        return STATUS_NO_MEMORY;
    *device = (struct device){.node = node, .flags = flags & (OPEN_ACCESS | OPEN_STATUS_FLAGS), .minor = (enum minor)(node->device & 0xff)};
    enum status status = serve_open(&device_type, device, object, nullptr);
    if (status != STATUS_OK) {
        os_free(device);
        return status;
    }
    node->opens++;
    return STATUS_OK;
}
