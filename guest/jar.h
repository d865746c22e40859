/* The jar: one JavaScript machine inside WebAssembly memory.
 *
 * The module imports nothing. The host talks to it through linear memory and three exports. All state of a run lives
 * in linear memory and nothing is on the C stack between two steps, so a copy of the memory is a copy of the run.
 *
 * Contract of every function: it never calls out, and it returns. A trap (the engine's own stack, fuel, or a bug)
 * leaves the machine unusable; the host throws the memory away.
 */
#ifndef JAR_H
#define JAR_H

#include <stdint.h>

/* Takes `bytes` of linear stack until the calling function returns; see patches.py. */
#define JAR_STACK_PAD(bytes) __extension__({ __asm__ volatile("" : : "r"(__builtin_alloca(bytes)) : "memory"); })

/* The one structure both sides know. Its address is what jar_port() returns and never changes. Little-endian. */
typedef struct {
    volatile uint32_t interrupt; /* host writes, from any thread: 0 go on, else a JAR_STOP_ code to stop with */
    uint32_t op;                 /* host writes before a step: a JAR_OP_ code */
    uint32_t size;               /* host writes before a step: bytes of the message in the inbox */
    uint32_t status;             /* JAR_OK or JAR_STOPPED after a step */
    uint32_t inbox;              /* address of the buffer that the host fills before jar_step */
    uint32_t inbox_size;         /* its capacity in bytes */
    uint32_t outbox;             /* address of the message after jar_step returned JAR_OK; valid until the next step */
    uint32_t outbox_size;        /* its length in bytes */
    uint32_t stop;               /* JAR_STOP_ code after jar_step returned JAR_STOPPED */
    uint32_t line;               /* where the script was then, from 1; 0 when it was in no script code */
    uint32_t column;             /* in UTF-16 code units, from 1 */
    uint32_t heap_used;          /* bytes that JavaScript values occupy, after the last step */
    uint32_t heap_start;         /* first byte of the C heap; what is below is static data and the stack */
    uint32_t fresh;              /* after JAR_OP_SEAL: first byte that the base image does not use */
    double now_ms;               /* the run's clock, milliseconds since 1970; host writes before a step */
} jar_port_t;

enum { JAR_OK = 0, JAR_STOPPED = 1 };

enum {
    JAR_STOP_TIME = 1,   /* the host asked: out of time */
    JAR_STOP_CANCEL = 2, /* the host asked: cancelled */
    JAR_STOP_MEMORY = 3, /* no memory left, not even to report */
    JAR_STOP_STACK = 4,  /* no stack left at a place that cannot throw */
    JAR_STOP_BUG = 5     /* an internal check failed */
};

/* What jar_step does with the message in the inbox. */
enum {
    JAR_OP_BOOT = 0,   /* UTF-8 source of the prelude: evaluate it, keep its handlers. Once. */
    JAR_OP_SEAL = 1,   /* end of the base image: give up free blocks and eval. Once, after BOOT. */
    JAR_OP_START = 2,  /* JSON for the prelude's start() */
    JAR_OP_RESUME = 3, /* JSON for the prelude's resume() */
    JAR_OP_CHECK = 4   /* JSON for the prelude's check(): compile only */
};

/* Address of the port. Creates the machine on the first call; 0 when that failed. */
uint32_t jar_port(void);

/* Makes the inbox hold at least `size` bytes, losing what was in it. Its address, or 0 when memory ran out. */
uint32_t jar_reserve(uint32_t size);

/* Does port.op with the first port.size bytes of the inbox. port.status is JAR_OK: the answer is in the outbox; or
 * JAR_STOPPED: see port.stop, the machine accepts no further step. Takes and gives nothing, because arguments cost the
 * host more than memory does. */
void jar_step(void);

#endif
