"""The few changes that the jar makes to QuickJS-ng's source, each with its reason.

They are exact replacements: the build fails when one no longer fits, so an update of the engine cannot lose one
unseen. Only what a compiler flag or the unity build in `jar.c` cannot express is here.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """Replace `old` by `new` in `file`, exactly `times` times."""

    file: str
    old: str
    new: str
    times: int = 1
    why: str


PATCHES = (
    Patch(
        file="quickjs.c",
        old="static inline bool js_check_stack_overflow(JSRuntime *rt, size_t alloca_size)",
        new="static inline bool jar_stack_is_low(JSRuntime *rt, size_t alloca_size)",
        why="see the next entry",
    ),
    Patch(
        file="quickjs.c",
        old="JSRuntime *JS_NewRuntime2(const JSMallocFunctions *mf, void *opaque)",
        new="#define js_check_stack_overflow(rt, size) (JAR_STACK_PAD(128), jar_stack_is_low(rt, size))\n\n"
        "JSRuntime *JS_NewRuntime2(const JSMallocFunctions *mf, void *opaque)",
        why="QuickJS measures the stack in linear memory, but natives that recurse use up the engine's own stack "
        "first. Each function that recurses now takes linear stack, at least 0.3 of its native frames (measured by "
        "depth at the trap), so that the two run out in the same order and the script gets a RangeError instead of a "
        "dead machine.",
    ),
    Patch(
        file="quickjs.c",
        old="static __exception int js_parse_assign_expr2(JSParseState *s, int parse_flags)\n{",
        new="static __exception int js_parse_assign_expr2(JSParseState *s, int parse_flags)\n{\n"
        "    JAR_STACK_PAD(1024);",
        why="the same for nested source: 2.2 kB of native stack a bracket",
    ),
    Patch(
        file="quickjs.c",
        old="static JSValue js_proxy_getPrototypeOf(JSContext *ctx, JSValueConst obj)\n{",
        new="#define get_proxy_method(...) (JAR_STACK_PAD(256), get_proxy_method(__VA_ARGS__))\n\n"
        "static JSValue js_proxy_getPrototypeOf(JSContext *ctx, JSValueConst obj)\n{",
        why="the same for chains of proxies, which check in a function that returns before they recurse",
    ),
    Patch(
        file="libregexp.c",
        old="lre_check_stack_overflow(s->opaque, 0)",
        new="(JAR_STACK_PAD(128), lre_check_stack_overflow(s->opaque, 0))",
        times=2,
        why="the same for the regular-expression compiler",
    ),
    Patch(
        file="quickjs.c",
        old="    uint8_t is_uncatchable_error : 1; /* if true, error is not catchable */",
        new="    uint8_t is_uncatchable_error : 1; /* if true, error is not catchable */\n"
        "    uint8_t jar_kind : 2; /* 1 out of memory, 2 out of stack, made by the engine itself */",
        why="an error's kind must not be guessed from its message, which a script can write",
    ),
    Patch(
        file="quickjs.c",
        old="    p->is_uncatchable_error = 0;",
        new="    p->is_uncatchable_error = 0;\n    p->jar_kind = 0;",
        why="the new field's initial value",
    ),
    Patch(
        file="quickjs.c",
        old='        JS_ThrowInternalError(ctx, "out of memory");',
        new='        JS_ThrowInternalError(ctx, "out of memory");\n        jar_mark_exception(rt, 1);',
        why="marks the error",
    ),
    Patch(
        file="quickjs.c",
        old='    return JS_ThrowRangeError(ctx, "Maximum call stack size exceeded");',
        new='    JS_ThrowRangeError(ctx, "Maximum call stack size exceeded");\n'
        "    jar_mark_exception(ctx->rt, 2);\n"
        "    return JS_EXCEPTION;",
        why="marks the error",
    ),
    Patch(
        file="quickjs.c",
        old="                str1 = func_name_str;",
        new="                str1 = jar_plain_name((char *)func_name_str);",
        why="a function's name is the script's to choose; it must not write lines of its own into a backtrace",
    ),
    Patch(
        file="quickjs.c",
        old="static void build_backtrace(JSContext *ctx, JSValueConst error_val,\n"
        "                            JSValueConst filter_func, const char *filename,\n"
        "                            int line_num, int col_num, int backtrace_flags)\n{",
        new="/* the string is a private copy */\n"
        "static const char *jar_plain_name(char *name)\n{\n"
        "    for (char *c = name; *c; c++) {\n"
        "        if (*(unsigned char *)c < ' ' || *c == '(' || *c == ')')\n"
        "            *c = '_';\n"
        "        if (c - name >= 80 && (c[1] & 0xc0) != 0x80)\n"
        "            c[1] = 0;\n"
        "    }\n"
        "    return name;\n}\n\n"
        "static void build_backtrace(JSContext *ctx, JSValueConst error_val,\n"
        "                            JSValueConst filter_func, const char *filename,\n"
        "                            int line_num, int col_num, int backtrace_flags)\n{",
        why="used by the one above",
    ),
    Patch(
        file="quickjs.c",
        old="    if (unlikely(--ctx->interrupt_counter <= 0)) {",
        new="    if (unlikely(port.interrupt)) {",
        why="the interrupt word is as cheap to read as the counter is to count, and then no loop around slow natives "
        "can run past the time limit",
    ),
    Patch(
        file="quickjs.c",
        old='        JS_ThrowInternalError(ctx, "string too long");',
        new='        JS_ThrowInternalError(ctx, "string too long");\n        jar_mark_exception(ctx->rt, 1);',
        why="a string bomb is a memory error, whichever limit it meets first",
    ),
    Patch(
        file="quickjs.c",
        old="#define JS_ARENA_SIZE              4096",
        new="#define JS_ARENA_SIZE              4072",
        why="with its headers an arena fills a 4,096-byte class of the allocator instead of half of the next",
    ),
    Patch(
        file="quickjs.c",
        old="        CASE(OP_throw):\n            JS_Throw(ctx, *--sp);",
        new="        CASE(OP_throw):\n            jar_note_throw(ctx, b, pc, sp[-1]);\n"
        "            JS_Throw(ctx, *--sp);",
        why="only an Error knows where it was made; `throw 'no'` should have a line and column, too",
    ),
    Patch(
        file="quickjs.c",
        old="if (unlikely(js_poll_interrupts(ctx)))",
        new="if (unlikely(port.interrupt) && (sf->cur_pc = pc + 1, js_poll_interrupts(ctx)))",
        times=7,
        why="a loop that is stopped has not stored where it is; the position is wanted in the error",
    ),
    Patch(
        file="quickjs.c",
        old="    switch(tok = s->token.val) {\n    case '{':\n        if (js_parse_block(s))",
        new="    if (s->token.val == TOK_WHILE || s->token.val == TOK_FOR || s->token.val == TOK_DO)\n"
        "        emit_source_loc(s);\n"
        "    switch(tok = s->token.val) {\n    case '{':\n        if (js_parse_block(s))",
        why="so that a loop without any expression in it has a position at all",
    ),
    Patch(
        file="quickjs.c",
        old='js_parse_error(s, "invalid redefinition of',
        new='jar_parse_error_before(s, "invalid redefinition of',
        times=7,
        why="the name that is declared twice is the token before the one that the parser is at",
    ),
    Patch(
        file="quickjs.c",
        old="static __exception int next_token(JSParseState *s);\n\nstatic int js_parse_expect(",
        new="static __exception int next_token(JSParseState *s);\n\n"
        "static int jar_parse_error_before(JSParseState *s, const char *message)\n{\n"
        "    s->token.line_num = s->last_line_num;\n    s->token.col_num = s->last_col_num;\n"
        '    s->token.ptr = NULL;\n    return js_parse_error(s, "%s", message);\n}\n\n'
        "static int js_parse_expect(",
        why="used by the one above",
    ),
    Patch(
        file="quickjs.c",
        old="static __exception int js_parse_postfix_expr(JSParseState *s, int parse_flags)\n{",
        new="static __exception int js_parse_postfix_expr(JSParseState *s, int parse_flags)\n{\n"
        "    int at_line = s->token.line_num, at_column = (int)(s->token.ptr - s->line_start) + 1;",
        why="where the callee or the last property of the expression stands; used by the next five",
    ),
    Patch(
        file="quickjs.c",
        old="        parse_property:\n",
        new="        parse_property:\n"
        "            at_line = s->token.line_num;\n"
        "            at_column = (int)(s->token.ptr - s->line_start) + 1;\n"
        "            emit_source_loc_at(s, at_line, at_column);\n",
        why="a property of null or undefined is the commonest mistake; its error points at the property's name",
    ),
    Patch(
        file="quickjs.c",
        old="            prev_op = get_prev_opcode(fd);\n            if (has_optional_chain) {",
        new="            at_line = s->token.line_num;\n"
        "            at_column = (int)(s->token.ptr - s->line_start) + 1;\n"
        "            prev_op = get_prev_opcode(fd);\n            if (has_optional_chain) {",
        why="the same for an element: its error points at the bracket",
    ),
    Patch(
        file="quickjs.c",
        old="            } else {\n                emit_op(s, OP_get_array_el);\n            }\n"
        "        } else {\n            break;",
        new="            } else {\n                emit_source_loc_at(s, at_line, at_column);\n"
        "                emit_op(s, OP_get_array_el);\n            }\n        } else {\n            break;",
        why="used with the one above",
    ),
    Patch(
        file="quickjs.c",
        old="                /* apply function call */\n",
        new="                emit_source_loc_at(s, at_line, at_column);\n",
        why="a call is where its callee is, whatever its arguments were",
    ),
    Patch(
        file="quickjs.c",
        old="            emit_func_call:\n",
        new="            emit_func_call:\n                emit_source_loc_at(s, at_line, at_column);\n",
        why="the same for a call without a spread",
    ),
    Patch(
        file="quickjs.c",
        old="    assign_addr = s->cur_func->byte_code.size;\n    if (s->token.val == '{') {",
        new="    assign_addr = s->cur_func->byte_code.size;\n    emit_source_loc(s);\n    if (s->token.val == '{') {",
        why="the same for destructuring: its error points at the pattern",
    ),
    Patch(
        file="quickjs.c",
        old="        if (options->line_num != 0)\n            line = options->line_num;",
        new="        line = options->line_num;",
        why="the line before the script's first holds the wrapper and is number 0",
    ),
    Patch(
        file="quickjs.c",
        old="            b = p->u.func.function_bytecode;\n            backtrace_barrier = b->backtrace_barrier;",
        new="            b = p->u.func.function_bytecode;\n            backtrace_barrier = b->backtrace_barrier;\n"
        "            if (b->filename != script_file)\n                continue;",
        why="the prelude's own frames are no business of the script's",
    ),
    Patch(
        file="quickjs.c",
        old="    /* skip the Error() function in the backtrace */\n"
        "    build_backtrace(ctx, obj, JS_UNDEFINED, NULL, 0, 0, JS_BACKTRACE_FLAG_SKIP_FIRST_LEVEL);",
        new="    jar_error_class = new_target;\n"
        "    build_backtrace(ctx, obj, JS_UNDEFINED, NULL, 0, 0, JS_BACKTRACE_FLAG_SKIP_FIRST_LEVEL);\n"
        "    jar_error_class = JS_UNDEFINED;",
        why="see the next entry",
    ),
    Patch(
        file="quickjs.c",
        old="    sf_start = rt->current_stack_frame;\n\n    /* Find the frame",
        new="    sf_start = rt->current_stack_frame;\n"
        "    for (sf = sf_start; sf && !JS_IsUndefined(jar_error_class); sf = sf->prev_frame)\n"
        "        if (js_same_value(ctx, sf->cur_func, jar_error_class)) {\n"
        "            sf_start = sf->prev_frame;\n"
        "            backtrace_flags &= ~JS_BACKTRACE_FLAG_SKIP_FIRST_LEVEL;\n"
        "            break;\n        }\n\n    /* Find the frame",
        why="an error of the script's own class is made where `new` is written, not in the class's constructor",
    ),
    Patch(
        file="quickjs.c",
        old='        JS_ThrowSyntaxError(ctx, "%s", error_msg);',
        new='        if (!strcmp(error_msg, "out of memory"))\n            JS_ThrowOutOfMemory(ctx);\n        else\n'
        '            JS_ThrowSyntaxError(ctx, "%s", error_msg);',
        why="a regular expression that does not fit into memory is no syntax error",
    ),
    Patch(
        file="quickjs.c",
        old="    if (JS_VALUE_GET_TAG(source) != JS_TAG_OBJECT)\n        return 0;\n\n"
        "    if (JS_VALUE_GET_TAG(excluded) == JS_TAG_OBJECT)",
        new="    if (JS_IsString(source)) {\n        source = JS_ToObject(ctx, source);\n"
        "        if (JS_IsException(source))\n            return -1;\n"
        "        ret = JS_CopyDataProperties(ctx, target, source, excluded, setprop);\n"
        "        JS_FreeValue(ctx, source);\n        return ret;\n    }\n"
        "    if (JS_VALUE_GET_TAG(source) != JS_TAG_OBJECT)\n        return 0;\n\n"
        "    if (JS_VALUE_GET_TAG(excluded) == JS_TAG_OBJECT)",
        why="{...'text'} has the characters as properties (ECMA-262, CopyDataProperties)",
    ),
    Patch(
        file="quickjs.c",
        old="                js_async_generator_reject(ctx, s, next->result);\n            }\n            goto done;",
        new="                js_async_generator_reject(ctx, s, next->result);\n            }\n"
        "            if (s->state == JS_ASYNC_GENERATOR_STATE_AWAITING_RETURN)\n                goto done;\n"
        "            break;",
        why="a completed async generator answers all that is queued (ECMA-262, AsyncGeneratorDrainQueue)",
    ),
    Patch(
        file="quickjs.c",
        old="            js_async_generator_resolve(ctx, s, arg, true);\n        }\n    } else if",
        new="            js_async_generator_resolve(ctx, s, arg, true);\n        }\n"
        "        js_async_generator_resume_next(ctx, s);\n    } else if",
        why="the same, after a return() that had to wait",
    ),
    Patch(
        file="dtoa.c",
        old="            /* remove useless trailing zero digits */\n",
        new="            const uint64_t nearest = mant;\n            const int digits = P;\n"
        "            /* remove useless trailing zero digits */\n",
        why="see the next entry",
    ),
    Patch(
        file="dtoa.c",
        old="            if (m1 == m && e1 == e) {\n            prec_found:",
        new="            if ((m1 != m || e1 != e) && m == (uint64_t)1 << 52) {\n"
        "                mant = nearest + 1;\n                P = digits;\n"
        "                mpb_set_u64(tmp1, mant);\n"
        "                m1 = mul_pow_round_to_d(&e1, tmp1, radix1, radix_shift, E - P, JS_RNDN);\n            }\n"
        "            if (m1 == m && e1 == e) {\n            prec_found:",
        why="above a power of two doubles lie twice as far apart as below it, so the shortest text that reads back as "
        "it may be the next one up (ECMA-262, Number::toString, wants the fewest digits)",
    ),
    Patch(
        file="quickjs.c",
        old="        } else if (is_surrogate(c) || lre_is_white_space(c) || c == 0xFEFF) {",
        new="        } else if (is_hi_surrogate(c) && i + 1 < p->len && is_lo_surrogate(str16(p)[i + 1])) {\n"
        "            string_buffer_putc16(b, c);\n            string_buffer_putc16(b, str16(p)[++i]);\n"
        "        } else if (is_surrogate(c) || lre_is_white_space(c) || c == 0xFEFF) {",
        why="RegExp.escape leaves characters above U+FFFF alone (ECMA-262, EncodeForRegExpEscape)",
    ),
    Patch(
        file="quickjs.c",
        old="            if (JS_IsException(str)) {\n                /* add the line number info */",
        new="            if (JS_IsException(str)) {\n"
        "                JSValueConst thrown = s->ctx->rt->current_exception;\n"
        "                if (JS_IsError(thrown)) {\n"
        "                    JS_FreeValue(s->ctx, JS_VALUE_GET_OBJ(thrown)->u.object_data);\n"
        "                    JS_VALUE_GET_OBJ(thrown)->u.object_data = JS_UNDEFINED;\n                }\n"
        "                /* add the line number info */",
        why="an error in a regular expression literal has the literal's place, and not that of the parser's caller",
    ),
    Patch(
        file="quickjs.c",
        old="        p = JS_VALUE_GET_OBJ(sf->cur_func);\n        b = NULL;\n        backtrace_barrier = false;\n",
        new="        p = JS_VALUE_GET_OBJ(sf->cur_func);\n        b = NULL;\n        backtrace_barrier = false;\n"
        "        if (!js_class_has_bytecode(p->class_id))\n            continue;\n",
        why="natives have no place in the script",
    ),
    Patch(
        file="quickjs.c",
        old="    if (unlikely(new_len > (uint32_t)INT32_MAX)) {\n        JS_ThrowOutOfMemory(ctx);\n"
        "        return -1;\n    }\n\n    old_size = p->u.array.u1.size;",
        new="    if (unlikely(new_len > (uint32_t)INT32_MAX / sizeof(JSValue))) {\n        JS_ThrowOutOfMemory(ctx);\n"
        "        return -1;\n    }\n\n    old_size = p->u.array.u1.size;",
        why="with 32-bit sizes the bytes of 2^29 values are none, and the heap was written over: "
        "`[].with.call({length: 2**29 + 1}, 0, 1)`",
    ),
    Patch(
        file="quickjs.c",
        old="    if (unlikely(s->malloc_size + (count * size) > s->malloc_limit - 1))",
        new="    if (unlikely(count * size > INT32_MAX || s->malloc_size + (count * size) > s->malloc_limit - 1))",
        why="see the next but one",
    ),
    Patch(
        file="quickjs.c",
        old="    if (unlikely(s->malloc_size + size > s->malloc_limit - 1))",
        new="    if (unlikely(size > INT32_MAX || s->malloc_size + size > s->malloc_limit - 1))",
        why="see the next entry",
    ),
    Patch(
        file="quickjs.c",
        old="    if (s->malloc_size + size - old_size > s->malloc_limit - 1)",
        new="    if (size > INT32_MAX || s->malloc_size + size - old_size > s->malloc_limit - 1)",
        why="a size near 2^32 made the sum wrap, so that it passed for a small one; no machine has more than 2 GB",
    ),
)
