// Puts a report of ThreadSanitizer aside.
//
// In C, since this must not be instrumented: TSan calls it with its own locks
// held, and an instrumented function that is entered or left there may need one of
// them to go on with its trace. It calls nothing but TSan's own getters.

#include <stdbool.h>
#include <stdint.h>

// TSan remembers 16 mutexes of a thread.
enum { FRAMES = 64, ACCESSES = 2, MUTEXES = 32 };

struct access {
  int64_t fiber; // the number that is its name, -1 if it is none of ours
  void *address;
  int32_t write, atomic, size, reserved;
  void *stack[FRAMES]; // innermost first, then nulls
};

struct report {
  int32_t caught;
  int32_t count;
  const char *kind;
  struct access accesses[ACCESSES];
  void *mutexes[MUTEXES]; // held at one access or the other, then nulls
};

extern int __tsan_get_report_data(void *report, const char **description, int *count,
                                  int *stack_count, int *mop_count, int *loc_count,
                                  int *mutex_count, int *thread_count, int *unique_tid_count,
                                  void **sleep_trace, unsigned long trace_size);
extern int __tsan_get_report_mop(void *report, unsigned long index, int *tid, void **address,
                                 int *size, int *write, int *atomic, void **trace,
                                 unsigned long trace_size);
extern int __tsan_get_report_thread(void *report, unsigned long index, int *tid, uint64_t *os_id,
                                    int *running, const char **name, int *parent_tid,
                                    void **trace, unsigned long trace_size);
extern int __tsan_get_report_mutex(void *report, unsigned long index, uint64_t *mutex_id,
                                   void **address, int *destroyed, void **trace,
                                   unsigned long trace_size);
extern int __tsan_get_report_loc(void *report, unsigned long index, const char **type,
                                 void **address, void **start, unsigned long *size, int *tid,
                                 int *fd, int *suppressable, void **trace,
                                 unsigned long trace_size);

// The first report on this OS thread that nobody has asked for yet.
static __thread struct report last;

struct report *jostle_tsan_report(void) { return &last; }

static int64_t fiber_of(void *report, int threads, int wanted) {
  for (int i = 0; i < threads; i++) {
    int tid = -1, running, parent;
    uint64_t os_id;
    const char *name = 0;
    void *trace[1];
    __tsan_get_report_thread(report, i, &tid, &os_id, &running, &name, &parent, trace, 1);
    if (tid != wanted)
      continue;
    // Fibers of ours are called `jostle` and a number.
    const char *prefix = "jostle ";
    if (!name)
      return -1;
    while (*prefix)
      if (*name++ != *prefix++)
        return -1;
    int64_t number = 0;
    for (; *name >= '0' && *name <= '9'; name++)
      number = number * 10 + (*name - '0');
    return number;
  }
  return -1;
}

// Whether the memory is thread-local. The tasks of an execution share what would be
// a value of its own for each thread, which is no race of the program.
static bool is_thread_local(void *report, int locs) {
  for (int i = 0; i < locs; i++) {
    const char *type = 0;
    void *address, *start;
    unsigned long size;
    int tid, fd, suppressable;
    void *trace[1];
    __tsan_get_report_loc(report, i, &type, &address, &start, &size, &tid, &fd, &suppressable,
                          trace, 1);
    const char *tls = "tls";
    while (type && *tls && *type == *tls)
      type++, tls++;
    if (type && !*tls)
      return true;
  }
  return false;
}

// Overrides `bool __tsan::OnReport(const ReportDesc *, bool)`, which is weak for
// that purpose. Returns whether the report is not to be printed, which none is. Where
// no task made the access, it is about OS threads, whose ends are not instrumented in
// the prebuilt standard library; what TSan says of them cannot be relied on.
bool _ZN6__tsan8OnReportEPKNS_10ReportDescEb(void *report, bool suppressed) {
  if (suppressed || last.caught)
    return true;
  const char *kind = 0;
  int count, stacks, mops = 0, locs, mutexes, threads = 0, tids;
  void *sleep[1];
  __tsan_get_report_data(report, &kind, &count, &stacks, &mops, &locs, &mutexes, &threads, &tids,
                         sleep, 1);
  struct report raw = {.caught = 1, .kind = kind, .count = mops < ACCESSES ? mops : ACCESSES};
  for (int i = 0; i < raw.count; i++) {
    struct access *access = &raw.accesses[i];
    int tid = -1;
    __tsan_get_report_mop(report, i, &tid, &access->address, &access->size, &access->write,
                          &access->atomic, access->stack, FRAMES);
    access->fiber = fiber_of(report, threads, tid);
  }
  for (int i = 0; i < mutexes && i < MUTEXES; i++) {
    uint64_t id;
    int destroyed;
    void *trace[1];
    __tsan_get_report_mutex(report, i, &id, &raw.mutexes[i], &destroyed, trace, 1);
  }
  if (raw.count > 0 && raw.accesses[0].fiber >= 0 && !is_thread_local(report, locs))
    last = raw;
  return true;
}

// Settings that a program under Jostle needs; the environment variable
// TSAN_OPTIONS goes over them. Jostle ends the execution at the first race, looks
// up the lines itself, and decides about exit codes; the same race is reported in
// every execution.
const char *__tsan_default_options(void) {
  return "halt_on_error=0:exitcode=0:symbolize=0:"
         "suppress_equal_stacks=0:suppress_equal_addresses=0:"
         "report_signal_unsafe=0:report_thread_leaks=0:"
         "report_mutex_bugs=0:detect_deadlocks=0:atexit_sleep_ms=0";
}
