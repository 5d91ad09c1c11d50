/* mips_open.c: translation of flags of open and of error numbers. */
#include "mips_open.h"
#include <stddef.h>

static const struct {
    uint32_t mips, generic;
} flags[] = {
    {0x0008, 02000},     /* APPEND */
    {0x0010, 010000},    /* DSYNC */
    {0x0080, 04000},     /* NONBLOCK */
    {0x0100, 0100},      /* CREAT */
    {0x0200, 01000},     /* TRUNC */
    {0x0400, 0200},      /* EXCL */
    {0x0800, 0400},      /* NOCTTY */
    {0x1000, 020000},    /* FASYNC */
    {0x2000, 0100000},   /* LARGEFILE */
    {0x4000, 04000000},  /* SYNC without DSYNC */
    {0x8000, 040000},    /* DIRECT */
};
/* The same on both: access mode, DIRECTORY, NOFOLLOW, NOATIME, CLOEXEC, PATH, TMPFILE. */
#define SAME (03u | 0200000u | 0400000u | 01000000u | 02000000u | 010000000u | 020000000u)

unsigned open_flags_in(unsigned mips)
{
    unsigned generic = mips & SAME;
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (mips & flags[i].mips)
            generic |= flags[i].generic;
    return generic;
}

unsigned open_flags_out(unsigned generic)
{
    unsigned mips = generic & SAME;
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (generic & flags[i].generic)
            mips |= flags[i].mips;
    return mips;
}

static const uint16_t numbers[] = {
    [35] = 45,   [36] = 78,   [37] = 46,   [38] = 89,   [39] = 93,   [40] = 90,   [42] = 35,   [43] = 36,   [44] = 37,   [45] = 38,
    [46] = 39,   [47] = 40,   [48] = 41,   [49] = 42,   [50] = 43,   [51] = 44,   [52] = 50,   [53] = 51,   [54] = 52,   [55] = 53,
    [56] = 54,   [57] = 55,   [72] = 74,   [74] = 77,   [75] = 79,   [76] = 80,   [77] = 81,   [78] = 82,   [79] = 83,   [80] = 84,
    [81] = 85,   [82] = 86,   [83] = 87,   [84] = 88,   [85] = 91,   [86] = 92,   [87] = 94,   [88] = 95,   [89] = 96,   [90] = 97,
    [91] = 98,   [92] = 99,   [93] = 120,  [94] = 121,  [95] = 122,  [96] = 123,  [97] = 124,  [98] = 125,  [99] = 126,  [100] = 127,
    [101] = 128, [102] = 129, [103] = 130, [104] = 131, [105] = 132, [106] = 133, [107] = 134, [108] = 143, [109] = 144, [110] = 145,
    [111] = 146, [112] = 147, [113] = 148, [114] = 149, [115] = 150, [116] = 151, [117] = 135, [118] = 137, [119] = 138, [120] = 139,
    [121] = 140, [122] = 1133, [123] = 159, [124] = 160, [125] = 158, [126] = 161, [127] = 162, [128] = 163, [129] = 164, [130] = 165,
    [131] = 166, [132] = 167, [133] = 168,
};

unsigned mips_errno(unsigned generic)
{
    return generic < sizeof numbers / sizeof numbers[0] && numbers[generic] ? numbers[generic] : generic;
}
