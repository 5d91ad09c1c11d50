/* parts.c: capabilities to parts of memory objects, granted to a server, and their rights. */
#include "ipc.h"

#define PAGES 8u
#define PART_FIRST 2u
#define PART_PAGES 3u
#define WHOLE 0x72000000ull

static uint64_t *page_of(unsigned page) { return (uint64_t *)(WHOLE + page * OS_PAGE_SIZE); }

static void map_whole(cap_t mem)
{
    uint64_t where;
    EXPECT_OK(os_mem_map(BOOTSTRAP_TASK, mem, 0, WHOLE, PAGES * OS_PAGE_SIZE, PROT_BIT_READ | PROT_BIT_WRITE | MAP_FIXED_ADDRESS, &where));
    for (unsigned i = 0; i < PAGES; i++)
        *page_of(i) = 100 * i;
}

/* The server maps so much of what it was given, and adds one to the first word of each page. */
static enum status change(struct server *server, uint64_t first, uint64_t pages)
{
    uint64_t words[MESSAGE_WORDS] = {first * OS_PAGE_SIZE, pages * OS_PAGE_SIZE};
    EXPECT_OK(server_call(server->port, SERVER_CHANGE, words));
    return (enum status)words[1];
}

/* A server is given a part: it changes that, and nothing else, until the part is revoked. */
TEST(parts_of_memory_are_granted)
{
    struct balance before;
    struct server server;
    cap_t mem, part;
    balance_take(&before);
    EXPECT_OK(os_mem_create(BOOTSTRAP_LEDGER, PAGES * OS_PAGE_SIZE, &mem));
    map_whole(mem);
    EXPECT_OK(os_mem_part(mem, PART_FIRST * OS_PAGE_SIZE, PART_PAGES * OS_PAGE_SIZE, RIGHT_MEM_READ | RIGHT_MEM_WRITE, &part));
    EXPECT_OK(server_start(&server, 0));
    struct message message = {.label = SERVER_KEEP_CAP, .cap_count = 1, .cap = {part}, .cap_move = 1};
    EXPECT_OK(os_call(server.port, &message));
    EXPECT_OK(change(&server, 0, PART_PAGES));
    EXPECT_OK(change(&server, 1, 1));
    EXPECT_STATUS(STATUS_OUT_OF_RANGE, change(&server, 1, PART_PAGES));
    EXPECT_STATUS(STATUS_OUT_OF_RANGE, change(&server, -1ull, 1));
    for (unsigned i = 0; i < PAGES; i++)
        EXPECT_EQUAL(100 * i + (i >= PART_FIRST && i < PART_FIRST + PART_PAGES) + (i == PART_FIRST + 1), *page_of(i));
    EXPECT_OK(os_cap_revoke(mem));
    EXPECT_STATUS(STATUS_INVALID_HANDLE, change(&server, 0, 1));
    server_stop(&server);
    EXPECT_OK(os_mem_unmap(BOOTSTRAP_TASK, WHOLE, PAGES * OS_PAGE_SIZE));
    os_drop(mem);
    EXPECT_BALANCE(&before, false);
}

TEST(rights_of_parts)
{
    cap_t mem, less, part, again;
    uint64_t type, rights, badge, where = 0, size, resident;
    EXPECT_OK(os_mem_create(BOOTSTRAP_LEDGER, 2 * OS_PAGE_SIZE, &mem));
    EXPECT_STATUS(STATUS_INVALID_ARGUMENT, os_mem_part(mem, 0, OS_PAGE_SIZE, RIGHT_MEM_RESIZE, &part));
    EXPECT_OK(os_cap_derive(mem, RIGHT_MEM_READ | RIGHT_MEM_INFO | RIGHT_COPY | RIGHT_REVOKE, &less));
    EXPECT_STATUS(STATUS_NO_RIGHTS, os_mem_part(less, 0, OS_PAGE_SIZE, RIGHT_MEM_WRITE, &part));
    EXPECT_OK(os_mem_part(less, OS_PAGE_SIZE, OS_PAGE_SIZE, RIGHT_MEM_READ | RIGHT_MEM_INFO, &part));
    EXPECT_OK(os_cap_info(part, &type, &rights, &badge));
    EXPECT_EQUAL(RIGHT_MEM_READ | RIGHT_MEM_INFO, rights);
    EXPECT_STATUS(STATUS_NO_RIGHTS, os_mem_part(part, 0, OS_PAGE_SIZE, RIGHT_MEM_READ, &again)); /* no COPY */
    EXPECT_STATUS(STATUS_NO_RIGHTS, os_mem_map(BOOTSTRAP_TASK, part, 0, 0, OS_PAGE_SIZE, PROT_BIT_READ | PROT_BIT_WRITE, &where));
    EXPECT_OK(os_mem_size(part, &size, &resident));
    EXPECT_EQUAL(OS_PAGE_SIZE, size);
    EXPECT_OK(os_cap_revoke(less));
    EXPECT_STATUS(STATUS_INVALID_HANDLE, os_mem_size(part, &size, &resident));
    os_drop(less);
    os_drop(mem);
}
