/* pcid.c: see pcid.h. Invariant: no two spaces that live have the same number but 0. */
#include <arch/arch.h>
#include <arch/pcid/pcid.h>

typedef uint8_t cpu_bits;
static_assert(ARCH_MAX_CPUS <= 8 * sizeof(cpu_bits));

#define WORD_BITS 64u
static uint64_t taken[PCID_COUNT / WORD_BITS];
static cpu_bits held[PCID_COUNT]; /* of a free number: which CPUs may hold translations of the space that had it */
static unsigned numbers, next;    /* next: where the search begins, so that a number rests for long */

void pcid_init(unsigned count)
{
    numbers = count < PCID_COUNT ? count : PCID_COUNT;
    next = 0;
    for (unsigned i = 0; i < PCID_COUNT / WORD_BITS; i++)
        taken[i] = 0;
    for (unsigned i = 0; i < PCID_COUNT; i++)
        held[i] = 0;
    for (unsigned i = numbers; i < PCID_COUNT; i++)
        taken[i / WORD_BITS] |= 1ull << i % WORD_BITS;
    taken[0] |= 1; /* nobody's own */
}

/* The first free number of [from, PCID_COUNT), else 0. */
static unsigned find_free(unsigned from)
{
    uint64_t free = from < PCID_COUNT ? ~taken[from / WORD_BITS] >> from % WORD_BITS << from % WORD_BITS : 0;
    for (unsigned word = from / WORD_BITS; word < PCID_COUNT / WORD_BITS; free = ++word < PCID_COUNT / WORD_BITS ? ~taken[word] : 0)
        if (free != 0)
            return word * WORD_BITS + (unsigned)__builtin_ctzll(free);
    return 0;
}

unsigned pcid_take(uint64_t *stale)
{
    unsigned number = find_free(next);
    if (number == 0)
        number = find_free(0);
    *stale = held[number];
    if (number == 0)
        return 0;
    taken[number / WORD_BITS] |= 1ull << number % WORD_BITS;
    next = number + 1;
    return number;
}

void pcid_give(unsigned number, uint64_t cpus)
{
    if (number == 0)
        return;
    held[number] = (cpu_bits)cpus;
    taken[number / WORD_BITS] &= ~(1ull << number % WORD_BITS);
}
