// Keeps thread-local variables from TSan.
//
// The tasks of an execution run on one OS thread and share its thread-local
// variables. If they were threads each would have its own, so that their accesses are
// no races. TSan takes them for such, again and again, and each report costs a
// millisecond: `report.c` would drop it, here it is never made.
//
// In C, since a function of Rust would be instrumented, and since the call of TSan's
// function has to be a jump: TSan takes its return address for the place of the
// access.

#define _GNU_SOURCE
#include <link.h>
#include <stdint.h>

// The size of the program's thread-local variables.
static uintptr_t size;

static int of_program(struct dl_phdr_info *info, size_t length, void *data) {
  (void)length, (void)data;
  for (int i = 0; i < info->dlpi_phnum; i++)
    if (info->dlpi_phdr[i].p_type == PT_TLS)
      size = info->dlpi_phdr[i].p_memsz + info->dlpi_phdr[i].p_align;
  return 1; // the program comes first, and is enough
}

__attribute__((constructor)) static void find_size(void) { dl_iterate_phdr(of_program, 0); }

// They lie before the thread pointer or after it; “ELF Handling For Thread-Local
// Storage”, variants II and I.
static inline int is_local(void *address) {
  uintptr_t pointer = (uintptr_t)__builtin_thread_pointer();
#if defined(__x86_64__)
  uintptr_t first = pointer - size;
#else
  uintptr_t first = pointer;
#endif
  return (uintptr_t)address - first < size;
}

// Linked with --wrap, so that what the compiler puts before an access comes here.
#define WRAP(function)                                                                             \
  extern void __real___tsan_##function(void *address);                                                \
  void __wrap___tsan_##function(void *address) {                                                   \
    if (!is_local(address))                                                                        \
      __real___tsan_##function(address);                                                           \
  }

WRAP(read1)
WRAP(read2)
WRAP(read4)
WRAP(read8)
WRAP(read16)
WRAP(write1)
WRAP(write2)
WRAP(write4)
WRAP(write8)
WRAP(write16)
WRAP(unaligned_read2)
WRAP(unaligned_read4)
WRAP(unaligned_read8)
WRAP(unaligned_read16)
WRAP(unaligned_write2)
WRAP(unaligned_write4)
WRAP(unaligned_write8)
WRAP(unaligned_write16)
