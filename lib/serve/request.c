/* request.c: what operations do with requests. */
#include <loop.h>

static inline bool outside(uint64_t offset, uint64_t length, uint64_t size)
{
    return offset > size || length > size - offset;
}

/* The kernel may stop a long copy in the middle; go on until all is done. */
enum status request_read(struct request *rq, uint64_t offset, void *to, size_t length)
{
    if (outside(offset, length, rq->in_length))
        return STATUS_OUT_OF_RANGE;
    for (uint64_t done = 0, part; done < length; done += part) {
        enum status status = os_reply_read(rq->reply, offset + done, (uintptr_t)to + done, length - done, &part);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

enum status request_write(struct request *rq, uint64_t offset, const void *from, size_t length)
{
    if (outside(offset, length, rq->out_length))
        return STATUS_OUT_OF_RANGE;
    for (uint64_t done = 0, part; done < length; done += part) {
        enum status status = os_reply_write(rq->reply, offset + done, (uintptr_t)from + done, length - done, &part);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

enum status request_write_memory(struct request *rq, uint64_t offset, cap_t memory, uint64_t memory_offset, size_t length)
{
    if (outside(offset, length, rq->out_length))
        return STATUS_OUT_OF_RANGE;
    for (uint64_t done = 0, part; done < length; done += part) {
        enum status status = os_reply_copy(rq->reply, memory, memory_offset + done, offset + done, length - done, &part);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

enum status request_read_memory(struct request *rq, uint64_t offset, cap_t memory, uint64_t memory_offset, size_t length)
{
    if (outside(offset, length, rq->in_length))
        return STATUS_OUT_OF_RANGE;
    for (uint64_t done = 0, part; done < length; done += part) {
        enum status status = os_reply_copy_in(rq->reply, memory, memory_offset + done, offset + done, length - done, &part);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

enum status request_text(struct request *rq, size_t limit, char **text, size_t *length)
{
    if (rq->in_length > limit)
        return STATUS_NAME_TOO_LONG;
    size_t size = rq->in_length;
    char *buffer = os_allocate(size + 1);
    if (!buffer)
        return STATUS_NO_MEMORY;
    enum status status = request_read(rq, 0, buffer, size);
    if (status != STATUS_OK) {
        os_free(buffer);
        return status;
    }
    buffer[size] = 0;
    *text = buffer;
    if (length)
        *length = size;
    return STATUS_OK;
}

enum status request_write_text(struct request *rq, const char *text, size_t length)
{
    return request_write(rq, 0, text, length < rq->out_length ? length : rq->out_length);
}

void request_reply_later(struct request *rq)
{
    ASSERT(rq->state == REQUEST_DEFERRED);
    enum status delivered = os_reply(rq->reply, &rq->message);
    if (delivered == STATUS_OK)
        return request_recycle(rq);
    request_undelivered(rq, delivered);
    if (delivered == STATUS_PEER_GONE) {
        rq->state = REQUEST_ABANDONED; /* until the message that the call was cancelled */
        return;
    }
    if (delivered != STATUS_BAD_STATE) {
        request_clear(rq);
        rq->message.label = (uint64_t)(int64_t)STATUS_IO_ERROR;
        (void)os_reply(rq->reply, &rq->message);
    }
    request_recycle(rq);
}

bool request_refuse(struct request *rq, enum status status)
{
    for (uint32_t i = 0; i < rq->message.cap_count; i++)
        os_drop(rq->message.cap[i]);
    request_clear(rq);
    request_reply(rq, status);
    return true;
}

void request_fail(struct request *rq, enum status status)
{
    request_clear(rq);
    request_reply(rq, status);
}
