//! Atomic operations of crates under test, which the compiler leaves to us.
//!
//! Of those of what stands in for std it is told where they are: their events say what they mean. What remains is std's own generic
//! code, such as the counts of `Arc`: what these order counts, and they are atomic accesses to memory. No order of them is chosen.
//! The real operation is always sequentially consistent.
//!
//! There are none of 16 bytes, which no stable Rust makes.

use std::arch::naked_asm;
use std::ffi::c_int;
use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering::SeqCst, fence};

use bohrbug::trace::MemoryOrder;
use bohrbug_sync::control::RawOperation;

/// Functions with `$count` arguments that go on in `$inner` with two more.
macro_rules! with_place {
    ($name:ident $inner:ident 1) => { with_place! { $name $inner "mov rsi, [rsp]" "lea rdx, [rsp + 8]" } };
    ($name:ident $inner:ident 2) => { with_place! { $name $inner "mov rdx, [rsp]" "lea rcx, [rsp + 8]" } };
    ($name:ident $inner:ident 3) => { with_place! { $name $inner "mov rcx, [rsp]" "lea r8, [rsp + 8]" } };
    ($name:ident $inner:ident $at:literal $stack:literal) => {
        #[unsafe(naked)]
        #[unsafe(no_mangle)]
        extern "C" fn $name() {
            naked_asm!($at, $stack, "jmp {inner}", inner = sym $inner)
        }
    };
}

/// Which of the two it is, and with which order.
fn told(address: usize, size: usize, (reads, writes): (bool, bool), order: c_int, at: usize, stack: usize) {
    let memory = address..address + size;
    if !super::is_on() || !super::is_seen(&memory, stack) {
        return;
    }
    let Some(caller) = super::caller(at, stack) else { return };
    if caller.orders {
        let operation = RawOperation::Atomic { reads, writes, order: order_of(order) };
        super::told(memory, operation, caller.place);
    } else {
        super::told(memory, RawOperation::Own, None);
    }
}

/// As C++ numbers them.
const fn order_of(order: c_int) -> MemoryOrder {
    match order {
        0 => MemoryOrder::Relaxed,
        1 | 2 => MemoryOrder::Acquire,
        3 => MemoryOrder::Release,
        4 => MemoryOrder::AcqRel,
        _ => MemoryOrder::SeqCst,
    }
}

macro_rules! atomics {
    ($atomic:ident $value:ident $load:ident $store:ident $exchange:ident $($name:ident $method:ident)*) => {
        const _: () = {
            with_place! { $load load 2 }
            with_place! { $store store 3 }

            unsafe extern "C" fn load(to: *mut $value, order: c_int, at: usize, stack: usize) -> $value {
                told(to.addr(), size_of::<$value>(), (true, false), order, at, stack);
                // SAFETY: the compiler passes an aligned address of that many bytes.
                unsafe { $atomic::from_ptr(to) }.load(SeqCst)
            }

            unsafe extern "C" fn store(to: *mut $value, value: $value, order: c_int, at: usize, stack: usize) {
                told(to.addr(), size_of::<$value>(), (false, true), order, at, stack);
                // SAFETY: as above.
                unsafe { $atomic::from_ptr(to) }.store(value, SeqCst);
            }

            /// The five arguments of the compiler leave one register for ours.
            unsafe extern "C" fn exchange(
                to: *mut $value,
                expected: $value,
                new: $value,
                success: c_int,
                failure: c_int,
                stack: usize,
            ) -> $value {
                // SAFETY: as above.
                let found = unsafe { $atomic::from_ptr(to) }.compare_exchange(expected, new, SeqCst, SeqCst);
                let order = if found.is_ok() { success } else { failure };
                // SAFETY: where the call came from lies below its frame.
                let at = unsafe { *std::ptr::with_exposed_provenance::<usize>(stack - 8) };
                told(to.addr(), size_of::<$value>(), (true, found.is_ok()), order, at, stack);
                found.unwrap_or_else(|value| value)
            }

            #[unsafe(naked)]
            #[unsafe(no_mangle)]
            extern "C" fn $exchange() {
                naked_asm!("lea r9, [rsp + 8]", "jmp {exchange}", exchange = sym exchange)
            }

            $(
                const _: () = {
                    with_place! { $name change 3 }

                    unsafe extern "C" fn change(
                        to: *mut $value,
                        value: $value,
                        order: c_int,
                        at: usize,
                        stack: usize,
                    ) -> $value {
                        told(to.addr(), size_of::<$value>(), (true, true), order, at, stack);
                        // SAFETY: as above.
                        unsafe { $atomic::from_ptr(to) }.$method(value, SeqCst)
                    }
                };
            )*
        };
    };
}

atomics! {
    AtomicU8 u8
    __tsan_atomic8_load __tsan_atomic8_store
    __tsan_atomic8_compare_exchange_val
    __tsan_atomic8_exchange swap
    __tsan_atomic8_fetch_add fetch_add
    __tsan_atomic8_fetch_sub fetch_sub
    __tsan_atomic8_fetch_and fetch_and
    __tsan_atomic8_fetch_or fetch_or
    __tsan_atomic8_fetch_xor fetch_xor
    __tsan_atomic8_fetch_nand fetch_nand
}

atomics! {
    AtomicU16 u16
    __tsan_atomic16_load __tsan_atomic16_store
    __tsan_atomic16_compare_exchange_val
    __tsan_atomic16_exchange swap
    __tsan_atomic16_fetch_add fetch_add
    __tsan_atomic16_fetch_sub fetch_sub
    __tsan_atomic16_fetch_and fetch_and
    __tsan_atomic16_fetch_or fetch_or
    __tsan_atomic16_fetch_xor fetch_xor
    __tsan_atomic16_fetch_nand fetch_nand
}

atomics! {
    AtomicU32 u32
    __tsan_atomic32_load __tsan_atomic32_store
    __tsan_atomic32_compare_exchange_val
    __tsan_atomic32_exchange swap
    __tsan_atomic32_fetch_add fetch_add
    __tsan_atomic32_fetch_sub fetch_sub
    __tsan_atomic32_fetch_and fetch_and
    __tsan_atomic32_fetch_or fetch_or
    __tsan_atomic32_fetch_xor fetch_xor
    __tsan_atomic32_fetch_nand fetch_nand
}

atomics! {
    AtomicU64 u64
    __tsan_atomic64_load __tsan_atomic64_store
    __tsan_atomic64_compare_exchange_val
    __tsan_atomic64_exchange swap
    __tsan_atomic64_fetch_add fetch_add
    __tsan_atomic64_fetch_sub fetch_sub
    __tsan_atomic64_fetch_and fetch_and
    __tsan_atomic64_fetch_or fetch_or
    __tsan_atomic64_fetch_xor fetch_xor
    __tsan_atomic64_fetch_nand fetch_nand
}

with_place! { __tsan_atomic_thread_fence thread_fence 1 }

extern "C" fn thread_fence(order: c_int, at: usize, stack: usize) {
    fence(SeqCst);
    if super::is_on()
        && let Some(caller) = super::caller(at, stack).filter(|caller| caller.orders)
    {
        super::told(0..0, RawOperation::Fence(order_of(order)), caller.place);
    }
}

/// What it orders is within one thread.
#[unsafe(no_mangle)]
const extern "C" fn __tsan_atomic_signal_fence(_: c_int) {}
