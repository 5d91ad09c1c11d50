/* manifest.c: reads manifests. Not here: where they come from. */
#include <manifest.h>

#include <format.h>
#include <heap.h>
#include <rights.h>
#include <string.h>

#define USUAL_STACK 0x4000u

struct word {
    const char *name;
    uint32_t    value;
};

static const struct word control_words[] = {
    {"device", RIGHT_CONTROL_DEVICE}, {"power", RIGHT_CONTROL_POWER}, {"debug", RIGHT_CONTROL_DEBUG},
    {"info", RIGHT_CONTROL_INFO}, {"clock", RIGHT_CONTROL_CLOCK}, {"cpus", RIGHT_CONTROL_CPUS},
    {"swap", RIGHT_CONTROL_SWAP}, {},
};
static const struct word may_words[] = {
    {"files", MAY_FILES}, {"archive", MAY_ARCHIVE}, {"session", MAY_SESSION},
    {"power", MAY_POWER}, {"kill", MAY_KILL}, {"list", MAY_LIST}, {"offer", MAY_OFFER}, {},
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Cut the next word off the text at *at. Returns: NULL when there is none. */
static char *next_word(char **at)
{
    while (is_space(**at))
        (*at)++;
    if (!**at)
        return nullptr;
    char *word = *at;
    while (**at && !is_space(**at))
        (*at)++;
    if (**at)
        *(*at)++ = 0;
    return word;
}

static bool only_word(char *value, const char **word)
{
    *word = next_word(&value);
    return *word && !next_word(&value);
}

static bool flags_of(char *value, const struct word *words, uint32_t *flags)
{
    for (char *word; (word = next_word(&value));) {
        const struct word *known = words;
        while (known->name && strcmp(known->name, word) != 0)
            known++;
        if (!known->name)
            return false;
        *flags |= known->value;
    }
    return true;
}

/* One of two words. */
static bool choice(char *value, const char *yes, const char *no, bool *is_yes)
{
    const char *word;
    if (!only_word(value, &word))
        return false;
    *is_yes = strcmp(word, yes) == 0;
    return *is_yes || strcmp(word, no) == 0;
}

/* A number, with K or M behind it for its multiples; "none" is 0. */
static bool number_of(char *value, uint64_t *number)
{
    const char *word;
    if (!only_word(value, &word))
        return false;
    if (strcmp(word, "none") == 0) {
        *number = 0;
        return true;
    }
    if (!os_parse_number(&word, 0, number))
        return false;
    unsigned shift = *word == 'K' ? 10 : *word == 'M' ? 20 : 0;
    if (shift)
        word++;
    if (*word || *number > UINT64_MAX >> shift)
        return false;
    *number <<= shift;
    return true;
}

static bool console_of(char *value, enum manifest_device *device)
{
    const char *model;
    (void)next_word(&value);
    if (!only_word(value, &model))
        return false;
    *device = strcmp(model, "16550") == 0 ? DEVICE_CONSOLE_16550 : strcmp(model, "pl011") == 0 ? DEVICE_CONSOLE_PL011 : DEVICE_NONE;
    return *device != DEVICE_NONE;
}

/* --- names of devices: words with single spaces between them, commas between names -------------------------------------------------------- */

static const char *skip_spaces(const char *at)
{
    while (is_space(*at))
        at++;
    return at;
}

/* Returns: how many words the name at *at has; *at: where it ends. */
static unsigned words_of(const char **at)
{
    unsigned count = 0;
    for (const char *text = skip_spaces(*at);; text = skip_spaces(text)) {
        *at = text;
        if (!*text || *text == ',')
            return count;
        count++;
        while (*text && *text != ',' && !is_space(*text))
            text++;
    }
}

static bool same_name(const char *a, const char *b)
{
    for (a = skip_spaces(a), b = skip_spaces(b);; a++, b++) {
        bool a_ends = !*skip_spaces(a) || *skip_spaces(a) == ',', b_ends = !*skip_spaces(b) || *skip_spaces(b) == ',';
        if (a_ends || b_ends)
            return a_ends && b_ends;
        if (is_space(*a) && is_space(*b)) {
            a = skip_spaces(a) - 1;
            b = skip_spaces(b) - 1;
        } else if (*a != *b) {
            return false;
        }
    }
}

static const char *next_name(const char *names)
{
    const char *comma = strchr(names, ',');
    return comma ? comma + 1 : nullptr;
}

bool manifest_drives(const struct manifest *manifest, const char *names)
{
    for (const char *own = manifest->drives; own; own = next_name(own))
        for (const char *name = names; name; name = next_name(name))
            if (same_name(own, name))
                return true;
    return false;
}

/* The UART of the console, or what a bus may have: names of two words. */
static bool device_of(struct manifest *manifest, char *value)
{
    static const char console[] = "console";
    const char *start = skip_spaces(value);
    if (strncmp(start, console, sizeof console - 1) == 0 && is_space(start[sizeof console - 1]))
        return console_of(value, &manifest->device);
    for (const char *name = start, *at; name; name = next_name(name))
        if (at = name, words_of(&at) != 2)
            return false;
    manifest->drives = start;
    manifest->device = DEVICE_ON_BUS;
    return true;
}

static enum status add_imports(struct manifest *manifest, char *value)
{
    for (char *word; (word = next_word(&value));) {
        if (!GROW(manifest->imports, manifest->import_count, manifest->import_capacity))
            return STATUS_NO_MEMORY;
        manifest->imports[manifest->import_count++] = word;
    }
    return STATUS_OK;
}

static bool scalar_key(struct manifest *m, const char *key, char *value)
{
    if (!strcmp(key, "name"))
        return only_word(value, &m->name);
    if (!strcmp(key, "export"))
        return only_word(value, &m->exports);
    if (!strcmp(key, "control"))
        return flags_of(value, control_words, &m->control);
    if (!strcmp(key, "may"))
        return flags_of(value, may_words, &m->may);
    if (!strcmp(key, "device"))
        return device_of(m, value);
    if (!strcmp(key, "restart"))
        return choice(value, "always", "never", &m->restarts);
    if (!strcmp(key, "start"))
        return choice(value, "boot", "demand", &m->starts_at_boot);
    if (!strcmp(key, "ledgers"))
        return choice(value, "yes", "no", &m->limits_ledgers);
    if (!strcmp(key, "swapped"))
        return choice(value, "no", "yes", &m->kept);
    if (!strcmp(key, "memory"))
        return number_of(value, &m->memory);
    if (!strcmp(key, "priority"))
        return number_of(value, &m->priority) && m->priority < 64;
    if (!strcmp(key, "queue"))
        return number_of(value, &m->queue);
    if (!strcmp(key, "stack"))
        return number_of(value, &m->stack);
    if (!strcmp(key, "dma"))
        return number_of(value, &m->dma);
    return false;
}

static enum status parse_line(struct manifest *manifest, char *line)
{
    char *equals = strchr(line, '=');
    if (!equals) {
        return next_word(&line) ? STATUS_BAD_FORMAT : STATUS_OK; /* an empty line */
    }
    *equals = 0;
    const char *key;
    if (!only_word(line, &key))
        return STATUS_BAD_FORMAT;
    if (!strcmp(key, "import"))
        return add_imports(manifest, equals + 1);
    return scalar_key(manifest, key, equals + 1) ? STATUS_OK : STATUS_BAD_FORMAT;
}

enum status manifest_parse(struct manifest *manifest, const char *text, size_t length, unsigned *line)
{
    *manifest = (struct manifest){.restarts = true, .priority = UINT64_MAX, .stack = USUAL_STACK};
    *line = 0;
    manifest->text = os_allocate(length + 1);
    if (!manifest->text)
        return STATUS_NO_MEMORY;
    memcpy(manifest->text, text, length);
    manifest->text[length] = 0;
    enum status status = STATUS_OK;
    for (char *at = manifest->text, *end; at && status == STATUS_OK; at = end) {
        end = strchr(at, '\n');
        if (end)
            *end++ = 0;
        ++*line;
        status = parse_line(manifest, at);
    }
    if (status == STATUS_OK && !manifest->name) {
        *line = 0;
        status = STATUS_BAD_FORMAT;
    }
    if (status != STATUS_OK)
        manifest_free(manifest);
    return status;
}

void manifest_free(struct manifest *manifest)
{
    os_free(manifest->imports);
    os_free(manifest->text);
    manifest->imports = nullptr;
    manifest->text = nullptr;
}
