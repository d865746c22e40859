/* libFuzzer on the jar's own exports: every input is one session with a machine that has just been sealed.
 *
 * The machine is booted and sealed once. Each input runs in a fork of that process, as each script runs in a clone of
 * the base image; the child's coverage counters come back through shared memory. A child that ends by a sanitizer's
 * report, a signal or a broken law ends the fuzzer, too, which then keeps the input.
 *
 * An input: byte 0 is how much memory the session gets, byte 1 how much stack, byte 2 bits of how it goes on; then
 * texts with a NUL between them. The first is the script. Each further one answers the next call: "!..." rejects it
 * with that message, "=..." is a whole resume message as it stands, text that begins like JSON is the value, any other
 * text is the value as a string.
 */
#include "jar.h"

#include <errno.h>
#include <sanitizer/common_interface_defs.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define SOFT_MS 40  /* then the interrupt word is written, as the host's watchdog does */
#define HARD_MS 160 /* then the session ends: in WebAssembly, fuel is used up long before */
#define MAX_STEPS 8
#define MAX_INPUT 65536
#define FULL_MEMORY (24u << 20)

enum { CHECK_ONLY = 1, CANCEL_SECOND = 2, FEW_CALLS = 4, SMALL_RESULTS = 8 };

extern uint8_t __start___sancov_cntrs[], __stop___sancov_cntrs[];

static jar_port_t *port;
static uint8_t *counters; /* the child's, as it ended */
static char message[8 * MAX_INPUT + 4096];
static size_t length;

/* What is known of the session for certain, without reading JSON: a report's first call is open. */
static int open_calls[MAX_STEPS], open_count;
static bool is_well_formed = true; /* whether the host could have said all that was said so far */

/* -- the end of a session ----------------------------------------------------------------------------------------- */

_Noreturn static void leave(void)
{
    memcpy(counters, __start___sancov_cntrs, __stop___sancov_cntrs - __start___sancov_cntrs);
    _exit(0);
}

_Noreturn void jar_trapped(void)
{
    leave();
}

_Noreturn static void broken(const char *law)
{
    fprintf(stderr, "BROKEN LAW: %s\n", law);
    __sanitizer_print_stack_trace();
    _exit(3);
}

static void on_alarm(int signal_)
{
    static const struct itimerval rest = {.it_value = {.tv_usec = (HARD_MS - SOFT_MS) * 1000}};
    (void)signal_;
    if (port->interrupt)
        leave();
    port->interrupt = JAR_STOP_TIME;
    setitimer(ITIMER_REAL, &rest, NULL);
}

/* -- messages ----------------------------------------------------------------------------------------------------- */

static void put(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    length += vsnprintf(message + length, sizeof message - length, format, arguments);
    va_end(arguments);
}

/* The character at `text` and its size in bytes; bytes that are no UTF-8 of the basic plane stand for themselves. */
static unsigned character(const uint8_t *text, const uint8_t *end, int *size)
{
    unsigned c = *text;
    bool two = c >= 0xc2 && c < 0xe0, three = c >= 0xe0 && c < 0xf0;
    *size = 1;
    if (two && end - text > 1 && text[1] >> 6 == 2)
        return *size = 2, (c & 31) << 6 | (text[1] & 63);
    if (three && end - text > 2 && text[1] >> 6 == 2 && text[2] >> 6 == 2)
        return *size = 3, (c & 15) << 12 | (text[1] & 63) << 6 | (text[2] & 63);
    return c;
}

/* As the host writes strings: ASCII alone. */
static void put_string(const uint8_t *text, const uint8_t *end)
{
    message[length++] = '"';
    for (int size; text < end; text += size) {
        unsigned c = character(text, end, &size);
        if (c >= ' ' && c < 127 && c != '"' && c != '\\')
            message[length++] = c;
        else
            put("\\u%04x", c);
    }
    message[length++] = '"';
}

static void start_message(const uint8_t *header, const uint8_t *text, const uint8_t *end)
{
    unsigned memory = header[0] ? port->heap_used + header[0] * header[0] * 64u : FULL_MEMORY;
    unsigned stack = header[1] ? 32 + header[1] * 480 / 255 : 256;
    unsigned calls = header[2] & FEW_CALLS ? 1 : 1000;
    unsigned bytes = header[2] & SMALL_RESULTS ? 64 : 131072;
    put("{\"code\":");
    put_string(text, end);
    put(",\"tools\":[\"echo\",\"boom\",\"hang\",\"mcp.a.b\"],\"context\":{\"model\":\"m\",\"sandbox\":{\"mode\":\"x\"}},"
        "\"seed\":\"000102030405060708090a0b0c0d0e0f\",\"limits\":[%u,%u,%u,%u,32,20,20,64,5,500,64,%u]}",
        memory, stack * 1024, bytes, bytes, calls);
}

static bool is_json(uint8_t first)
{
    return first && strchr("{[\"-0123456789tfn", first);
}

/* Answers the oldest call that is open; a host answers no other. */
static void answer_message(const uint8_t *text, const uint8_t *end)
{
    int id = 1;
    if (open_count) {
        id = open_calls[0];
        memmove(open_calls, open_calls + 1, --open_count * sizeof *open_calls);
    } else {
        is_well_formed = false;
    }
    if (text < end && *text == '=') {
        is_well_formed = false;
        put("%.*s", (int)(end - text - 1), text + 1);
    } else if (text < end && *text == '!') {
        put("{\"answers\":[[%d,0,{\"code\":\"ToolExecutionError\",\"retryable\":true,\"message\":", id);
        put_string(text + 1, end);
        put("}]]}");
    } else if (text < end && is_json(*text)) {
        is_well_formed = false;
        put("{\"answers\":[[%d,1,%.*s,1]]}", id, (int)(end - text), text);
    } else {
        put("{\"answers\":[[%d,1,", id);
        put_string(text, end);
        put(",0]]}");
    }
}

/* -- steps and their laws ----------------------------------------------------------------------------------------- */

static bool is_utf8(const uint8_t *text, size_t size)
{
    for (const uint8_t *end = text + size; text < end;) {
        int more = *text < 0x80 ? 0 : *text >= 0xf0 ? 3 : *text >= 0xe0 ? 2 : 1;
        if ((more && (*text < 0xc2 || *text > 0xf4)) || end - text <= more)
            return false;
        if ((*text == 0xe0 && text[1] < 0xa0) || (*text == 0xed && text[1] > 0x9f) || (*text == 0xf0 && text[1] < 0x90))
            return false;
        for (text++; more; more--)
            if (*text++ >> 6 != 2)
                return false;
    }
    return true;
}

static uint32_t stepped(uint32_t op)
{
    uint32_t inbox = jar_reserve(length + 1);
    if (!inbox)
        leave();
    memcpy((void *)inbox, message, length);
    port->op = op;
    port->size = length;
    length = 0;
    jar_step();
    return port->status;
}

static void check_report(const char *out, uint32_t size)
{
    int id;
    if (size < 2 || out[0] != '{' || out[size - 1] != '}' || out[size])
        broken("a report is one JSON object with a NUL behind it");
    if (!is_utf8((const uint8_t *)out, size))
        broken("a report is UTF-8");
    if (sscanf(out, "{\"status\":\"running\",\"calls\":[[%d,", &id) == 1 && open_count < MAX_STEPS)
        open_calls[open_count++] = id;
    if (strstr(out, "\"aborts\":["))
        is_well_formed = false; /* it could be one of ours */
}

static void check_stop(void)
{
    if (!port->stop || port->stop > JAR_STOP_BUG)
        broken("a machine that stopped says why");
    if (port->stop == JAR_STOP_BUG && is_well_formed)
        broken("no script stops the machine as a bug of its own");
    put("{\"answers\":[]}");
    if (stepped(JAR_OP_RESUME) != JAR_STOPPED)
        broken("a machine that stopped takes no further step");
}

/* Whether the machine takes another step. */
static bool checked(uint32_t status)
{
    const char *out = (const char *)port->outbox;
    if (status > JAR_STOPPED)
        broken("a status is JAR_OK or JAR_STOPPED");
    if (status == JAR_OK)
        check_report(out, port->outbox_size);
    else
        check_stop();
    return status == JAR_OK && !memcmp(out, "{\"status\":\"running\"", 19);
}

_Noreturn static void session(const uint8_t *data, size_t size)
{
    static const struct itimerval soft = {.it_value = {.tv_usec = SOFT_MS * 1000}};
    const uint8_t *end = data + size, *text = data + 3;
    __sanitizer_set_death_callback(NULL); /* the fuzzer's own, which would keep the input a second time */
    signal(SIGALRM, on_alarm);
    setitimer(ITIMER_REAL, &soft, NULL);
    for (int step = 0; step < MAX_STEPS && text <= end; step++) {
        const uint8_t *stop = memchr(text, 0, end - text);
        stop = stop ? stop : end;
        if (step)
            answer_message(text, stop);
        else
            start_message(data, text, stop);
        if (step == 1 && data[2] & CANCEL_SECOND)
            port->interrupt = JAR_STOP_CANCEL;
        port->now_ms += step * 1000;
        uint32_t op = step ? JAR_OP_RESUME : data[2] & CHECK_ONLY ? JAR_OP_CHECK : JAR_OP_START;
        if (!checked(stepped(op)))
            break;
        text = stop + 1;
    }
    leave();
}

/* -- the fuzzer's side -------------------------------------------------------------------------------------------- */

static void boot(const char *prelude)
{
    FILE *file = fopen(prelude, "rb");
    if (!file || !(port = (jar_port_t *)jar_port()))
        abort();
    length = fread(message, 1, sizeof message, file);
    fclose(file);
    if (stepped(JAR_OP_BOOT) || stepped(JAR_OP_SEAL))
        abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    const char *prelude = getenv("BELLJAR_PRELUDE");
    size_t size = __stop___sancov_cntrs - __start___sancov_cntrs;
    counters = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (!prelude || counters == MAP_FAILED)
        abort();
    boot(prelude);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int status;
    if (size < 4 || size > MAX_INPUT)
        return -1; /* not into the corpus */
    pid_t child = fork();
    if (child == 0)
        session(data, size);
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            abort();
    if (status)
        abort();
    memcpy(__start___sancov_cntrs, counters, __stop___sancov_cntrs - __start___sancov_cntrs);
    return 0;
}
