/* elf.h: reads ELF64 little-endian executables. Trusts nothing in them. */
#ifndef OS_ELF_H
#define OS_ELF_H

#include <stddef.h>
#include <status.h>
#include <stdint.h>

enum elf_type : uint16_t { ELF_EXECUTABLE = 2, ELF_SHARED = 3 };
enum elf_segment_type : uint32_t { ELF_LOAD = 1, ELF_DYNAMIC = 2, ELF_INTERPRETER = 3, ELF_NOTE = 4, ELF_HEADERS = 6, ELF_TLS = 7, ELF_STACK = 0x6474e551 };

struct elf {
    const uint8_t *head;         /* the first bytes of the file */
    size_t         head_length;
    uint64_t       file_size;
    uint64_t       entry;
    uint64_t       headers_offset; /* of the program headers in the file */
    uint16_t       type, machine;
    uint16_t       segment_count;
    uint32_t       flags;
};

struct elf_segment {
    uint32_t type;
    uint32_t prot;               /* PROT_BIT_* */
    uint64_t offset, file_size;  /* inside the file */
    uint64_t va, memory_size;    /* va + memory_size does not overflow; ELF_LOAD: memory_size >= file_size */
    uint64_t align;              /* a power of two, at least 1; ELF_LOAD: va and offset are equal modulo it */
};

/* head: the first head_length bytes of a file of file_size bytes. machine: e_machine wanted. Returns: OK and *elf, which points into head;
 * BAD_FORMAT; NOT_SUPPORTED for another machine; TOO_BIG when the program headers lie beyond head_length (at most 64 KiB is needed). */
[[nodiscard]] enum status elf_open(struct elf *elf, const void *head, size_t head_length, uint64_t file_size, unsigned machine);

/* Requires: index < elf->segment_count. Returns: OK and *segment; BAD_FORMAT when it breaks one of the promises above. */
[[nodiscard]] enum status elf_segment(const struct elf *elf, unsigned index, struct elf_segment *segment);

/* The span of the ELF_LOAD segments, not rounded. Returns: BAD_FORMAT when a segment is bad, they overlap, or there is none. */
[[nodiscard]] enum status elf_span(const struct elf *elf, uint64_t *start, uint64_t *end);

/* Requires: head is the whole file. Returns: OK and the description of the first note of this name and type; NOT_FOUND; BAD_FORMAT. */
[[nodiscard]] enum status elf_note(const struct elf *elf, const char *name, uint32_t type, const void **description, size_t *length);

#endif
