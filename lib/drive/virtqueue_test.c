/* virtqueue_test.c: rings, with devices that follow the rules and such that do not. */
#include <virtqueue.h>

#include <string.h>
#include <unit.h>

#define SIZE 8u
#define ADDRESS 0x100000ull

static struct virtqueue queue;
alignas(16) static uint8_t memory[4096];
static char owners[64];

/* What a device does: takes a chain, says that it is done with it. */
static struct device { uint16_t seen, used; } device;

static void begin(void)
{
    memset(memory, 0xaa, sizeof memory);
    virtqueue_init(&queue, SIZE, memory, ADDRESS);
    device = (struct device){};
}

static bool device_take(uint16_t *head)
{
    if (device.seen == queue.available->index)
        return false;
    *head = queue.available->ring[device.seen++ % SIZE];
    return true;
}

static void device_done(uint32_t head, uint32_t length)
{
    queue.used->ring[device.used % SIZE].id = head;
    queue.used->ring[device.used % SIZE].length = length;
    queue.used->index = ++device.used;
}

static bool add(unsigned pieces, uint32_t written, void *owner)
{
    struct virtqueue_piece piece[VIRTQUEUE_MOST] = {};
    for (unsigned i = 0; i < pieces; i++)
        piece[i] = (struct virtqueue_piece){0x1000 * (i + 1), i + 1 == pieces ? written : 16, i + 1 == pieces && written};
    return virtqueue_add(&queue, piece, pieces, owner);
}

TEST(virtqueue_layout)
{
    begin();
    EXPECT_EQUAL(queue.address[0], ADDRESS);
    EXPECT_EQUAL(queue.address[1], ADDRESS + 16 * SIZE);
    EXPECT(queue.address[2] % 4 == 0 && queue.address[2] >= queue.address[1] + 6 + 2 * SIZE);
    EXPECT((uint8_t *)queue.used - memory == (long)(queue.address[2] - ADDRESS));
    EXPECT(virtqueue_bytes(SIZE) >= queue.address[2] - ADDRESS + 6 + 8 * SIZE);
    EXPECT(memory[virtqueue_bytes(SIZE)] == 0xaa && virtqueue_bytes(VIRTQUEUE_MOST) < 0x4000);
}

TEST(virtqueue_chain_as_the_device_sees_it)
{
    struct virtqueue_piece pieces[3] = {{0x1000, 16, false}, {0x2000, 512, true}, {0x3000, 1, true}};
    uint16_t head;
    begin();
    REQUIRE(virtqueue_add(&queue, pieces, 3, owners));
    EXPECT(!device_take(&head)); /* not shown yet */
    EXPECT(virtqueue_publish(&queue));
    EXPECT(!virtqueue_publish(&queue));
    REQUIRE(device_take(&head));
    for (unsigned i = 0, at = head; i < 3; i++, at = queue.descriptors[at].next) {
        EXPECT_EQUAL(queue.descriptors[at].address, pieces[i].address);
        EXPECT_EQUAL(queue.descriptors[at].length, pieces[i].length);
        EXPECT_EQUAL(queue.descriptors[at].flags, (i < 2 ? 1 : 0) | (i > 0 ? 2 : 0));
    }
}

TEST(virtqueue_device_that_looks_by_itself)
{
    begin();
    queue.used->flags = 1;
    REQUIRE(add(1, 0, owners));
    EXPECT(!virtqueue_publish(&queue));
    EXPECT_EQUAL(queue.available->index, 1);
}

TEST(virtqueue_full_and_used_in_any_order)
{
    void *owner;
    uint32_t written;
    begin();
    for (unsigned round = 0; round < 100000; round++) { /* the indexes wrap around */
        uint16_t heads[SIZE], count = 0;
        for (unsigned left = SIZE; left;) {
            unsigned pieces = 1 + (unsigned)unit_random() % (left < 3 ? left : 3);
            REQUIRE(add(pieces, 64, &owners[count]));
            left -= pieces;
            count++;
        }
        EXPECT(!add(1, 0, owners));
        (void)virtqueue_publish(&queue);
        for (unsigned i = 0; i < count; i++)
            REQUIRE(device_take(&heads[i]));
        unsigned first = (unsigned)unit_random() % count;
        for (unsigned i = 0; i < count; i++) {
            device_done(heads[(first + i) % count], 3);
            REQUIRE(virtqueue_take(&queue, &owner, &written) == VIRTQUEUE_TAKEN);
            REQUIRE(owner == &owners[(first + i) % count] && written == 3);
        }
        REQUIRE(virtqueue_take(&queue, &owner, &written) == VIRTQUEUE_NONE);
        REQUIRE(queue.free_count == SIZE);
    }
}

TEST(virtqueue_nothing_to_add)
{
    begin();
    EXPECT(!add(0, 0, owners));
    EXPECT(!add(SIZE + 1, 0, owners));
    EXPECT(add(SIZE, 0, owners));
}

/* --- devices that break the rules ---------------------------------------------------------------------------------------------------------- */

static enum virtqueue_result take(void)
{
    void *owner;
    uint32_t written;
    return virtqueue_take(&queue, &owner, &written);
}

TEST(virtqueue_used_index_too_far)
{
    begin();
    REQUIRE(add(2, 8, owners));
    queue.used->index = SIZE + 1;
    EXPECT(take() == VIRTQUEUE_BROKEN);
    queue.used->index = 0xffff;
    EXPECT(take() == VIRTQUEUE_BROKEN);
}

TEST(virtqueue_used_id_out_of_range)
{
    begin();
    REQUIRE(add(2, 8, owners));
    device_done(SIZE, 0);
    EXPECT(take() == VIRTQUEUE_BROKEN);
    EXPECT(take() == VIRTQUEUE_BROKEN); /* and stays so */
    begin();
    REQUIRE(add(2, 8, owners));
    device_done(UINT32_MAX, 0);
    EXPECT(take() == VIRTQUEUE_BROKEN);
}

TEST(virtqueue_used_what_is_not_under_way)
{
    uint16_t head;
    begin();
    REQUIRE(add(3, 8, owners));
    (void)virtqueue_publish(&queue);
    REQUIRE(device_take(&head));
    device_done(queue.descriptors[head].next, 0); /* in the middle of a chain */
    EXPECT(take() == VIRTQUEUE_BROKEN);
    begin();
    REQUIRE(add(3, 8, owners));
    (void)virtqueue_publish(&queue);
    REQUIRE(device_take(&head));
    device_done(head, 0);
    device_done(head, 0); /* twice */
    EXPECT(take() == VIRTQUEUE_TAKEN);
    EXPECT(take() == VIRTQUEUE_BROKEN);
}

TEST(virtqueue_used_length_too_long)
{
    uint16_t head;
    begin();
    REQUIRE(add(2, 8, owners));
    (void)virtqueue_publish(&queue);
    REQUIRE(device_take(&head));
    device_done(head, 9);
    EXPECT(take() == VIRTQUEUE_BROKEN);
}

/* What the device writes into the ring's memory changes nothing of what the driver knows. */
TEST(virtqueue_memory_overwritten_by_the_device)
{
    begin();
    for (unsigned round = 0; round < 1000; round++) {
        (void)add(1 + (unsigned)unit_random() % 3, 8, owners);
        (void)virtqueue_publish(&queue);
        for (unsigned i = 0; i < virtqueue_bytes(SIZE); i++)
            memory[i] = (uint8_t)unit_random();
        if (unit_random() % 2)
            queue.used->index = (uint16_t)(queue.next_used + unit_random() % SIZE);
        while (take() == VIRTQUEUE_TAKEN)
            ;
        REQUIRE(queue.free_count <= SIZE);
    }
}
