/* elf_test.c: ELF programs made here, sound ones and damaged ones. */
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <unit.h>

#define MACHINE 243u
#define NOTE_AT (64u + 3 * 56)

static uint8_t program[512];

static void put(size_t at, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        program[at + i] = (uint8_t)(value >> (8 * i));
}

static void put_segment(unsigned index, uint32_t type, uint32_t flags, uint64_t offset, uint64_t va, uint64_t file_size, uint64_t memory_size, uint64_t align)
{
    size_t at = 64 + 56 * index;
    put(at, type, 4);
    put(at + 4, flags, 4);
    put(at + 8, offset, 8);
    put(at + 16, va, 8);
    put(at + 32, file_size, 8);
    put(at + 40, memory_size, 8);
    put(at + 48, align, 8);
}

static void make(void)
{
    memset(program, 0, sizeof program);
    memcpy(program, "\x7f" "ELF\2\1\1", 7);
    put(16, ELF_EXECUTABLE, 2);
    put(18, MACHINE, 2);
    put(20, 1, 4);
    put(24, 0x10040, 8);
    put(32, 64, 8);
    put(52, 64, 2);
    put(54, 56, 2);
    put(56, 3, 2);
    put_segment(0, ELF_LOAD, 5, 0, 0x10000, 256, 256, 0x1000);
    put_segment(1, ELF_LOAD, 6, 256, 0x21100, 64, 0x2000, 0x1000);
    put_segment(2, ELF_NOTE, 4, NOTE_AT, 0x10000 + NOTE_AT, 32, 32, 4);
    put(NOTE_AT, 7, 4);
    put(NOTE_AT + 4, 9, 4);
    put(NOTE_AT + 8, 1, 4);
    memcpy(program + NOTE_AT + 12, "Heddle\0\0name = x\n", 17);
}

static enum status open_it(struct elf *elf)
{
    return elf_open(elf, program, sizeof program, sizeof program, MACHINE);
}

TEST(segments_are_read)
{
    struct elf elf;
    struct elf_segment segment;
    make();
    REQUIRE(open_it(&elf) == STATUS_OK);
    EXPECT_EQUAL(elf.entry, 0x10040);
    REQUIRE_EQUAL(elf.segment_count, 3);
    REQUIRE(elf_segment(&elf, 0, &segment) == STATUS_OK);
    EXPECT_EQUAL(segment.prot, 1 | 4); /* readable, executable */
    REQUIRE(elf_segment(&elf, 1, &segment) == STATUS_OK);
    EXPECT_EQUAL(segment.prot, 1 | 2);
    EXPECT_EQUAL(segment.va, 0x21100);
    EXPECT_EQUAL(segment.memory_size, 0x2000);
    uint64_t start, end;
    REQUIRE(elf_span(&elf, &start, &end) == STATUS_OK);
    EXPECT_EQUAL(start, 0x10000);
    EXPECT_EQUAL(end, 0x23100);
}

TEST(the_note_is_found_by_name_and_type)
{
    struct elf elf;
    const void *text;
    size_t length;
    make();
    REQUIRE(open_it(&elf) == STATUS_OK);
    REQUIRE(elf_note(&elf, "Heddle", 1, &text, &length) == STATUS_OK);
    REQUIRE_EQUAL(length, 9);
    EXPECT(memcmp(text, "name = x\n", 9) == 0);
    EXPECT(elf_note(&elf, "Heddle", 2, &text, &length) == STATUS_NOT_FOUND);
    EXPECT(elf_note(&elf, "GNU", 1, &text, &length) == STATUS_NOT_FOUND);
}

TEST(another_machine_is_not_supported)
{
    struct elf elf;
    make();
    EXPECT(elf_open(&elf, program, sizeof program, sizeof program, 62) == STATUS_NOT_SUPPORTED);
}

TEST(damaged_headers_are_refused)
{
    static const struct { unsigned at; uint8_t value; } damage[] = {{0, 0}, {4, 1}, {5, 2}, {20, 2}};
    for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
        struct elf elf;
        make();
        program[damage[i].at] = damage[i].value;
        EXPECT(open_it(&elf) == STATUS_BAD_FORMAT);
    }
}

TEST(segments_that_lie_or_overlap_are_refused)
{
    struct elf elf;
    struct elf_segment segment;
    uint64_t start, end;
    make();
    put_segment(1, ELF_LOAD, 6, 256, 0x21100, 4096, 0x2000, 0x1000); /* beyond the file */
    REQUIRE(open_it(&elf) == STATUS_OK);
    EXPECT(elf_segment(&elf, 1, &segment) == STATUS_BAD_FORMAT);
    put_segment(1, ELF_LOAD, 6, 256, 0x21100, 64, 32, 0x1000); /* smaller in memory */
    EXPECT(elf_segment(&elf, 1, &segment) == STATUS_BAD_FORMAT);
    put_segment(1, ELF_LOAD, 6, 256, UINT64_MAX - 0xeff, 64, 0x2000, 0x1000); /* wraps around */
    EXPECT(elf_segment(&elf, 1, &segment) == STATUS_BAD_FORMAT);
    put_segment(1, ELF_LOAD, 6, 256, 0x10000, 64, 0x2000, 1); /* over the first */
    EXPECT(elf_span(&elf, &start, &end) == STATUS_BAD_FORMAT);
}

TEST(every_cut_of_a_program_is_safe)
{
    make();
    for (size_t length = 0; length < sizeof program; length++) {
        uint8_t *copy = malloc(length + 1);
        REQUIRE(copy);
        memcpy(copy, program, length);
        struct elf elf;
        if (elf_open(&elf, copy, length, length, MACHINE) == STATUS_OK) {
            struct elf_segment segment;
            const void *text;
            size_t text_length;
            for (unsigned i = 0; i < elf.segment_count; i++)
                (void)!elf_segment(&elf, i, &segment);
            (void)!elf_note(&elf, "Heddle", 1, &text, &text_length);
        }
        free(copy);
    }
}
