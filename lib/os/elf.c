/* elf.c: reads ELF64 little-endian executables. Source: System V ABI, chapters 4 and 5 (generic). Every number is checked before use. */
#include <elf.h>

#include <string.h>
#include <types.h>

#define FILE_HEADER 64
#define SEGMENT_HEADER 56

static uint16_t get16(const uint8_t *at) { return (uint16_t)(at[0] | at[1] << 8); }
static uint32_t get32(const uint8_t *at) { return get16(at) | (uint32_t)get16(at + 2) << 16; }
static uint64_t get64(const uint8_t *at) { return get32(at) | (uint64_t)get32(at + 4) << 32; }

static bool is_elf64(const uint8_t *head)
{
    static const uint8_t ident[] = {0x7f, 'E', 'L', 'F', 2 /* 64 bits */, 1 /* little-endian */, 1 /* version */};
    return memcmp(head, ident, sizeof ident) == 0 && get32(head + 20) == 1;
}

enum status elf_open(struct elf *elf, const void *bytes, size_t head_length, uint64_t file_size, unsigned machine)
{
    const uint8_t *head = bytes;
    if (head_length > file_size)
        head_length = (size_t)file_size;
    if (head_length < FILE_HEADER || !is_elf64(head))
        return STATUS_BAD_FORMAT;
    *elf = (struct elf){
        .head = head, .head_length = head_length, .file_size = file_size, .type = get16(head + 16), .machine = get16(head + 18),
        .entry = get64(head + 24), .headers_offset = get64(head + 32), .flags = get32(head + 48), .segment_count = get16(head + 56),
    };
    if (elf->machine != machine)
        return STATUS_NOT_SUPPORTED;
    if ((elf->type != ELF_EXECUTABLE && elf->type != ELF_SHARED) || get16(head + 54) != SEGMENT_HEADER)
        return STATUS_BAD_FORMAT;
    uint64_t table = (uint64_t)elf->segment_count * SEGMENT_HEADER;
    if (elf->headers_offset > file_size || table > file_size - elf->headers_offset)
        return STATUS_BAD_FORMAT;
    if (elf->headers_offset > head_length || table > head_length - elf->headers_offset)
        return STATUS_TOO_BIG;
    return STATUS_OK;
}

static uint32_t prot_of(uint32_t flags)
{
    return (flags & 4 ? PROT_BIT_READ : 0) | (flags & 2 ? PROT_BIT_WRITE : 0) | (flags & 1 ? PROT_BIT_EXEC : 0);
}

static bool segment_is_sound(const struct elf *elf, const struct elf_segment *segment)
{
    if (segment->offset > elf->file_size || segment->file_size > elf->file_size - segment->offset)
        return false;
    if (segment->memory_size > UINT64_MAX - segment->va || (segment->align & (segment->align - 1)))
        return false;
    if (segment->type != ELF_LOAD)
        return true;
    return segment->memory_size >= segment->file_size && ((segment->va ^ segment->offset) & (segment->align - 1)) == 0;
}

enum status elf_segment(const struct elf *elf, unsigned index, struct elf_segment *segment)
{
    const uint8_t *at = elf->head + elf->headers_offset + (size_t)index * SEGMENT_HEADER;
    *segment = (struct elf_segment){
        .type = get32(at), .prot = prot_of(get32(at + 4)), .offset = get64(at + 8), .va = get64(at + 16), .file_size = get64(at + 32),
        .memory_size = get64(at + 40), .align = get64(at + 48) ? get64(at + 48) : 1,
    };
    return segment_is_sound(elf, segment) ? STATUS_OK : STATUS_BAD_FORMAT;
}

/* ELF_LOAD segments come in ascending order of va. */
enum status elf_span(const struct elf *elf, uint64_t *start, uint64_t *end)
{
    bool any = false;
    for (unsigned i = 0; i < elf->segment_count; i++) {
        struct elf_segment segment;
        enum status status = elf_segment(elf, i, &segment);
        if (status != STATUS_OK)
            return status;
        if (segment.type != ELF_LOAD || !segment.memory_size)
            continue;
        if (any && segment.va < *end)
            return STATUS_BAD_FORMAT;
        if (!any)
            *start = segment.va;
        *end = segment.va + segment.memory_size;
        any = true;
    }
    return any ? STATUS_OK : STATUS_BAD_FORMAT;
}

/* Returns: OK when the note at *at is whole; *at is then behind it. */
static enum status note_next(const uint8_t **at, const uint8_t *end, const uint8_t **name, uint32_t *name_size, uint32_t *type,
                             const void **description, size_t *length)
{
    uint64_t left = (uint64_t)(end - *at);
    if (left < 12)
        return STATUS_BAD_FORMAT;
    *name_size = get32(*at);
    *length = get32(*at + 4);
    *type = get32(*at + 8);
    uint64_t name_room = ((uint64_t)*name_size + 3) & ~3ull, room = ((uint64_t)*length + 3) & ~3ull;
    if (name_room > left - 12 || *length > left - 12 - name_room)
        return STATUS_BAD_FORMAT;
    *name = *at + 12;
    *description = *at + 12 + name_room;
    *at = room > left - 12 - name_room ? end : *at + 12 + name_room + room;
    return STATUS_OK;
}

static enum status note_in(const uint8_t *at, const uint8_t *end, const char *name, uint32_t type, const void **description, size_t *length)
{
    while (at < end) {
        const uint8_t *found;
        uint32_t found_size, found_type;
        enum status status = note_next(&at, end, &found, &found_size, &found_type, description, length);
        if (status != STATUS_OK)
            return status;
        if (found_type == type && found_size == strlen(name) + 1 && memcmp(found, name, found_size) == 0)
            return STATUS_OK;
    }
    return STATUS_NOT_FOUND;
}

enum status elf_note(const struct elf *elf, const char *name, uint32_t type, const void **description, size_t *length)
{
    for (unsigned i = 0; i < elf->segment_count; i++) {
        struct elf_segment segment;
        enum status status = elf_segment(elf, i, &segment);
        if (status == STATUS_OK && segment.type == ELF_NOTE) {
            const uint8_t *start = elf->head + segment.offset;
            status = note_in(start, start + segment.file_size, name, type, description, length);
            if (status != STATUS_NOT_FOUND)
                return status;
        }
        if (status != STATUS_OK && status != STATUS_NOT_FOUND)
            return status;
    }
    return STATUS_NOT_FOUND;
}
