/* Included before everything else when the jar is built for this computer instead of for WebAssembly.
 *
 * jar.c defines the few functions that its C library would ask of a system. Here a real C library is in the same
 * program, and needs its own, so the jar's get other names. A trap, which ends a WebAssembly machine, ends the session.
 */
#ifndef BELLJAR_SHIM_H
#define BELLJAR_SHIM_H

#define close jar_close
#define gettimeofday jar_gettimeofday
#define clock_gettime jar_clock_gettime
#define localtime_r jar_localtime_r
#define __builtin_trap() jar_trapped()

_Noreturn void jar_trapped(void);

#endif
