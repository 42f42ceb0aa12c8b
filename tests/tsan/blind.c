// Takes sight from a ThreadSanitizer build, to see that scripts/tsan-sees notices. Which
// of the two is at work depends on what the linker is told to --wrap.

void __real___tsan_switch_to_fiber(void *fiber, unsigned flags);

// Changing tasks orders them: no race is ever reported.
void __wrap___tsan_switch_to_fiber(void *fiber, unsigned flags) {
  (void)flags;
  __real___tsan_switch_to_fiber(fiber, 0);
}

// The runtime is not hidden: its own accesses race, and its atomics order.
void __wrap___tsan_mutex_pre_signal(void *address, unsigned flags) { (void)address, (void)flags; }
void __wrap___tsan_mutex_post_signal(void *address, unsigned flags) { (void)address, (void)flags; }
