# What the scripts share. Sourced from the root of the repository.

# The version of cargo-fuzz that the scripts install.
cargo_fuzz_version=0.13.2

say() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; }

fail() {
  say "error: $*"
  exit 2
}

# Prints the comment at the top of a script.
usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$1"; }

need_nightly() {
  command -v rustup >/dev/null || fail "rustup is missing; get it from https://rustup.rs"
  rustup run nightly rustc --version >/dev/null 2>&1 && return
  say "installing the nightly toolchain"
  rustup toolchain install nightly --profile minimal \
    || fail "the nightly toolchain cannot be installed; try: rustup toolchain install nightly"
}

need_cargo_fuzz() {
  command -v c++ >/dev/null || command -v clang++ >/dev/null \
    || fail "a C++ compiler is missing, which libFuzzer is built with; install g++ or clang"
  cargo fuzz --version >/dev/null 2>&1 && return
  say "installing cargo-fuzz $cargo_fuzz_version"
  cargo install cargo-fuzz --version "$cargo_fuzz_version" --locked \
    || fail "cargo-fuzz cannot be installed; try: cargo install cargo-fuzz"
}

# How many tests passed, by the output of `cargo test` in a file.
tests_passed() {
  sed -n 's/^test result: ok\. \([0-9]*\) passed.*/\1/p' "$1" | awk '{n += $1} END {print n + 0}'
}

# How many were left out because of `#[ignore]`, or a block of documentation because of
# `ignore`.
tests_ignored() {
  sed -n 's/^test result: ok\..* \([0-9]*\) ignored.*/\1/p' "$1" | awk '{n += $1} END {print n + 0}'
}

# all_tests_ran LOG [CARGO-TEST-ARGUMENTS]: in LOG, the output of `cargo test` with these
# arguments, every test passed that exists, but for those that say that they are ignored.
# A filter, or a binary that ended early without an error, leaves some out.
all_tests_ran() {
  local log=$1 ran ignored exist
  shift
  ran=$(tests_passed "$log")
  ignored=$(tests_ignored "$log")
  exist=$(cargo test "$@" -- --list 2> /dev/null | grep -c ': test$') || true
  say "$ran tests ran and $ignored are ignored, of $exist that exist"
  [ "$ran" -gt 0 ] && [ $((ran + ignored)) -eq "$exist" ]
}

# The host of the nightly toolchain, which cargo-fuzz builds for.
nightly_host() { rustc +nightly -vV | sed -n 's/^host: //p'; }

# How to build for ThreadSanitizer: sets tsan_std (which standard library, in words),
# tsan_host, tsan_flags (RUSTFLAGS), tsan_options (of cargo), and the flags and options
# of cargo-fuzz, which passes the sanitizer itself.
thread_sanitizer() {
  need_nightly
  command -v cc >/dev/null && command -v ar >/dev/null \
    || fail "a C compiler and ar are missing; install gcc, or clang and binutils"
  tsan_host=$(nightly_host)
  case "$tsan_host" in
    x86_64-unknown-linux-gnu | aarch64-unknown-linux-gnu) ;;
    *) fail "coroutines under ThreadSanitizer need x86-64 or AArch64 Linux; this is $tsan_host" ;;
  esac
  if [ -d "$(rustc +nightly --print sysroot)/lib/rustlib/src/rust/library/std" ]; then
    tsan_std="built for ThreadSanitizer, from rust-src"
    tsan_options=(-Zbuild-std)
    tsan_fuzz_options=(-s thread --build-std)
  else
    tsan_std="prebuilt; rustup component add rust-src --toolchain nightly would have it built too"
    tsan_options=()
    tsan_fuzz_options=(-s thread)
  fi
  # The runtime is built apart, and with it the standard library if it is prebuilt.
  tsan_fuzz_flags=-Cunsafe-allow-abi-mismatch=sanitizer
  tsan_flags="-Zsanitizer=thread $tsan_fuzz_flags"
}

# Builds the jostle command for ThreadSanitizer, as $tsan_jostle. Arguments go to the
# rustc that links it.
tsan_jostle() {
  RUSTFLAGS=$tsan_flags cargo +nightly rustc -p jostle-catalogue --release --locked --target "$tsan_host" \
    ${tsan_options[@]+"${tsan_options[@]}"} --bin jostle -- "$@" \
    || fail "the jostle command could not be built for ThreadSanitizer"
  tsan_jostle=target/$tsan_host/release/jostle
}

# cargo-fuzz for ThreadSanitizer: tsan_fuzz SUBCOMMAND ARGUMENTS
tsan_fuzz() {
  local subcommand=$1
  shift
  # Cargo would take what was built without the wrapper for the same; the cfg, which
  # nothing asks for, makes it another build.
  RUSTC_WRAPPER=$PWD/scripts/rustc-apart RUSTFLAGS="$tsan_fuzz_flags --cfg jostle_apart" \
    cargo +nightly fuzz "$subcommand" "${tsan_fuzz_options[@]}" "$@"
}
