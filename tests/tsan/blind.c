// Takes sight from a ThreadSanitizer build, to see that scripts/tsan-sees notices.
// Compiled with the name of one way, and linked with --wrap for what that defines.

#ifdef ORDERED
// Changing tasks orders them: no race is ever reported. Both sides are hidden when they
// change, which hides the order too, so that they are shown meanwhile.
void __real___tsan_switch_to_fiber(void *fiber, unsigned flags);
void __tsan_mutex_pre_signal(void *address, unsigned flags);
void __tsan_mutex_post_signal(void *address, unsigned flags);
void __tsan_acquire(void *address);
void __tsan_release(void *address);

void __wrap___tsan_switch_to_fiber(void *fiber, unsigned flags) {
  static long long place;
  __tsan_mutex_post_signal(0, 0);
  __tsan_release(&place);
  __tsan_mutex_pre_signal(0, 0);
  __real___tsan_switch_to_fiber(fiber, flags);
  __tsan_mutex_post_signal(0, 0);
  __tsan_acquire(&place);
  __tsan_mutex_pre_signal(0, 0);
}
#endif

#ifdef UNBRACKETED
// The runtime is not hidden: tasks that share its tables race on them, or are ordered by
// them.
void __wrap___tsan_mutex_pre_signal(void *address, unsigned flags) { (void)address, (void)flags; }
void __wrap___tsan_mutex_post_signal(void *address, unsigned flags) { (void)address, (void)flags; }
#endif
