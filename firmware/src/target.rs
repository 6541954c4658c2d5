//! QEMU's mps2-an386: semihosting, SysTick as instruction counter, painted stack.

use core::arch::asm;
use core::fmt::{self, Arguments, Write};
use core::hint::black_box;
use core::mem::MaybeUninit;
use core::panic::PanicInfo;
use core::ptr;
use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use cortex_m::peripheral::SYST;
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m_rt::{ExceptionFrame, exception};
use cortex_m_semihosting::{debug, hio};

/// Under `-icount shift=0` an instruction lasts 1 ns and SysTick runs at 25 MHz.
const INSTRUCTIONS_PER_TICK: u64 = 40;
/// SysTick counts 24 bits.
const TICKS_PER_WRAP: u64 = 1 << 24;
/// Long enough that the grain of 40 instructions is below 1 in 10,000.
const TICKS_PER_BENCH: u64 = 25_000;

const PAINT: u32 = 0xa5a5_5a5a;
/// Deeper calls than this are an error.
const PAINTED_BYTES: usize = 256 * 1024;

static WRAPS: AtomicU32 = AtomicU32::new(0);
/// Lowest address that is painted; 0 before the first painting.
static FLOOR: AtomicUsize = AtomicUsize::new(0);
/// Lowest stack address used before paint covered the trace.
static DEEPEST: AtomicUsize = AtomicUsize::new(usize::MAX);

/// Runs the program, reports its stack and end, and leaves QEMU.
pub fn run(program: fn()) -> ! {
    // SAFETY: the only taker of the core peripherals, before the program starts.
    let mut systick = unsafe { cortex_m::Peripherals::steal() }.SYST;
    systick.set_clock_source(SystClkSource::Core);
    systick.set_reload(TICKS_PER_WRAP as u32 - 1);
    systick.clear_current();
    systick.enable_counter();
    systick.enable_interrupt();

    // Through a pointer: what is inlined here would have its frame above the mark.
    let (_, stack) = measure_stack(black_box(program));
    crate::stack("program", stack);
    crate::line!("reparam:end");
    debug::exit(debug::EXIT_SUCCESS);
    unreachable!("semihosting is off")
}

pub(crate) fn print(line: Arguments) {
    let mut buffer = Buffer { bytes: [0; 256], used: 0 };
    let _ = buffer.write_fmt(line);
    let _ = buffer.write_str("\n");
    buffer.flush();
}

/// A semihosting call halts the emulator: few long writes instead of many short ones.
struct Buffer {
    bytes: [u8; 256],
    used: usize,
}

impl Buffer {
    fn flush(&mut self) {
        if let Ok(mut stdout) = hio::hstdout() {
            let _ = stdout.write_all(&self.bytes[..self.used]);
        }
        self.used = 0;
    }
}

impl Write for Buffer {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for &byte in text.as_bytes() {
            if self.used == self.bytes.len() {
                self.flush();
            }
            self.bytes[self.used] = byte;
            self.used += 1;
        }
        Ok(())
    }
}

#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    crate::line!("reparam:panic {} at {}", info.message(), info.location().map_or("", |l| l.file()));
    fail()
}

#[exception]
// SAFETY: does not return.
unsafe fn HardFault(frame: &ExceptionFrame) -> ! {
    crate::line!("reparam:panic hard fault at {:#010x}", frame.pc());
    fail()
}

fn fail() -> ! {
    loop {
        debug::exit(debug::EXIT_FAILURE);
    }
}

#[exception]
fn SysTick() {
    WRAPS.fetch_add(1, Ordering::Relaxed);
}

/// Ticks since the start.
fn ticks() -> u64 {
    loop {
        let before = WRAPS.load(Ordering::Relaxed);
        let left = SYST::get_current();
        // At 0 the interrupt has come, but the reload has not.
        if left != 0 && before == WRAPS.load(Ordering::Relaxed) {
            return (u64::from(before) + 1) * TICKS_PER_WRAP - u64::from(left);
        }
    }
}

/// Calls `f` and counts, in steps of 40.
pub fn count_instructions<O>(f: impl FnOnce() -> O) -> (O, Option<u64>) {
    let start = ticks();
    let output = f();
    let count = (ticks() - start) * INSTRUCTIONS_PER_TICK;
    (output, Some(count))
}

pub(crate) fn bench<S, I: Copy, O>(
    name: &str,
    state: &mut S,
    input: I,
    full: fn(&mut S, I) -> MaybeUninit<O>,
    empty: fn(&mut S, I) -> MaybeUninit<O>,
) {
    let (_, stack) = measure_stack(|| black_box(full)(state, input));
    let mut calls = 1;
    let long = loop {
        let ticks = time(calls, state, input, black_box(full));
        if ticks >= TICKS_PER_BENCH || calls >= 1 << 20 {
            break ticks;
        }
        calls = (calls * TICKS_PER_BENCH.div_ceil(ticks.max(1)) as u32).min(1 << 20);
    };
    let short = time(calls, state, input, black_box(empty));
    let calls = u64::from(calls);
    crate::instructions(name, (long.saturating_sub(short) * INSTRUCTIONS_PER_TICK + calls / 2) / calls);
    crate::stack(name, stack);
}

/// One instance serves the kernel and the empty function alike, so that the loop cancels exactly.
#[inline(never)]
fn time<S, I: Copy, O>(calls: u32, state: &mut S, input: I, f: fn(&mut S, I) -> MaybeUninit<O>) -> u64 {
    let start = ticks();
    for _ in 0..calls {
        let _ = f(state, input);
    }
    ticks() - start
}

/// Calls `f` on a painted stack and finds how deep it went, in bytes. Calls may nest.
#[inline(never)]
fn measure_stack<O>(f: impl FnOnce() -> O) -> (O, usize) {
    let start = stack_pointer();
    let outer = if FLOOR.load(Ordering::Relaxed) == 0 {
        FLOOR.store((start - PAINTED_BYTES) & !3, Ordering::Relaxed);
        usize::MAX
    } else {
        lowest_used()
    };
    DEEPEST.store(usize::MAX, Ordering::Relaxed);
    let floor = FLOOR.load(Ordering::Relaxed);
    for address in (floor..stack_pointer()).step_by(4) {
        // SAFETY: aligned RAM below the stack pointer, above all statics (4 MiB, of which the floor leaves
        // most), used by nobody: interrupts come and go between two writes.
        unsafe { ptr::with_exposed_provenance_mut::<u32>(address).write_volatile(PAINT) };
    }
    let output = f();
    let lowest = lowest_used();
    assert!(lowest > floor, "stack deeper than {PAINTED_BYTES} bytes");
    DEEPEST.store(outer.min(lowest), Ordering::Relaxed);
    (output, start.saturating_sub(lowest))
}

fn lowest_used() -> usize {
    let mut address = FLOOR.load(Ordering::Relaxed);
    // SAFETY: aligned RAM; the caller's frame, which is not paint, ends the search.
    while unsafe { ptr::with_exposed_provenance::<u32>(address).read_volatile() } == PAINT {
        address += 4;
    }
    address.min(DEEPEST.load(Ordering::Relaxed))
}

#[inline(always)]
fn stack_pointer() -> usize {
    let address;
    // SAFETY: reads one register.
    unsafe { asm!("mov {}, sp", out(reg) address, options(nomem, nostack, preserves_flags)) };
    address
}
