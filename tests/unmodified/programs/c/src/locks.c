/* Counters behind every lock that C has. Each function adds one. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>

long c_plain, c_total, c_made;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_spinlock_t spin;
static pthread_barrier_t barrier;
static sem_t semaphore;
static atomic_long count;
static atomic_flag flag = ATOMIC_FLAG_INIT;
static int ready;

void c_init(void) {
    pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
    pthread_barrier_init(&barrier, NULL, 2);
    sem_init(&semaphore, 0, 1);
}

void c_add_mutex(void) {
    pthread_mutex_lock(&mutex);
    c_total++;
    pthread_mutex_unlock(&mutex);
}

void c_add_trylock(void) {
    while (pthread_mutex_trylock(&mutex) == EBUSY)
        sched_yield();
    c_total++;
    pthread_mutex_unlock(&mutex);
}

int c_add_recursive(void) {
    pthread_mutexattr_t attr;
    pthread_mutex_t own;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&own, &attr);
    int failed = pthread_mutex_lock(&own) || pthread_mutex_lock(&own);
    failed = failed || pthread_mutex_unlock(&own) || pthread_mutex_unlock(&own);
    pthread_mutex_destroy(&own);
    c_add_mutex();
    return failed;
}

void c_add_rwlock(void) {
    pthread_rwlock_wrlock(&rwlock);
    c_total++;
    pthread_rwlock_unlock(&rwlock);
}

long c_read_rwlock(void) {
    pthread_rwlock_rdlock(&rwlock);
    long seen = c_total;
    pthread_rwlock_unlock(&rwlock);
    return seen;
}

static void make(void) { c_made++; }

long c_once(void) {
    pthread_once(&once, make);
    return c_made;
}

void c_add_pthread_spin(void) {
    pthread_spin_lock(&spin);
    c_total++;
    pthread_spin_unlock(&spin);
}

void c_add_semaphore(void) {
    sem_wait(&semaphore);
    c_total++;
    sem_post(&semaphore);
}

void c_barrier(void) { pthread_barrier_wait(&barrier); }

void c_wait_ready(void) {
    pthread_mutex_lock(&mutex);
    while (!ready)
        pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
}

void c_set_ready(void) {
    pthread_mutex_lock(&mutex);
    ready = 1;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&mutex);
}

long c_add_atomic(void) { return atomic_fetch_add(&count, 1) + 1; }

void c_add_atomic_spin(void) {
    while (atomic_flag_test_and_set_explicit(&flag, memory_order_acquire))
        ;
    c_total++;
    atomic_flag_clear_explicit(&flag, memory_order_release);
}

/* No lock: a race of two threads that call it. */
void c_add_plain(void) { c_plain++; }

void c_copy(char *to, const char *from, long length) { memcpy(to, from, length); }

static void *child(void *argument) {
    c_add_mutex();
    return argument;
}

int c_thread(void) {
    pthread_t thread;
    long argument = 0;
    void *result = NULL;
    if (pthread_create(&thread, NULL, child, &argument))
        return 1;
    pthread_join(thread, &result);
    return result != &argument;
}

static pthread_mutex_t other = PTHREAD_MUTEX_INITIALIZER;

void c_lock_both(int swapped) {
    pthread_mutex_t *first = swapped ? &other : &mutex, *second = swapped ? &mutex : &other;
    pthread_mutex_lock(first);
    pthread_mutex_lock(second);
    c_total++;
    pthread_mutex_unlock(second);
    pthread_mutex_unlock(first);
}
