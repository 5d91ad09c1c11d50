/* listing.c: the answer of file.list, record by record. */
#include <listing.h>

bool listing_add(struct listing *listing, const char *name, size_t length, uint64_t inode, uint32_t mode, uint64_t next_position)
{
    alignas(struct file_entry) char bytes[LISTING_RECORD(LISTING_NAME_LIMIT)] = {};
    size_t size = LISTING_RECORD(length);
    if (listing->length + size > listing->rq->out_length) {
        listing->full = true;
        return false;
    }
    *(struct file_entry *)bytes = (struct file_entry){.inode = inode, .next_position = next_position, .record_length = (uint16_t)size,
                                                      .name_length = (uint16_t)length, .type = (uint8_t)(mode >> 12 & 15)};
    memcpy(bytes + offsetof(struct file_entry, name), name, length);
    listing->status = request_write(listing->rq, listing->length, bytes, size);
    if (listing->status != STATUS_OK)
        return false;
    listing->length += size;
    return true;
}

enum status listing_end(const struct listing *listing, uint64_t *length)
{
    *length = listing->length;
    return listing->status == STATUS_OK && listing->full && listing->length == 0 ? STATUS_INVALID_ARGUMENT : listing->status;
}
