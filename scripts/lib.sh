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
