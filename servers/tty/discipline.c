/* discipline.c: the line discipline. Invariants: read <= ready <= end <= read + DISCIPLINE_ROOM (counting modulo 2^32); ready == end unless
 * canonical; bits of delimiter and end_of_file are right for [read, end). */
#include "discipline.h"

#define AT(position) ((position) % DISCIPLINE_ROOM)
#define DISABLED 0u /* a control character that is switched off (_POSIX_VDISABLE) */

static bool has(uint32_t flags, uint32_t flag)
{
    return (flags & flag) != 0;
}

#define I(flag) has(d->termios.iflag, (flag))
#define O(flag) has(d->termios.oflag, (flag))
#define L(flag) has(d->termios.lflag, (flag))

static bool is_cc(const struct discipline *d, unsigned which, uint8_t byte)
{
    return d->termios.cc[which] != DISABLED && d->termios.cc[which] == byte;
}

static bool is_extended_cc(const struct discipline *d, unsigned which, uint8_t byte)
{
    return L(IEXTEN) && is_cc(d, which, byte);
}

static bool bit(const uint8_t *bits, uint32_t position)
{
    return bits[AT(position) / 8] >> AT(position) % 8 & 1;
}

static void set_bit(uint8_t *bits, uint32_t position, bool value)
{
    uint8_t mask = (uint8_t)(1u << AT(position) % 8);
    bits[AT(position) / 8] = value ? bits[AT(position) / 8] | mask : bits[AT(position) / 8] & (uint8_t)~mask;
}

static bool is_control(uint8_t byte)
{
    return byte < ' ' || byte == 0x7f;
}

/* A later byte of a UTF-8 character. */
static bool is_continuation(const struct discipline *d, uint8_t byte)
{
    return I(IUTF8) && (byte & 0xc0) == 0x80;
}

/* --- settings --------------------------------------------------------------------------------------------------------------------------- */

void discipline_init(struct discipline *d, const struct discipline_ops *ops)
{
    *d = (struct discipline){.ops = ops};
    d->termios = (struct termios){
        .iflag = ICRNL | IXON | IUTF8, .oflag = OPOST | ONLCR, .cflag = B115200 | CS8 | CREAD | HUPCL | CLOCAL,
        .lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
        .cc = {[VINTR] = 3, [VQUIT] = 28, [VERASE] = 127, [VKILL] = 21, [VEOF] = 4, [VTIME] = 0, [VMIN] = 1, [VSTART] = 17, [VSTOP] = 19,
               [VSUSP] = 26, [VREPRINT] = 18, [VDISCARD] = 15, [VWERASE] = 23, [VLNEXT] = 22},
        .input_speed = 115200, .output_speed = 115200,
    };
}

/* What was typed before counts as one line; an end of file becomes a zero byte for a reader of bytes, as on Linux. */
static void change_mode(struct discipline *d)
{
    for (uint32_t p = d->read; p != d->end; p++) {
        if (bit(d->end_of_file, p))
            d->in[AT(p)] = 0;
        set_bit(d->delimiter, p, false);
        set_bit(d->end_of_file, p, false);
    }
    if (d->end != d->read)
        set_bit(d->delimiter, d->end - 1, true);
    d->ready = d->end;
    d->literal_next = false;
    d->line_column = d->column;
}

void discipline_set(struct discipline *d, const struct termios *termios)
{
    bool was_canonical = L(ICANON);
    d->termios = *termios;
    if (was_canonical != L(ICANON))
        change_mode(d);
    if (d->stopped && !I(IXON))
        discipline_flow(d, false);
}

void discipline_flow(struct discipline *d, bool stopped)
{
    if (d->stopped == stopped)
        return;
    d->stopped = stopped;
    d->ops->flow(d, stopped);
}

/* --- output ----------------------------------------------------------------------------------------------------------------------------- */

static void follow_column(struct discipline *d, uint8_t byte)
{
    if (byte == '\r')
        d->column = 0;
    else if (byte == '\b')
        d->column -= d->column > 0;
    else if (byte == '\t')
        d->column = (d->column | 7) + 1;
    else if (!is_control(byte) && !is_continuation(d, byte))
        d->column++;
}

/* One byte by the rules of oflag. Returns: the number of bytes in to, at most 8. */
static size_t output_byte(struct discipline *d, uint8_t byte, uint8_t to[8])
{
    size_t count = 0;
    if (!O(OPOST)) {
        to[count++] = byte;
        return count;
    }
    if (byte == '\r' && O(OCRNL))
        byte = '\n';
    else if (byte == '\r' && O(ONOCR) && d->column == 0)
        return 0;
    if (byte == '\n') {
        if (O(ONLCR))
            to[count++] = '\r';
        if (O(ONLCR) || O(ONLRET))
            d->column = 0;
    }
    if (byte == '\t' && (d->termios.oflag & TABDLY) == XTABS) {
        do
            to[count++] = ' ';
        while (++d->column % 8);
        return count;
    }
    if (O(OLCUC) && byte >= 'a' && byte <= 'z')
        byte -= 'a' - 'A';
    follow_column(d, byte);
    to[count++] = byte;
    return count;
}

size_t discipline_output(struct discipline *d, const uint8_t *from, size_t length, uint8_t *to, size_t room, size_t *produced)
{
    size_t taken = 0;
    *produced = 0;
    for (; taken < length && room - *produced >= 8; taken++)
        *produced += output_byte(d, from[taken], to + *produced);
    return taken;
}

/* --- echo ------------------------------------------------------------------------------------------------------------------------------- */

static void show(struct discipline *d, uint8_t byte)
{
    uint8_t bytes[8];
    size_t count = output_byte(d, byte, bytes);
    d->ops->output(d, bytes, count);
}

/* Without the rules of oflag. */
static void show_raw(struct discipline *d, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        follow_column(d, (uint8_t)text[i]);
    d->ops->output(d, (const uint8_t *)text, length);
}

static void echo(struct discipline *d, uint8_t byte)
{
    if (L(ECHOCTL) && is_control(byte) && byte != '\t') {
        const char caret[2] = {'^', (char)(byte ^ 0x40)};
        show_raw(d, caret, 2);
        return;
    }
    show(d, byte);
}

/* Columns that a byte of the line takes on the screen when it is at this column. */
static unsigned width_at(const struct discipline *d, uint8_t byte, unsigned column)
{
    if (byte == '\t')
        return 8 - column % 8;
    if (is_control(byte))
        return L(ECHOCTL) ? 2 : 0;
    return is_continuation(d, byte) ? 0 : 1;
}

/* The column where the byte at this position of the line being typed begins. */
static unsigned column_of(const struct discipline *d, uint32_t position)
{
    unsigned column = d->line_column;
    for (uint32_t p = d->ready; p != position; p++)
        column += width_at(d, d->in[AT(p)], column);
    return column;
}

static void bell(struct discipline *d)
{
    if (I(IMAXBEL))
        show_raw(d, "\a", 1);
}

/* --- editing the line ------------------------------------------------------------------------------------------------------------------- */

/* Take the last character (all its bytes) off the line, and off the screen. */
static void erase_one(struct discipline *d)
{
    while (d->end - d->ready > 1 && is_continuation(d, d->in[AT(d->end - 1)]))
        d->end--;
    d->end--;
    if (!L(ECHO))
        return;
    if (!L(ECHOE)) {
        echo(d, d->termios.cc[VERASE]);
        return;
    }
    uint8_t byte = d->in[AT(d->end)];
    unsigned width = width_at(d, byte, byte == '\t' ? column_of(d, d->end) : 0);
    for (unsigned i = 0; i < width; i++) {
        if (byte == '\t')
            show_raw(d, "\b", 1);
        else
            show_raw(d, "\b \b", 3);
    }
}

static bool in_word(uint8_t byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || byte == '_' || byte >= 0x80;
}

static void erase_word(struct discipline *d)
{
    bool seen = false;
    while (d->end != d->ready) {
        bool word = in_word(d->in[AT(d->end - 1)]);
        if (seen && !word)
            break;
        seen |= word;
        erase_one(d);
    }
}

static void erase_line(struct discipline *d)
{
    if (!L(ECHO) || (L(ECHOKE) && L(ECHOE))) {
        while (d->end != d->ready)
            erase_one(d);
        return;
    }
    d->end = d->ready;
    echo(d, d->termios.cc[VKILL]);
    if (L(ECHOK))
        show(d, '\n');
    d->line_column = d->column;
}

static void reprint_line(struct discipline *d)
{
    echo(d, d->termios.cc[VREPRINT]);
    show(d, '\n');
    d->line_column = d->column;
    for (uint32_t p = d->ready; p != d->end; p++)
        echo(d, d->in[AT(p)]);
}

/* --- input ------------------------------------------------------------------------------------------------------------------------------ */

static uint32_t used(const struct discipline *d)
{
    return d->end - d->read;
}

size_t discipline_input_room(const struct discipline *d)
{
    return DISCIPLINE_ROOM - used(d);
}

void discipline_flush_input(struct discipline *d)
{
    d->read = d->ready = d->end;
    d->read_before = d->read;
    d->literal_next = false;
    d->line_column = d->column;
}

static void append(struct discipline *d, uint8_t byte, bool delimiter, bool end_of_file)
{
    set_bit(d->delimiter, d->end, delimiter);
    set_bit(d->end_of_file, d->end, end_of_file);
    d->in[AT(d->end++)] = byte;
}

/* A byte that means itself. When canonical, the last place is kept for what ends the line. */
static void input_plain(struct discipline *d, uint8_t byte)
{
    if (used(d) >= DISCIPLINE_ROOM - (L(ICANON) ? 1 : 0))
        return bell(d);
    if (L(ECHO)) {
        if (d->end == d->ready)
            d->line_column = d->column;
        echo(d, byte);
    }
    append(d, byte, false, false);
    if (!L(ICANON))
        d->ready = d->end;
}

static void end_line(struct discipline *d, uint8_t byte, bool end_of_file)
{
    if (used(d) == DISCIPLINE_ROOM)
        return bell(d);
    append(d, byte, true, end_of_file);
    d->ready = d->end;
    d->line_column = d->column;
}

static void input_signal(struct discipline *d, uint8_t byte, enum terminal_signal signal)
{
    if (!L(NOFLSH)) {
        discipline_flush_input(d);
        d->ops->flush_output(d);
    }
    if (I(IXON))
        discipline_flow(d, false);
    if (L(ECHO))
        echo(d, byte);
    d->line_column = d->column;
    d->ops->signal(d, signal);
}

/* Returns: true when the byte was a signal or flow character. */
static bool input_special(struct discipline *d, uint8_t byte)
{
    if (I(IXON) && (is_cc(d, VSTART, byte) || is_cc(d, VSTOP, byte))) {
        /* When both are the same key it toggles. */
        discipline_flow(d, is_cc(d, VSTOP, byte) && !(is_cc(d, VSTART, byte) && d->stopped));
        return true;
    }
    if (!L(ISIG))
        return false;
    if (is_cc(d, VINTR, byte))
        input_signal(d, byte, TERMINAL_SIGINT);
    else if (is_cc(d, VQUIT, byte))
        input_signal(d, byte, TERMINAL_SIGQUIT);
    else if (is_cc(d, VSUSP, byte))
        input_signal(d, byte, TERMINAL_SIGTSTP);
    else
        return false;
    return true;
}

/* Returns: true when the byte edits or ends the line. */
static bool input_canonical(struct discipline *d, uint8_t byte)
{
    if (is_cc(d, VERASE, byte)) {
        if (d->end != d->ready)
            erase_one(d);
    } else if (is_extended_cc(d, VWERASE, byte)) {
        erase_word(d);
    } else if (is_cc(d, VKILL, byte)) {
        erase_line(d);
    } else if (is_extended_cc(d, VREPRINT, byte) && L(ECHO)) {
        reprint_line(d);
    } else if (byte == '\n') {
        if (L(ECHO) || L(ECHONL))
            show(d, '\n');
        end_line(d, byte, false);
    } else if (is_cc(d, VEOF, byte)) {
        end_line(d, byte, true);
    } else if (is_cc(d, VEOL, byte) || is_extended_cc(d, VEOL2, byte)) {
        if (L(ECHO))
            echo(d, byte);
        end_line(d, byte, false);
    } else {
        return false;
    }
    return true;
}

/* The rules of iflag. Returns: false when the byte is dropped. */
static bool translate(const struct discipline *d, uint8_t *byte)
{
    if (I(ISTRIP))
        *byte &= 0x7f;
    if (I(IUCLC) && L(IEXTEN) && *byte >= 'A' && *byte <= 'Z')
        *byte += 'a' - 'A';
    if (*byte == '\r') {
        if (I(IGNCR))
            return false;
        if (I(ICRNL))
            *byte = '\n';
    } else if (*byte == '\n' && I(INLCR)) {
        *byte = '\r';
    }
    return true;
}

void discipline_input(struct discipline *d, uint8_t byte)
{
    if (d->literal_next) {
        d->literal_next = false;
        return input_plain(d, I(ISTRIP) ? byte & 0x7f : byte);
    }
    if (!translate(d, &byte))
        return;
    if (d->stopped && I(IXON) && I(IXANY) && !is_cc(d, VSTOP, byte))
        discipline_flow(d, false);
    if (input_special(d, byte))
        return;
    if (L(ICANON) && is_extended_cc(d, VLNEXT, byte)) {
        d->literal_next = true;
        if (L(ECHO) && L(ECHOCTL))
            show_raw(d, "^\b", 2);
        return;
    }
    if (L(ICANON) && input_canonical(d, byte))
        return;
    input_plain(d, byte);
}

/* --- reading ---------------------------------------------------------------------------------------------------------------------------- */

bool discipline_can_read(const struct discipline *d, size_t least)
{
    uint32_t count = d->ready - d->read;
    return L(ICANON) ? count > 0 : count >= (least < DISCIPLINE_ROOM ? least : DISCIPLINE_ROOM);
}

size_t discipline_read(struct discipline *d, uint8_t *to, size_t size)
{
    size_t count = 0;
    d->read_before = d->read;
    d->line_ended = false;
    while (d->read != d->ready && !d->line_ended) {
        if (bit(d->end_of_file, d->read)) {
            /* The end of a line typed without a newline; by itself, the end of the file. Skipped when the bytes before it were just read. */
            d->read++;
            d->line_ended = true;
            break;
        }
        if (count == size)
            break;
        d->line_ended = L(ICANON) && bit(d->delimiter, d->read);
        to[count++] = d->in[AT(d->read++)];
    }
    return count;
}

void discipline_unread(struct discipline *d)
{
    d->read = d->read_before;
}

size_t discipline_readable(const struct discipline *d)
{
    size_t count = 0;
    for (uint32_t p = d->read; p != d->ready; p++)
        count += !bit(d->end_of_file, p);
    return count;
}
