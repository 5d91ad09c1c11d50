/* links: lib/posix/pool.c */
/* descriptor_test.c: tests of the descriptor table against a plain array. The host's kernel accepts every capability. */
#include "descriptor.h"
#include "locks.h"
#include "pool.h"
#include <string.h>
#include <unit.h>

struct posix_process process = {.descriptor_limit = 1024};

void lock_release_all(cap_t)
{
}

static void close_all(void)
{
    for (unsigned i = 0; i < 2000; i++)
        (void)descriptor_close(i);
    process.descriptor_limit = 1024;
}

TEST(descriptors_are_the_lowest_free)
{
    close_all();
    for (int i = 0; i < 100; i++)
        EXPECT_EQUAL(descriptor_add(1000 + (cap_t)i, KIND_REGULAR, 0, NULL, 0), i);
    EXPECT_EQUAL(descriptor_close(40), 0);
    EXPECT_EQUAL(descriptor_close(7), 0);
    EXPECT_EQUAL(descriptor_close(7), -EBADF);
    EXPECT_EQUAL(descriptor_add(1, KIND_REGULAR, 0, NULL, 10), 40);
    EXPECT_EQUAL(descriptor_add(2, KIND_REGULAR, 0, NULL, 0), 7);
    EXPECT_EQUAL(descriptor_add(3, KIND_REGULAR, 0, NULL, 0), 100);
    EXPECT_EQUAL(descriptor_find(39)->object, 1039);
    EXPECT(!descriptor_find(101));
    EXPECT(!descriptor_find(-1));
    EXPECT(!descriptor_find(INT32_MAX));
}

TEST(descriptors_end_at_the_limit)
{
    close_all();
    process.descriptor_limit = 10;
    for (int i = 0; i < 10; i++)
        EXPECT_EQUAL(descriptor_add(1, KIND_REGULAR, 0, NULL, 0), i);
    EXPECT_EQUAL(descriptor_add(1, KIND_REGULAR, 0, NULL, 0), -EMFILE);
    EXPECT_EQUAL(descriptor_add(1, KIND_REGULAR, 0, NULL, 10), -EINVAL);
    EXPECT_EQUAL(descriptor_replace(10, 1, KIND_REGULAR, 0, NULL), -EBADF);
    EXPECT_EQUAL(descriptor_replace(9, 5, KIND_FIFO, DESCRIPTOR_CLOSE_ON_EXEC, NULL), 9);
    EXPECT_EQUAL(descriptor_find(9)->object, 5);
    descriptor_close_on_exec();
    EXPECT(!descriptor_find(9));
    EXPECT(descriptor_find(8));
}

TEST(descriptors_keep_their_paths)
{
    close_all();
    long number = descriptor_add(1, KIND_DIRECTORY, 0, pool_string("/home", 5), 0);
    EXPECT(strcmp(descriptor_find((int)number)->path, "/home") == 0);
    EXPECT_EQUAL(descriptor_replace((unsigned)number, 2, KIND_REGULAR, 0, NULL), number);
    EXPECT(!descriptor_find((int)number)->path);
}

TEST(descriptors_behave_as_an_array)
{
    static cap_t model[512];
    memset(model, 0, sizeof model);
    close_all();
    process.descriptor_limit = 512;
    for (unsigned step = 0; step < 20000; step++) {
        unsigned number = (unsigned)unit_random_below(512), from = unit_random_below(4) ? 0 : number;
        cap_t object = 1 + (cap_t)unit_random_below(1000000);
        switch (unit_random_below(3)) {
        case 0: {
            unsigned expected = from;
            while (expected < 512 && model[expected])
                expected++;
            long got = descriptor_add(object, KIND_REGULAR, 0, NULL, from);
            REQUIRE_EQUAL(got, expected < 512 ? (long)expected : -EMFILE);
            if (got >= 0)
                model[got] = object;
            break;
        }
        case 1:
            REQUIRE_EQUAL(descriptor_close(number), model[number] ? 0 : -EBADF);
            model[number] = 0;
            break;
        default:
            REQUIRE_EQUAL(descriptor_replace(number, object, KIND_REGULAR, 0, NULL), number);
            model[number] = object;
        }
        const struct descriptor *found = descriptor_find((int)number);
        REQUIRE_EQUAL(found ? found->object : 0, model[number]);
    }
    close_all();
}
