/* ring.c: the bytes of a pipe. */
#include "pipe.h"

size_t ring_make_room(struct ring *ring, size_t want)
{
    size_t need = ring->count + want;
    if (need > ring->limit)
        need = ring->limit;
    size_t room = ring->room == 0 ? RING_FIRST : ring->room;
    while (room < need)
        room *= 2;
    if (room > ring->limit)
        room = ring->limit;
    if (room > ring->room) {
        char *bytes = os_allocate(room);
        if (bytes != nullptr) {
            for (size_t done = 0, piece; done < ring->count; done += piece) {
                char *from = ring_used_piece(ring, done, &piece);
                memcpy(bytes + done, from, piece);
            }
            os_free(ring->bytes);
            ring->bytes = bytes;
            ring->room = room;
            ring->first = 0;
        }
    }
    return ring->room - ring->count;
}

static char *piece(struct ring *ring, size_t from, size_t most, size_t *length)
{
    ASSERT(ring->room);
    size_t at = (ring->first + from) % ring->room;
    *length = ring->room - at < most ? ring->room - at : most;
    return ring->bytes + at;
}

char *ring_free_piece(struct ring *ring, size_t skip, size_t *length)
{
    return piece(ring, ring->count + skip, ring->room - ring->count - skip, length);
}

char *ring_used_piece(struct ring *ring, size_t skip, size_t *length)
{
    return piece(ring, skip, ring->count - skip, length);
}

void ring_relax(struct ring *ring)
{
    if (ring->count != 0)
        return;
    ring->first = 0;
    if (ring->room > RING_DEFAULT) {
        os_free(ring->bytes);
        ring->bytes = nullptr;
        ring->room = 0;
    }
}
