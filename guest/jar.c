/* The jar's inside: see jar.h for the contract.
 *
 * QuickJS-ng is compiled as part of this file, so that positions, error kinds and the arena can be read where they
 * are kept instead of being guessed from text. build.py makes the few changes to it that PATCHES lists.
 */
#include "jar.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static jar_port_t port;

_Noreturn static void jar_abort(void);
#define abort jar_abort

struct JSRuntime;
static void jar_mark_exception(struct JSRuntime *runtime, int kind);
static int bare_error_kind;
struct JSFunctionBytecode;
#include "quickjs.h"
static JSAtom script_file;
static JSValueConst jar_error_class = JS_UNDEFINED;
static void jar_note_throw(JSContext *c, struct JSFunctionBytecode *code, const uint8_t *pc, JSValueConst value);

#include "quickjs.c"

#define EXPORT(name) __attribute__((export_name(name)))
#define SCRIPT_FILE "script.ts"
#define PRELUDE_FILE "belljar"
#define INBOX_SIZE 16384
#define MAX_MESSAGE (1u << 28)

enum { ON_START, ON_RESUME, ON_CHECK, ON_REPORT, HANDLERS };

static uint8_t first_inbox[INBOX_SIZE];
static JSRuntime *rt;
static JSContext *ctx;
static JSValue handlers[HANDLERS];
static const char *message; /* the outbox, owned by QuickJS until the next step */
static JSValue last_thrown = JS_UNDEFINED;
static int32_t last_thrown_at;
static int32_t exhausted_at;
static bool ended;          /* stopped for good: every further step is refused */

/* -- where the script is ------------------------------------------------------------------------------------------ */

/* The innermost frame of the script itself: true and its position, or false when no script code is on the stack. */
static bool script_position(int *line, int *column)
{
    for (JSStackFrame *frame = rt->current_stack_frame; frame; frame = frame->prev_frame) {
        JSObject *function = JS_VALUE_GET_OBJ(frame->cur_func);
        if (!js_class_has_bytecode(function->class_id) || !frame->cur_pc)
            continue;
        JSFunctionBytecode *code = function->u.func.function_bytecode;
        if (code->filename != script_file)
            continue;
        *line = find_line_num(ctx, code, frame->cur_pc - code->byte_code_buf - 1, column);
        return true;
    }
    return false;
}

static void stop(uint32_t reason)
{
    int line = 0, column = 0;
    ended = true;
    port.stop = reason;
    if (script_position(&line, &column)) {
        port.line = line;
        port.column = column;
    }
}

static int on_interrupt(JSRuntime *unused, void *opaque)
{
    (void)unused;
    (void)opaque;
    if (!port.interrupt)
        return 0;
    if (!ended)
        stop(port.interrupt);
    return 1;
}

/* Out of memory, there may be none left for an error object; the engine then throws null. */
static uint32_t kind_of(JSValueConst error)
{
    if (JS_VALUE_GET_TAG(error) == JS_TAG_OBJECT)
        return JS_VALUE_GET_OBJ(error)->jar_kind;
    return JS_IsNull(error) ? bare_error_kind : 0;
}

/* QuickJS gives up where a rejection cannot even be delivered; the usual cause is memory or stack. */
_Noreturn static void jar_abort(void)
{
    static const uint32_t reasons[] = {JAR_STOP_BUG, JAR_STOP_MEMORY, JAR_STOP_STACK, JAR_STOP_BUG};
    if (!ended)
        stop(rt ? reasons[kind_of(rt->current_exception)] : JAR_STOP_BUG);
    __builtin_trap();
}

/* -- what the prelude may ask of the machine ---------------------------------------------------------------------- */

/* compile(source, line): the async function whose body is `source`; its first line counts as `line`. SyntaxError
 * where it does not parse or is more than one body. */
static JSValue host_compile(JSContext *c, JSValueConst self, int argc, JSValueConst *argv)
{
    (void)self;
    (void)argc;
    size_t size;
    const char *source = JS_ToCStringLen(c, &size, argv[0]);
    if (!source)
        return JS_EXCEPTION;
    JSEvalOptions options = {
        .version = JS_EVAL_OPTIONS_VERSION,
        .eval_flags = JS_EVAL_TYPE_GLOBAL | JS_EVAL_FLAG_STRICT | JS_EVAL_FLAG_COMPILE_ONLY,
        .filename = SCRIPT_FILE,
        .line_num = 0,
    };
    c->eval_internal = __JS_EvalInternal;
    JSValue program = JS_Eval2(c, source, size, &options);
    c->eval_internal = NULL;
    JS_FreeCString(c, source);
    if (JS_IsException(program))
        return program;

    /* The wrapper must have parsed as exactly one function that spans the whole text: `}); evil(); (async () => {`
       would parse too, as something else. */
    JSFunctionBytecode *outer = JS_VALUE_GET_PTR(program);
    JSFunctionBytecode *inner = NULL;
    for (int i = 0; i < outer->cpool_count; i++)
        if (JS_VALUE_GET_TAG(outer->cpool[i]) == JS_TAG_FUNCTION_BYTECODE)
            inner = inner ? outer : JS_VALUE_GET_PTR(outer->cpool[i]);
    if (!inner || inner == outer || inner->source_len + 2 != (int)size) {
        JS_FreeValue(c, program);
        return JS_ThrowSyntaxError(c, "the script must be one function body; check the closing brackets");
    }
    return JS_EvalFunction(c, program);
}

/* position(): line * 65536 + column of the innermost script frame, 0 when there is none. */
static JSValue host_position(JSContext *c, JSValueConst self, int argc, JSValueConst *argv)
{
    (void)c;
    (void)self;
    (void)argc;
    (void)argv;
    int line, column;
    if (!script_position(&line, &column) || line > 32767)
        return js_int32(0);
    return js_int32(line << 16 | (column & 0xffff));
}

/* trace(error): the backtrace that the engine kept when it made the error, out of the script's reach, empty where it
 * was made without the script; undefined for anything that is no genuine Error. */
static JSValue host_trace(JSContext *c, JSValueConst self, int argc, JSValueConst *argv)
{
    (void)c;
    (void)self;
    (void)argc;
    if (JS_VALUE_GET_TAG(argv[0]) != JS_TAG_OBJECT || JS_VALUE_GET_OBJ(argv[0])->class_id != JS_CLASS_ERROR)
        return JS_UNDEFINED;
    JSValue kept = JS_VALUE_GET_OBJ(argv[0])->u.object_data;
    return JS_IsString(kept) ? js_dup(kept) : JS_NewString(c, "");
}

/* size(text): its bytes as UTF-8. */
static JSValue host_size(JSContext *c, JSValueConst self, int argc, JSValueConst *argv)
{
    (void)self;
    (void)argc;
    size_t size;
    const char *text = JS_ToCStringLen(c, &size, argv[0]);
    if (!text)
        return JS_EXCEPTION;
    JS_FreeCString(c, text);
    return js_int64(size);
}

/* kind(error): 1 when the engine made it for want of memory, 2 for want of stack, else 0. */
static JSValue host_kind(JSContext *c, JSValueConst self, int argc, JSValueConst *argv)
{
    (void)c;
    (void)self;
    (void)argc;
    return js_int32(kind_of(argv[0]));
}

/* memory(bytes): how much JavaScript values may occupy from now on. */
static JSValue host_memory(JSContext *c, JSValueConst self, int argc, JSValueConst *argv)
{
    (void)self;
    (void)argc;
    double bytes;
    if (JS_ToFloat64(c, &bytes, argv[0]))
        return JS_EXCEPTION;
    JS_SetMemoryLimit(rt, (size_t)bytes);
    return JS_UNDEFINED;
}

/* stack(bytes): how much stack scripts may use from now on. */
static JSValue host_stack(JSContext *c, JSValueConst self, int argc, JSValueConst *argv)
{
    (void)self;
    (void)argc;
    int32_t bytes;
    if (JS_ToInt32(c, &bytes, argv[0]))
        return JS_EXCEPTION;
    JS_SetMaxStackSize(rt, bytes);
    return JS_UNDEFINED;
}

/* thrown(value): where the script threw `value`, packed as by position(), when that was the last thing thrown that is
 * no Error; else 0. An Error knows where it was made, anything else does not. */
static JSValue host_thrown(JSContext *c, JSValueConst self, int argc, JSValueConst *argv)
{
    (void)self;
    (void)argc;
    if (!js_same_value(c, argv[0], last_thrown))
        return js_int32(0);
    return js_int32(last_thrown_at);
}

static void jar_note_throw(JSContext *c, JSFunctionBytecode *code, const uint8_t *pc, JSValueConst value)
{
    int column, line;
    if (JS_IsError(value) || code->filename != script_file)
        return;
    line = find_line_num(c, code, pc - code->byte_code_buf - 1, &column);
    JS_FreeValue(c, last_thrown);
    last_thrown = js_dup(value);
    last_thrown_at = line > 32767 ? 0 : line << 16 | (column & 0xffff);
}

/* exhausted(): 0 when memory never ran out, else where the script was then, packed as by position(), or 1. */
static JSValue host_exhausted(JSContext *c, JSValueConst self, int argc, JSValueConst *argv)
{
    (void)c;
    (void)self;
    (void)argc;
    (void)argv;
    return js_int32(exhausted_at);
}

static void jar_mark_exception(JSRuntime *runtime, int kind)
{
    int line, column;
    if (kind == 1 && exhausted_at < 2)
        exhausted_at = script_position(&line, &column) && line < 32768 ? line << 16 | (column & 0xffff) : 1;
    if (JS_VALUE_GET_TAG(runtime->current_exception) == JS_TAG_OBJECT)
        JS_VALUE_GET_OBJ(runtime->current_exception)->jar_kind = kind;
    else
        bare_error_kind = kind;
}

static const JSCFunctionListEntry host_functions[] = {
    JS_CFUNC_DEF("compile", 1, host_compile), JS_CFUNC_DEF("position", 0, host_position),
    JS_CFUNC_DEF("trace", 1, host_trace),     JS_CFUNC_DEF("kind", 1, host_kind),
    JS_CFUNC_DEF("thrown", 1, host_thrown),
    JS_CFUNC_DEF("size", 1, host_size),
    JS_CFUNC_DEF("exhausted", 0, host_exhausted),
    JS_CFUNC_DEF("memory", 1, host_memory),   JS_CFUNC_DEF("stack", 1, host_stack),
};

/* -- steps -------------------------------------------------------------------------------------------------------- */

static int32_t failed(void)
{
    if (!ended) {
        uint32_t kind = kind_of(rt->current_exception);
        stop(kind == 1 ? JAR_STOP_MEMORY : kind == 2 ? JAR_STOP_STACK : JAR_STOP_BUG);
    }
    return JAR_STOPPED;
}

static int32_t boot(uint32_t size)
{
    static const char *const names[HANDLERS] = {"start", "resume", "check", "report"};
    JSValue factory = JS_Eval(ctx, (const char *)port.inbox, size, PRELUDE_FILE, JS_EVAL_TYPE_GLOBAL | JS_EVAL_FLAG_STRICT);
    JSValue host = JS_NewObject(ctx);
    JS_SetPropertyFunctionList(ctx, host, host_functions, countof(host_functions));
    JSValueConst arguments[] = {host};
    JSValue table = JS_Call(ctx, factory, JS_UNDEFINED, 1, arguments);
    if (JS_IsException(table))
        return failed();
    for (int i = 0; i < HANDLERS; i++)
        handlers[i] = JS_GetPropertyStr(ctx, table, names[i]);
    JS_FreeValue(ctx, table);
    JS_FreeValue(ctx, host);
    JS_FreeValue(ctx, factory);
    return JAR_OK;
}

/* Hands out every free block of the arenas for good, so that the next value gets a fresh arena. */
static bool fill_arenas(void)
{
    for (int i = 0; i < JS_ARENA_BLOCK_SIZE_COUNT; i++)
        while (!list_empty(&rt->arena_state.free_arena_list[i]))
            if (!js_arena_malloc(rt, arena_block_sizes[i] - sizeof(JSMallocBlockHeader)))
                return false;
    return true;
}

/* From here on new values go to pages that the base image does not use: a clone then touches few of its shared pages,
   and what a run leaves behind lies in one place when it is wiped. */
static int32_t seal(void)
{
    JS_RunGC(rt);
    ctx->eval_internal = NULL;
    if (!fill_arenas())
        return failed();
    uint8_t *top = sbrk(0);
    for (size_t size = 16384; size >= 16; size = size > 512 ? size / 2 : size - 16) {
        uint8_t *hole;
        while ((hole = malloc(size)) && hole < top)
            memset(hole, 0, size);
        if (!hole)
            return failed();
        free(hole);
    }
    for (int i = 0; i < JS_ARENA_BLOCK_SIZE_COUNT; i++) /* set up here once, not in every run */
        if (!js_arena_malloc(rt, arena_block_sizes[i] - sizeof(JSMallocBlockHeader)))
            return failed();
    JS_SetGCThreshold(rt, rt->malloc_state.malloc_size + (4 << 20));
    port.fresh = (uint32_t)(uintptr_t)top;
    return JAR_OK;
}

static bool run_jobs(void)
{
    JSContext *job_context;
    for (;;) {
        if (port.interrupt && on_interrupt(rt, NULL))
            return false;
        int left = JS_ExecutePendingJob(rt, &job_context);
        if (left <= 0)
            return left == 0;
        if (ended)
            return false;
    }
}

static int32_t call(int handler, uint32_t size)
{
    JSValue request = JS_ParseJSON(ctx, (const char *)port.inbox, size, PRELUDE_FILE);
    if (JS_IsException(request))
        return failed();
    JSValueConst arguments[] = {request};
    JSValue result = JS_Call(ctx, handlers[handler], JS_UNDEFINED, 1, arguments);
    JS_FreeValue(ctx, request);
    if (JS_IsException(result) || !run_jobs())
        return failed();
    JS_FreeValue(ctx, result);
    result = JS_Call(ctx, handlers[ON_REPORT], JS_UNDEFINED, 0, NULL);
    if (ended || JS_IsException(result))
        return failed();
    size_t length;
    message = JS_ToCStringLen(ctx, &length, result);
    JS_FreeValue(ctx, result);
    if (!message)
        return failed();
    port.outbox = (uint32_t)(uintptr_t)message;
    port.outbox_size = length;
    return JAR_OK;
}

EXPORT("jar_port") uint32_t jar_port(void)
{
    if (rt)
        return (uint32_t)(uintptr_t)&port;
    port.inbox = (uint32_t)(uintptr_t)first_inbox;
    port.inbox_size = INBOX_SIZE;
    port.heap_start = (uint32_t)(uintptr_t)sbrk(0);
    rt = JS_NewRuntime();
    if (!rt)
        return 0;
    JS_SetMaxStackSize(rt, 256 * 1024);
    JS_SetInterruptHandler(rt, on_interrupt, NULL);
    ctx = JS_NewContext(rt);
    if (!ctx)
        return 0;
    script_file = JS_NewAtom(ctx, SCRIPT_FILE);
    return (uint32_t)(uintptr_t)&port;
}

EXPORT("jar_reserve") uint32_t jar_reserve(uint32_t size)
{
    if (size > MAX_MESSAGE)
        return 0;
    if (size > port.inbox_size) {
        uint8_t *larger = malloc(size);
        if (!larger)
            return 0;
        if (port.inbox != (uint32_t)(uintptr_t)first_inbox)
            free((void *)port.inbox);
        port.inbox = (uint32_t)(uintptr_t)larger;
        port.inbox_size = size;
    }
    return port.inbox;
}

static int32_t step(uint32_t op, uint32_t size)
{
    static const int handler_of[] = {-1, -1, ON_START, ON_RESUME, ON_CHECK};
    if (ended || !rt || op > JAR_OP_CHECK || size >= port.inbox_size)
        return JAR_STOPPED;
    ((uint8_t *)port.inbox)[size] = 0; /* JS_Eval and JS_ParseJSON want the terminator */
    if (message)
        JS_FreeCString(ctx, message);
    message = NULL;
    int32_t status = op == JAR_OP_BOOT ? boot(size) : op == JAR_OP_SEAL ? seal() : call(handler_of[op], size);
    port.heap_used = rt->malloc_state.malloc_size;
    return status;
}

EXPORT("jar_step") void jar_step(void)
{
    port.status = JAR_STOPPED; /* what a trap leaves behind */
    port.status = step(port.op, port.size);
}

/* -- what the C library would ask of a system ---------------------------------------------------------------------- */

/* wasi-libc reaches for these. Defined here they stay inside: the module imports nothing. */
int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
    (void)zone;
    tv->tv_sec = (long long)(port.now_ms / 1000);
    tv->tv_usec = (int)((port.now_ms - (double)tv->tv_sec * 1000) * 1000);
    return 0;
}

int clock_gettime(clockid_t clock, struct timespec *ts)
{
    (void)clock;
    ts->tv_sec = (long long)(port.now_ms / 1000);
    ts->tv_nsec = 0;
    return 0;
}

struct tm *localtime_r(const time_t *restrict t, struct tm *restrict out)
{
    return gmtime_r(t, out);
}

int close(int fd)
{
    (void)fd;
    return -1;
}

int32_t __imported_wasi_snapshot_preview1_fd_write(int32_t fd, int32_t vectors, int32_t count, int32_t written)
{
    (void)fd;
    (void)vectors;
    (void)count;
    (void)written;
    return 8; /* EBADF: nothing is printed, because there is nowhere to print to */
}

int32_t __imported_wasi_snapshot_preview1_fd_fdstat_get(int32_t fd, int32_t out)
{
    (void)fd;
    (void)out;
    return 8;
}

int32_t __imported_wasi_snapshot_preview1_fd_seek(int32_t fd, int64_t offset, int32_t whence, int32_t out)
{
    (void)fd;
    (void)offset;
    (void)whence;
    (void)out;
    return 8;
}
