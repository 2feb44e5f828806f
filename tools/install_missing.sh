#!/usr/bin/env bash
# Installs what a fresh Debian machine lacks, and nothing that is there.
#
#   tools/install_missing.sh GROUP...
#
#   build    a C compiler and linker (zstd and the TLS library have C parts), certificates for downloads; for XGBoost a C++
#            compiler, CMake, make and libclang (its build reads the C headers with it)
#   python   python3 with venv, for the tests and the style gate
#   browser  Chromium, in which the tests use the pages
#   lint     rustfmt and clippy
#   deny     cargo-deny, into the target folder
#   book     mdbook, into the target folder
#
# Rust itself comes from rustup and is not installed here.
set -euo pipefail
cd "$(dirname "$0")/.."
# rustup puts cargo into a folder that a shell opened earlier does not know yet.
PATH=$PATH:$HOME/.cargo/bin

DENY_VERSION=0.20.2
BOOK_VERSION=0.5.4
TOOLS=${CARGO_TARGET_DIR:-$PWD/target}/tools

say() { printf 'install: %s\n' "$*" >&2; }
stop() { say "$*"; exit 1; }

can_link() {
    local folder status=0
    folder=$(mktemp -d)
    printf 'int main(void) { return 0; }\n' >"$folder/a.c"
    cc "$folder/a.c" -o "$folder/a" >/dev/null 2>&1 || status=1
    rm -rf "$folder"
    return $status
}

# Both the library and the headers of its compiler, where Debian puts them.
has_libclang() {
    [[ -n ${LIBCLANG_PATH:-} || ! -e /etc/debian_version ]] ||
        { compgen -G '/usr/lib/llvm*/lib/libclang.so*' && compgen -G '/usr/lib/llvm*/lib/clang/*/include/stddef.h'; } >/dev/null
}

has_certificates() { [[ -n ${SSL_CERT_FILE:-} || -e /etc/ssl/certs/ca-certificates.crt || ! -e /etc/debian_version ]]; }

has_venv() { python3 -c 'import ensurepip, venv' >/dev/null 2>&1; }

has_tomllib() { python3 -c 'import tomllib' >/dev/null 2>&1; }

# The Debian packages of the given groups that are missing, one a line.
missing_packages() {
    local group
    for group in "$@"; do
        case $group in
            build)
                can_link || echo build-essential
                has_certificates || echo ca-certificates
                command -v g++ >/dev/null || echo g++
                command -v cmake >/dev/null || echo cmake
                command -v make >/dev/null || echo make
                has_libclang || echo libclang-dev
                ;;
            python) has_venv || printf '%s\n' python3 python3-venv ;;
            browser) command -v chromium >/dev/null || printf '%s\n' chromium fonts-dejavu-core ;;
        esac
    done
}

install_packages() {
    local as_root=()
    command -v apt-get >/dev/null || stop "missing: $*. There is no apt-get here; install them by hand."
    if [[ $EUID -ne 0 ]]; then
        command -v sudo >/dev/null || stop "missing: $*. Run as root: apt-get install -y $*"
        as_root=(sudo)
    fi
    say "apt-get install $*"
    "${as_root[@]}" apt-get update
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

install_lint() {
    local component
    for component in rustfmt clippy; do
        if ! cargo "${component/rustfmt/fmt}" --version >/dev/null 2>&1; then
            say "rustup component add $component"
            rustup component add "$component"
        fi
    done
}

# Unoptimised: it compiles in 80 CPU-seconds instead of 190, and checks in under a second all the same.
install_deny() {
    local found
    found=$(PATH=$TOOLS/bin:$PATH cargo-deny --version 2>/dev/null || true)
    [[ $found == "cargo-deny $DENY_VERSION" ]] && return
    say "cargo install cargo-deny $DENY_VERSION into $TOOLS (found: ${found:-none})"
    CARGO_TARGET_DIR=$TOOLS/build CARGO_PROFILE_DEV_DEBUG=0 \
        cargo install cargo-deny --locked --version "$DENY_VERSION" --debug --force --root "$TOOLS"
    rm -rf "$TOOLS/build"
}

# Without search and server, which the check does not need; 80 CPU-seconds.
install_book() {
    local found
    found=$(PATH=$TOOLS/bin:$PATH mdbook --version 2>/dev/null || true)
    [[ $found == "mdbook v$BOOK_VERSION" ]] && return
    say "cargo install mdbook $BOOK_VERSION into $TOOLS (found: ${found:-none})"
    CARGO_TARGET_DIR=$TOOLS/build CARGO_PROFILE_DEV_DEBUG=0 \
        cargo install mdbook --no-default-features --locked --version "$BOOK_VERSION" --debug --force --root "$TOOLS"
    rm -rf "$TOOLS/build"
}

for group in "$@"; do
    [[ $group =~ ^(build|python|browser|lint|deny|book)$ ]] ||
        stop "no group \`$group\`; there are: build, python, browser, lint, deny, book"
done

mapfile -t packages < <(missing_packages "$@")
if [[ ${#packages[@]} -gt 0 ]]; then
    install_packages "${packages[@]}"
    mapfile -t packages < <(missing_packages "$@")
    [[ ${#packages[@]} -eq 0 ]] || stop "still not working after the installation: ${packages[*]}"
fi

for group in "$@"; do
    case $group in
        build) command -v cargo >/dev/null || stop "there is no cargo; install Rust with rustup: https://rustup.rs" ;;
        python) has_tomllib || stop "$(python3 --version) is too old; 3.11 or newer is needed" ;;
        lint) install_lint ;;
        deny) install_deny ;;
        book) install_book ;;
    esac
done
