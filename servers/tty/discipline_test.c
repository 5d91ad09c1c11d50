/* discipline_test.c: what is typed, what is shown, what is read. */
#include "discipline.h"

#include <string.h>
#include <unit.h>

static struct discipline d;
static char shown[8192];
static size_t shown_length;
static int signals[64], signal_count;
static bool flushed;

static void output(struct discipline *, const uint8_t *bytes, size_t length)
{
    if (shown_length + length < sizeof shown)
        memcpy(shown + shown_length, bytes, length), shown_length += length;
    shown[shown_length] = 0;
}

static void signalled(struct discipline *, enum terminal_signal signal)
{
    signals[signal_count++ % 64] = signal;
}

static void flush(struct discipline *)
{
    flushed = true;
}

static void flow(struct discipline *, bool)
{
}

static void start(void)
{
    static const struct discipline_ops ops = {.output = output, .signal = signalled, .flush_output = flush, .flow = flow};
    discipline_init(&d, &ops);
    shown_length = 0;
    shown[0] = 0;
    signal_count = 0;
    flushed = false;
}

static void type(const char *text)
{
    for (; *text; text++)
        discipline_input(&d, (uint8_t)*text);
}

/* What one read of this size gives; NULL: it would wait. */
static const char *taken(size_t size)
{
    static char text[DISCIPLINE_ROOM + 1];
    if (!discipline_can_read(&d, 1))
        return NULL;
    size_t count = discipline_read(&d, (uint8_t *)text, size);
    text[count] = 0;
    return text;
}

static void expect_text(const char *text, const char *wanted, int line)
{
    if (text && strcmp(text, wanted) == 0)
        return;
    unit_note("line %d: '%s', not '%s'", line, text ? text : "(nothing)", wanted);
    EXPECT(!"the text is right");
}

#define READS(text) expect_text(taken(4096), (text), __LINE__)
#define SHOWS(text) (expect_text(shown, (text), __LINE__), shown_length = 0, (void)(shown[0] = 0))

TEST(line_is_read_when_it_ends)
{
    start();
    type("abc");
    EXPECT(!discipline_can_read(&d, 1));
    type("\r");
    SHOWS("abc\r\n");
    READS("abc\n");
    EXPECT(!discipline_can_read(&d, 1));
}

TEST(reads_take_one_line_each)
{
    start();
    type("one\ntwo\n");
    READS("one\n");
    READS("two\n");
}

TEST(short_reads_leave_the_rest)
{
    start();
    type("hello\n");
    const char *t = taken(2);
    EXPECT(t && strcmp(t, "he") == 0);
    EXPECT_EQUAL(discipline_readable(&d), 4);
    READS("llo\n");
}

TEST(erase_takes_characters_off_line_and_screen)
{
    start();
    type("ab\x7f" "c\x7f\x7f\x7f\x7fx\n");
    SHOWS("ab\b \bc\b \b\b \bx\r\n");
    READS("x\n");
}

TEST(erase_takes_control_characters_as_two_columns)
{
    start();
    type("a\x16\x01\x7f\n");
    SHOWS("a^\b^A\b \b\b \b\r\n");
    READS("a\n");
}

TEST(erase_of_utf8_takes_all_bytes)
{
    start();
    type("a\xc3\xa9\x7f\n");
    SHOWS("a\xc3\xa9\b \b\r\n");
    READS("a\n");
}

TEST(erase_of_a_tab_goes_back_to_where_it_began)
{
    start();
    type("abc\t\x7f");
    SHOWS("abc\t\b\b\b\b\b");
}

TEST(word_erase_and_kill)
{
    start();
    type("one two_3  \x17");
    SHOWS("one two_3  \b \b\b \b\b \b\b \b\b \b\b \b\b \b");
    type("x\x15y\n");
    READS("y\n");
}

TEST(kill_without_visual_erase_shows_the_character)
{
    start();
    struct termios t = d.termios;
    t.lflag &= ~ECHOKE;
    discipline_set(&d, &t);
    type("ab\x15");
    SHOWS("ab^U\r\n");
}

TEST(end_of_file_alone_reads_nothing)
{
    start();
    type("\x04");
    EXPECT(discipline_can_read(&d, 1));
    READS("");
    EXPECT(!discipline_can_read(&d, 1));
    SHOWS("");
}

TEST(end_of_file_after_text_gives_the_text)
{
    start();
    type("abc\x04");
    READS("abc");
    EXPECT(!discipline_can_read(&d, 1));
    type("abc\x04");
    const char *t = taken(3);
    EXPECT(t && strcmp(t, "abc") == 0);
    EXPECT(!discipline_can_read(&d, 1));
}

TEST(signals_flush_and_are_shown)
{
    start();
    type("abc\x03");
    SHOWS("abc^C");
    EXPECT_EQUAL(signal_count, 1);
    EXPECT_EQUAL(signals[0], TERMINAL_SIGINT);
    EXPECT(flushed);
    type("x\n");
    READS("x\n");
    type("\x1a\x1c");
    EXPECT_EQUAL(signals[1], TERMINAL_SIGTSTP);
    EXPECT_EQUAL(signals[2], TERMINAL_SIGQUIT);
}

TEST(literal_next_takes_the_meaning)
{
    start();
    type("\x16\x03\n");
    READS("\x03\n");
    EXPECT_EQUAL(signal_count, 0);
}

TEST(reprint_shows_the_line_again)
{
    start();
    type("ab\x12");
    SHOWS("ab^R\r\nab");
}

TEST(raw_mode_gives_bytes_at_once)
{
    start();
    struct termios t = d.termios;
    t.lflag &= ~(ICANON | ECHO | ISIG);
    t.iflag &= ~(ICRNL | IXON);
    t.oflag &= ~OPOST;
    discipline_set(&d, &t);
    type("a\r\x03\x04");
    READS("a\r\x03\x04");
    SHOWS("");
    EXPECT(!discipline_can_read(&d, 1));
    type("ab");
    EXPECT(!discipline_can_read(&d, 3));
    EXPECT(discipline_can_read(&d, 2));
}

TEST(input_survives_a_change_of_mode)
{
    start();
    struct termios canonical = d.termios, raw = d.termios;
    raw.lflag &= ~ICANON;
    type("par");
    discipline_set(&d, &raw);
    READS("par");
    type("tial");
    discipline_set(&d, &canonical);
    READS("tial");
    type("x\x04");
    discipline_set(&d, &raw);
    EXPECT_EQUAL(discipline_readable(&d), 2);
}

TEST(output_rules)
{
    start();
    uint8_t to[64];
    size_t produced;
    EXPECT_EQUAL(discipline_output(&d, (const uint8_t *)"a\nb", 3, to, sizeof to, &produced), 3);
    EXPECT(produced == 4 && memcmp(to, "a\r\nb", 4) == 0);
    struct termios t = d.termios;
    t.oflag |= XTABS;
    discipline_set(&d, &t);
    EXPECT_EQUAL(discipline_output(&d, (const uint8_t *)"\t", 1, to, sizeof to, &produced), 1);
    EXPECT_EQUAL(produced, 7); /* after 'b' in column 0 */
    EXPECT_EQUAL(discipline_output(&d, (const uint8_t *)"abc", 3, to, 9, &produced), 2);
}

TEST(stop_and_start)
{
    start();
    type("\x13");
    EXPECT(d.stopped);
    type("a");
    EXPECT(d.stopped);
    type("\x11");
    EXPECT(!d.stopped);
    type("\x13\x03");
    EXPECT(!d.stopped);
}

TEST(a_full_line_can_still_be_ended)
{
    start();
    for (unsigned i = 0; i < 2 * DISCIPLINE_ROOM; i++)
        discipline_input(&d, 'a');
    type("\n");
    const char *t = taken(DISCIPLINE_ROOM);
    REQUIRE(t);
    EXPECT_EQUAL(strlen(t), DISCIPLINE_ROOM);
    EXPECT(t[DISCIPLINE_ROOM - 1] == '\n');
}

TEST(unread_gives_it_back)
{
    start();
    type("line\n");
    READS("line\n");
    discipline_unread(&d);
    READS("line\n");
}

/* Against a model: with everything off, what goes in comes out, however it is cut. */
TEST(random_bytes_pass_in_raw_mode)
{
    start();
    struct termios t = d.termios;
    t.lflag = t.iflag = t.oflag = 0;
    discipline_set(&d, &t);
    uint64_t in = 0, out = 0;
    for (int round = 0; round < 20000; round++) {
        size_t count = unit_random_below(100), room = discipline_input_room(&d);
        for (size_t i = 0; i < count && i < room; i++)
            discipline_input(&d, (uint8_t)(in++ * 7));
        uint8_t bytes[128];
        size_t got = discipline_read(&d, bytes, unit_random_below(128));
        for (size_t i = 0; i < got; i++)
            REQUIRE_EQUAL(bytes[i], (uint8_t)(out++ * 7));
    }
    EXPECT_EQUAL(in - out, discipline_readable(&d));
}

/* Nothing typed, in any mode, breaks the invariants. */
TEST(random_input_in_random_modes)
{
    start();
    for (int round = 0; round < 200000; round++) {
        uint64_t what = unit_random_below(100);
        if (what == 0) {
            struct termios t = d.termios;
            t.lflag = (uint32_t)unit_random();
            t.iflag = (uint32_t)unit_random();
            t.oflag = (uint32_t)unit_random();
            for (unsigned i = 0; i < TERMIOS_CC; i++)
                t.cc[i] = (uint8_t)unit_random_below(40);
            discipline_set(&d, &t);
        } else if (what < 30) {
            uint8_t bytes[64];
            discipline_read(&d, bytes, unit_random_below(64));
        } else {
            discipline_input(&d, (uint8_t)unit_random_below(what < 60 ? 256 : 33));
        }
        shown_length = 0;
        REQUIRE(d.end - d.read <= DISCIPLINE_ROOM && d.ready - d.read <= d.end - d.read);
    }
}
