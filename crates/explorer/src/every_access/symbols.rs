//! The functions that the compiler calls: `__tsan_read4` before a read of four bytes, and so on.
//!
//! Each only adds where it was called from, and in which frame, and goes on in ours.

use std::arch::naked_asm;
use std::ffi::{c_int, c_void};

/// Functions of one argument, an address, that go on in `used` with so many bytes.
macro_rules! accesses {
    ($($name:ident $size:literal $writes:literal)*) => { $(
        #[unsafe(naked)]
        #[unsafe(no_mangle)]
        extern "C" fn $name() {
            naked_asm!(
                "mov rsi, [rsp]",
                "lea rdx, [rsp + 8]",
                "mov ecx, {size}",
                "mov r8d, {writes}",
                "jmp {used}",
                size = const $size,
                writes = const $writes,
                used = sym used,
            )
        }
    )* };
}

accesses! {
    __tsan_read1 1 0
    __tsan_read2 2 0
    __tsan_unaligned_read2 2 0
    __tsan_read4 4 0
    __tsan_unaligned_read4 4 0
    __tsan_read8 8 0
    __tsan_unaligned_read8 8 0
    __tsan_read16 16 0
    __tsan_unaligned_read16 16 0
    __tsan_write1 1 1
    __tsan_write2 2 1
    __tsan_unaligned_write2 2 1
    __tsan_write4 4 1
    __tsan_unaligned_write4 4 1
    __tsan_write8 8 1
    __tsan_unaligned_write8 8 1
    __tsan_write16 16 1
    __tsan_unaligned_write16 16 1
    __tsan_vptr_read 8 0
    __tsan_vptr_update 8 1
}

extern "C" fn used(address: usize, at: usize, stack: usize, size: usize, writes: usize) {
    super::used(address..address.saturating_add(size), writes != 0, at, stack);
}

/// Functions of up to three arguments that go on in another one with two more.
macro_rules! with_place {
    ($($name:ident $inner:path)*) => { $(
        #[unsafe(naked)]
        #[unsafe(no_mangle)]
        extern "C" fn $name() {
            naked_asm!("mov rcx, [rsp]", "lea r8, [rsp + 8]", "jmp {inner}", inner = sym $inner)
        }
    )* };
}

with_place! {
    __tsan_func_entry entry
    __tsan_read_range read_range
    __tsan_write_range write_range
    __tsan_memcpy copy
    __tsan_memmove copy
    __tsan_memset set
}

extern "C" fn entry(from: usize, _: usize, _: usize, inside: usize, stack: usize) {
    super::entered(from, inside, stack);
}

/// The variables of the function lie from its stack pointer up to its frame pointer.
#[unsafe(naked)]
#[unsafe(no_mangle)]
extern "C" fn __tsan_func_exit() {
    naked_asm!("mov rdi, [rsp]", "lea rsi, [rsp + 8]", "mov rdx, rbp", "jmp {exit}", exit = sym exit)
}

extern "C" fn exit(at: usize, stack: usize, base: usize) {
    super::left(at, stack..base);
}

extern "C" fn read_range(address: usize, size: usize, _: usize, at: usize, stack: usize) {
    super::used(address..address.saturating_add(size), false, at, stack);
}

extern "C" fn write_range(address: usize, size: usize, _: usize, at: usize, stack: usize) {
    super::used(address..address.saturating_add(size), true, at, stack);
}

/// # Safety
///
/// As the C library's `memmove`, which may be given what `memcpy` may be given.
unsafe extern "C" fn copy(to: *mut c_void, from: *const c_void, size: usize, at: usize, stack: usize) -> *mut c_void {
    super::used(from.addr()..from.addr().saturating_add(size), false, at, stack);
    super::used(to.addr()..to.addr().saturating_add(size), true, at, stack);
    // SAFETY: the caller's promise.
    unsafe { to.cast::<u8>().copy_from(from.cast(), size) };
    to
}

/// # Safety
///
/// As the C library's `memset`.
unsafe extern "C" fn set(to: *mut c_void, value: c_int, size: usize, at: usize, stack: usize) -> *mut c_void {
    super::used(to.addr()..to.addr().saturating_add(size), true, at, stack);
    // SAFETY: the caller's promise.
    unsafe { to.cast::<u8>().write_bytes(value as u8, size) };
    to
}

/// Called before `main`, by each crate.
#[unsafe(no_mangle)]
const extern "C" fn __tsan_init() {}
