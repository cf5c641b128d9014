#!/bin/sh
# RUSTC_WRAPPER of `cargo xtask guest`: names crates of the guest by what they are, not by where they lie.
#
# Cargo hashes the absolute path of a package outside the guest's folder (our crates, the standard
# library) into `-C metadata`, rustc mixes that into every symbol name, and symbol names order the code.
# So the same source in another folder would give another ELF. For crates built for the guest (they
# come with `--target`; build scripts and macros do not) the value is replaced by package, version and
# features. Two crates that agreed in all of them would be refused by rustc, not mixed up.
set -eu

for_guest=no
features=
for arg in "$@"; do
    case $arg in
    --target | --target=*) for_guest=yes ;;
    feature=*) features="$features,${arg#feature=}" ;;
    esac
done
if [ $for_guest = no ]; then
    exec "$@"
fi

count=$#
while [ "$count" -gt 0 ]; do
    arg=$1
    shift
    case $arg in
    metadata=*) arg="metadata=$CARGO_PKG_NAME-$CARGO_PKG_VERSION$features" ;;
    esac
    set -- "$@" "$arg"
    count=$((count - 1))
done
exec "$@"
