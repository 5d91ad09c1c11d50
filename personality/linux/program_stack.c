/* program_stack.c: the first stack of a program: from the top down: strings, the auxiliary vector, environment, arguments, their count.
 * Source: System V ABI, process initialization. */
#include "program_stack.h"
#include <string.h>

enum auxiliary : uint64_t {
    AUX_END = 0, AUX_HEADERS = 3, AUX_HEADER_SIZE = 4, AUX_HEADER_COUNT = 5, AUX_PAGE_SIZE = 6, AUX_BASE = 7, AUX_FLAGS = 8, AUX_ENTRY = 9,
    AUX_UID = 11, AUX_EUID = 12, AUX_GID = 13, AUX_EGID = 14, AUX_PLATFORM = 15, AUX_HARDWARE = 16, AUX_TICKS = 17, AUX_SECURE = 23,
    AUX_RANDOM = 25, AUX_HARDWARE2 = 26, AUX_PATH = 31, AUX_VDSO = 33, AUX_SIGNAL_STACK = 51,
};
#define AUX_MOST 22u
#define HEADER_SIZE 56u

struct auxiliary_entry {
    uint64_t type, value;
};

static char *put(char *at, const void *bytes, size_t length)
{
    return memcpy(at - length, bytes, length);
}

static size_t fill_auxiliary(struct auxiliary_entry *aux, const struct program_facts *facts, uint64_t random, uint64_t path, uint64_t platform)
{
    const struct auxiliary_entry entries[] = {
        {AUX_HEADERS, facts->headers}, {AUX_HEADER_SIZE, HEADER_SIZE}, {AUX_HEADER_COUNT, facts->header_count}, {AUX_PAGE_SIZE, PAGE_BYTES},
        {AUX_BASE, facts->interpreter_base}, {AUX_FLAGS, 0}, {AUX_ENTRY, facts->entry}, {AUX_UID, facts->uid}, {AUX_EUID, facts->euid},
        {AUX_GID, facts->gid}, {AUX_EGID, facts->egid}, {AUX_HARDWARE, facts->hardware}, {AUX_HARDWARE2, 0}, {AUX_TICKS, 100}, {AUX_SECURE, 0},
        {AUX_RANDOM, random}, {AUX_PATH, path}, {AUX_SIGNAL_STACK, facts->signal_stack}, {AUX_PLATFORM, platform},
        {AUX_VDSO, facts->vdso},
    };
    size_t count = 0;
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++)
        if (entries[i].value != 0 || (entries[i].type != AUX_PLATFORM && entries[i].type != AUX_VDSO))
            aux[count++] = entries[i];
    aux[count++] = (struct auxiliary_entry){AUX_END, 0};
    return count;
}

/* Pointers to `count` strings one after the other, then NULL. Returns: behind the last string. */
static const char *fill_pointers(uint64_t *pointers, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++) {
        pointers[i] = (uint64_t)text;
        text += strlen(text) + 1;
    }
    pointers[count] = 0;
    return text;
}

uint64_t program_stack_build(char *top, uint64_t size, const char *path, const struct program_strings *strings, const struct program_facts *facts)
{
    struct auxiliary_entry aux[AUX_MOST];
    size_t words = 1 + strings->argument_count + 1 + strings->environment_count + 1;
    size_t path_size = strlen(path) + 1, platform_size = facts->platform ? strlen(facts->platform) + 1 : 0;
    if (strings->length + path_size + platform_size + words * 8 + sizeof aux + 256 > size)
        return 0;
    char *at = top - 8; /* Linux leaves a null word at the end */
    memset(at, 0, 8);
    char *path_at = at = put(at, path, path_size);
    char *strings_at = at = put(at, strings->text, strings->length);
    char *platform_at = at = put(at, facts->platform, platform_size);
    char *random_at = at = put((char *)((uint64_t)at & ~15ull), facts->random, sizeof facts->random);
    size_t aux_count = fill_auxiliary(aux, facts, (uint64_t)random_at, (uint64_t)path_at, platform_size ? (uint64_t)platform_at : 0);
    uint64_t *base = (uint64_t *)(((uint64_t)at - aux_count * sizeof *aux - words * 8) & ~15ull);
    base[0] = strings->argument_count;
    const char *environment = fill_pointers(base + 1, strings->argument_count, strings_at);
    fill_pointers(base + 2 + strings->argument_count, strings->environment_count, environment);
    memcpy(base + words, aux, aux_count * sizeof *aux);
    return (uint64_t)base;
}
