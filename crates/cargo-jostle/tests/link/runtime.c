/* A runtime that only does what the program asks for, and says at the end how often it
   was called: enough to see that instrumented programs link and still work. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static unsigned long calls;

#define CALL() __atomic_fetch_add(&calls, 1, __ATOMIC_RELAXED)
#define NOTE(name) void __tsan_##name(void *p) { (void)p; CALL(); }
#define SIZE(n) NOTE(read##n) NOTE(write##n) NOTE(read_write##n) \
    NOTE(unaligned_read##n) NOTE(unaligned_write##n) NOTE(unaligned_read_write##n)

SIZE(1) SIZE(2) SIZE(4) SIZE(8) SIZE(16)
NOTE(func_entry) NOTE(vptr_read)
void __tsan_func_exit(void) { CALL(); }
void __tsan_vptr_update(void **p, void *v) { (void)p; (void)v; CALL(); }
void __tsan_read_range(void *p, unsigned long n) { (void)p; (void)n; CALL(); }
void __tsan_write_range(void *p, unsigned long n) { (void)p; (void)n; CALL(); }
void *__tsan_memcpy(void *d, const void *s, size_t n) { CALL(); return memcpy(d, s, n); }
void *__tsan_memmove(void *d, const void *s, size_t n) { CALL(); return memmove(d, s, n); }
void *__tsan_memset(void *d, int c, size_t n) { CALL(); return memset(d, c, n); }
void __tsan_atomic_thread_fence(int o) { (void)o; CALL(); __atomic_thread_fence(__ATOMIC_SEQ_CST); }
void __tsan_atomic_signal_fence(int o) { (void)o; }

#define ORDER __ATOMIC_SEQ_CST
#define FETCH(bits, T, op) \
    T __tsan_atomic##bits##_fetch_##op(volatile T *p, T v, int o) \
    { (void)o; CALL(); return __atomic_fetch_##op(p, v, ORDER); }
#define EXCHANGE(bits, T, kind) \
    int __tsan_atomic##bits##_compare_exchange_##kind(volatile T *p, T *e, T v, int o, int f) \
    { (void)o; (void)f; CALL(); return __atomic_compare_exchange_n(p, e, v, 0, ORDER, ORDER); }
#define ATOMIC(bits, T) \
    T __tsan_atomic##bits##_load(const volatile T *p, int o) \
    { (void)o; CALL(); return __atomic_load_n(p, ORDER); } \
    void __tsan_atomic##bits##_store(volatile T *p, T v, int o) \
    { (void)o; CALL(); __atomic_store_n(p, v, ORDER); } \
    T __tsan_atomic##bits##_exchange(volatile T *p, T v, int o) \
    { (void)o; CALL(); return __atomic_exchange_n(p, v, ORDER); } \
    T __tsan_atomic##bits##_compare_exchange_val(volatile T *p, T e, T v, int o, int f) \
    { (void)o; (void)f; CALL(); __atomic_compare_exchange_n(p, &e, v, 0, ORDER, ORDER); return e; } \
    FETCH(bits, T, add) FETCH(bits, T, sub) FETCH(bits, T, and) FETCH(bits, T, or) \
    FETCH(bits, T, xor) FETCH(bits, T, nand) \
    EXCHANGE(bits, T, strong) EXCHANGE(bits, T, weak)

ATOMIC(8, unsigned char)
ATOMIC(16, unsigned short)
ATOMIC(32, unsigned int)
ATOMIC(64, unsigned long)

void __tsan_init(void) {}

#ifdef SWITCH
/* Which of tokio's runtimes is built. */
#include <stdlib.h>
int jostle_tokio_workers;
__attribute__((constructor)) static void set(void)
{
    const char *workers = getenv("WORKERS");
    jostle_tokio_workers = workers ? atoi(workers) : 0;
}
#endif

/* What takes the place of mimalloc: nothing of it may be called itself. */
static char memory[64];
void *__wrap_mi_malloc(size_t n) { (void)n; return memory; }
void *__wrap_mi_zalloc(size_t n) { (void)n; return memory; }
void *__wrap_mi_malloc_aligned(size_t n, size_t a) { (void)n; (void)a; return memory; }
void *__wrap_mi_zalloc_aligned(size_t n, size_t a) { (void)n; (void)a; return memory; }
void *__wrap_mi_realloc(void *p, size_t n) { (void)n; return p; }
void *__wrap_mi_realloc_aligned(void *p, size_t n, size_t a) { (void)n; (void)a; return p; }
void __wrap_mi_free(void *p) { (void)p; }

__attribute__((destructor)) static void report(void)
{
    fprintf(stderr, "calls: %lu\n", calls);
}
