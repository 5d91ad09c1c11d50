/* queue.c: the queue of a port: slots for messages that were sent. Not here: what is in them (message.c), when they go (port.c).
 * Invariants: messages never move, since their capabilities are in the derivation tree; the slots from `first` to `end` are used, the others
 * hold no capabilities. Kernel lock. */
#include <ipc/ipc.h>
#include <mm/carve.h>

#define MOST_IN_CHUNK (uint32_t)((MP_SIZE - sizeof(struct message_chunk)) / sizeof(struct queued_message))

static size_t chunk_bytes(const struct message_queue *queue)
{
    return sizeof(struct message_chunk) + queue->in_chunk * sizeof(struct queued_message);
}

enum status queue_pay(struct message_queue *queue, struct ledger *ledger, uint64_t room)
{
    if (room == 0)
        return STATUS_OK;
    if (room > UINT32_MAX / 2)
        return STATUS_TOO_BIG;
    queue->in_chunk = room < MOST_IN_CHUNK ? (uint32_t)room : MOST_IN_CHUNK;
    uint32_t chunks = ((uint32_t)room + queue->in_chunk - 1) / queue->in_chunk;
    enum status status = ledger_charge(ledger, LEDGER_KERNEL, chunks * chunk_bytes(queue));
    if (status != STATUS_OK)
        return status;
    if (chunks * chunk_bytes(queue) > mm_free_bytes()) {
        ledger_credit(ledger, LEDGER_KERNEL, chunks * chunk_bytes(queue));
        return STATUS_NO_MEMORY;
    }
    queue->missing = chunks;
    queue->wanted = (uint32_t)room;
    return STATUS_OK;
}

enum status queue_add_chunk(struct message_queue *queue)
{
    struct message_chunk *chunk = kernel_alloc(chunk_bytes(queue));
    if (chunk == nullptr)
        return STATUS_NO_MEMORY;
    struct message_chunk *after = queue->first.chunk;
    if (after == nullptr) {
        chunk->next = chunk;
        queue->first.chunk = queue->end.chunk = chunk;
    } else {
        chunk->next = after->next;
        after->next = chunk;
    }
    queue->chunks++;
    if (--queue->missing == 0)
        queue->room = queue->wanted;
    return STATUS_OK;
}

bool queue_free_chunk(struct message_queue *queue, struct ledger *ledger)
{
    if (queue->missing > 0)
        ledger_credit(ledger, LEDGER_KERNEL, queue->missing * chunk_bytes(queue));
    queue->missing = queue->room = 0;
    if (queue->chunks == 0)
        return false;
    struct message_chunk *kept = queue->first.chunk, *chunk = kept->next;
    kept->next = chunk->next;
    ledger_free(ledger, chunk, chunk_bytes(queue));
    queue->chunks--;
    return true;
}

/* The slot there; the place is the next one's. */
static struct queued_message *slot_at(const struct message_queue *queue, struct message_place *place)
{
    struct queued_message *message = &place->chunk->message[place->at];
    if (++place->at == queue->in_chunk) {
        place->chunk = place->chunk->next;
        place->at = 0;
    }
    return message;
}

struct queued_message *queue_push(struct message_queue *queue)
{
    queue->count++;
    return slot_at(queue, &queue->end);
}

struct queued_message *queue_pop(struct message_queue *queue)
{
    queue->count--;
    return slot_at(queue, &queue->first);
}
