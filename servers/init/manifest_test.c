/* manifest_test.c: manifests, right and wrong. */
#include "manifest.h"

#include <rights.h>
#include <string.h>
#include <unit.h>

static struct manifest m;
static unsigned line;

static enum status parse(const char *text)
{
    return manifest_parse(&m, text, strlen(text), &line);
}

TEST(all_keys)
{
    REQUIRE_EQUAL(parse("name = tmpfs\nexport = fs\n\nimport = proc vfs\nimport=tty\ncontrol = info debug\nmay = files kill\n"
                        "device = console 16550\nrestart = never\nstart = boot\nmemory = 8M\npriority = 24\nqueue = 0x20\nstack = 32K\nledgers = yes\n"), STATUS_OK);
    EXPECT(strcmp(m.name, "tmpfs") == 0 && strcmp(m.exports, "fs") == 0);
    REQUIRE_EQUAL(m.import_count, 3);
    EXPECT(strcmp(m.imports[0], "proc") == 0 && strcmp(m.imports[2], "tty") == 0);
    EXPECT_EQUAL(m.control, RIGHT_CONTROL_INFO | RIGHT_CONTROL_DEBUG);
    EXPECT_EQUAL(m.may, MAY_FILES | MAY_KILL);
    EXPECT_EQUAL(m.device, DEVICE_CONSOLE_16550);
    EXPECT(!m.restarts && m.starts_at_boot && m.limits_ledgers);
    EXPECT(m.memory == 8 << 20 && m.priority == 24 && m.queue == 32 && m.stack == 32 << 10);
    manifest_free(&m);
}

TEST(devices_by_name)
{
    REQUIRE_EQUAL(parse("name = d\ndevice = virtio block, pci  8086:2922 ,x y\ndma = 64K\n"), STATUS_OK);
    EXPECT(m.device == DEVICE_ON_BUS && m.dma == 64 << 10);
    EXPECT(manifest_drives(&m, "virtio block"));
    EXPECT(manifest_drives(&m, "pci 1af4:1001,virtio  block "));
    EXPECT(manifest_drives(&m, " pci 8086:2922"));
    EXPECT(manifest_drives(&m, "a b,x y"));
    EXPECT(!manifest_drives(&m, "virtio net"));
    EXPECT(!manifest_drives(&m, "virtio"));
    EXPECT(!manifest_drives(&m, "virtio block two"));
    EXPECT(!manifest_drives(&m, "virtioblock"));
    EXPECT(!manifest_drives(&m, ""));
    manifest_free(&m);
    REQUIRE_EQUAL(parse("name = d\n"), STATUS_OK);
    EXPECT(!manifest_drives(&m, "virtio block"));
    manifest_free(&m);
}

TEST(wrong_lines_are_named)
{
    static const struct { const char *text; unsigned line; } wrong[] = {
        {"export = x\n", 0}, {"name = a\nfoo = b\n", 2}, {"name = a b\n", 1}, {"name = a\n\nmemory = 3X\n", 3}, {"name = a\nnonsense\n", 2},
        {"name = a\nrestart = often\n", 2}, {"name = a\ndevice = console vt100\n", 2}, {"name = a\ndevice = virtio\n", 2}, {"name = a\ndevice = a b,\n", 2}, {"name = a\ncontrol = all\n", 2}, {"name = a\npriority = 64\n", 2}, {"name = a\nmemory = 99999999999999999M\n", 2},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        EXPECT_EQUAL(parse(wrong[i].text), STATUS_BAD_FORMAT);
        EXPECT_EQUAL(line, wrong[i].line);
    }
}
