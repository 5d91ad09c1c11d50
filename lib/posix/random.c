/* random.c: a generator in the process, keyed from the system's: ChaCha20 (RFC 8439) blocks, of which the first half of each becomes the
 * next key, so that what was given out cannot be found from the state. Forks mix in what tells them from their parents. */
#include "random.h"
#include "clock.h"
#include "io.h"
#include "native.h"
#include "open.h"
#include "user.h"
#include <file.h>

static uint32_t key[8];
static uint32_t nonce[4];

static uint32_t rotate(uint32_t value, unsigned bits)
{
    return value << bits | value >> (32 - bits);
}

static void quarter(uint32_t s[16], unsigned a, unsigned b, unsigned c, unsigned d)
{
    s[a] += s[b], s[d] = rotate(s[d] ^ s[a], 16);
    s[c] += s[d], s[b] = rotate(s[b] ^ s[c], 12);
    s[a] += s[b], s[d] = rotate(s[d] ^ s[a], 8);
    s[c] += s[d], s[b] = rotate(s[b] ^ s[c], 7);
}

static void chacha_block(uint32_t out[16])
{
    static const uint32_t constant[4] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
    uint32_t start[16];
    memcpy(start, constant, sizeof constant);
    memcpy(start + 4, key, sizeof key);
    memcpy(start + 12, nonce, sizeof nonce);
    memcpy(out, start, sizeof start);
    for (unsigned round = 0; round < 10; round++) {
        for (unsigned i = 0; i < 4; i++)
            quarter(out, i, 4 + i, 8 + i, 12 + i);
        for (unsigned i = 0; i < 4; i++)
            quarter(out, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
    }
    for (unsigned i = 0; i < 16; i++)
        out[i] += start[i];
}

/* Requires: session_lock. Returns: 32 fresh bytes in out[8..15]; the key moved on. */
static void next_locked(uint32_t out[16])
{
    chacha_block(out);
    memcpy(key, out, sizeof key);
    nonce[0]++;
}

static void mix_locked(uint64_t a, uint64_t b)
{
    uint32_t out[16];
    nonce[1] ^= (uint32_t)a;
    nonce[2] ^= (uint32_t)(a >> 32) ^ (uint32_t)b;
    nonce[3] ^= (uint32_t)(b >> 32);
    next_locked(out);
}

void random_fork(void)
{
    mix_locked(clock_now(), (uint64_t)PROCESS->pid << 32 | 1);
}

void random_start(struct posix_thread *self)
{
    static const char name[] = "/dev/urandom";
    struct path path = {.text = path.buffer, .length = sizeof name - 1};
    struct opened opened;
    memcpy(path.buffer, name, sizeof name);
    if (open_path(&path, 0, 0, &opened) == 0) {
        (void)io_transfer(self, opened.object, false, FILE_POSITION, FILE_NO_WAIT, key, sizeof key);
        ignore(os_cap_drop(opened.object));
    }
    random_fork();
}

void random_bytes(void *to, size_t length)
{
    uint8_t *at = to;
    os_lock(&process.session_lock);
    while (length) {
        uint32_t out[16];
        size_t piece = length < 32 ? length : 32;
        next_locked(out);
        memcpy(at, out + 8, piece);
        at += piece;
        length -= piece;
    }
    os_unlock(&process.session_lock);
}

long posix_random(void *user_buffer, size_t length, unsigned flags)
{
    char piece[256];
    size_t done = 0;
    if (flags & ~7u)
        return -EINVAL;
    if (length > 0x1ffffff)
        length = 0x1ffffff;
    while (done < length) {
        size_t size = length - done < sizeof piece ? length - done : sizeof piece;
        random_bytes(piece, size);
        if (user_write((char *)user_buffer + done, piece, size) < 0)
            return done ? (long)done : -EFAULT;
        done += size;
    }
    return (long)done;
}
