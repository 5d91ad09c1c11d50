/* fuzz: lib/os/elf.c */
/* Any bytes as an ELF program: what the reader promises of segments, spans and notes holds. */
#include <elf.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void check_segments(const struct elf *elf, uint64_t file_size)
{
    for (unsigned i = 0; i < elf->segment_count; i++) {
        struct elf_segment s;
        if (elf_segment(elf, i, &s) != STATUS_OK)
            continue;
        if (s.offset > file_size || s.file_size > file_size - s.offset || s.va + s.memory_size < s.va || s.align == 0 || (s.align & (s.align - 1)))
            abort();
        if (s.type == ELF_LOAD && (s.memory_size < s.file_size || (s.va - s.offset) % s.align))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct elf elf;
    unsigned machine = length > 19 ? bytes[18] | bytes[19] << 8 : 0;
    if (elf_open(&elf, bytes, length, length, machine) != STATUS_OK)
        return 0;
    check_segments(&elf, length);
    uint64_t start, end;
    if (elf_span(&elf, &start, &end) == STATUS_OK && start >= end)
        abort();
    const void *note;
    size_t note_length;
    unsigned sum = 0;
    if (elf_note(&elf, "Heddle", 1, &note, &note_length) == STATUS_OK)
        for (size_t i = 0; i < note_length; i++)
            sum += ((const uint8_t *)note)[i];
    return sum == 1;
}
