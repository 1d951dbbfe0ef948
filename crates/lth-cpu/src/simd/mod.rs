//! One generic source for every instruction set.
//!
//! A vector is always 16 floats, whatever the registers of the machine are: AVX-512 holds it in one register, AVX2 in
//! two, NEON in four, and the plain version in an array. Multiply-adds are always fused. So every instruction set gives
//! the same bits.
#![allow(unsafe_code)]
// Kernels are only fast where all of this is inlined into the function that enables the instructions.
#![allow(clippy::inline_always)]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "aarch64")]
mod neon;
mod plain;

use std::fmt;

/// Floats in a vector, on every instruction set.
pub(crate) const LANES: usize = 16;

/// The operations that kernels are written in. A value of the type proves that the machine has the instructions.
///
/// All methods are inlined into an entry function that enables the instructions.
pub trait Simd: Copy {
    /// 16 floats.
    type V: Copy;

    /// How many 16-float vectors of lanes a register tile may hold: more on machines with more registers.
    const TILE_VECTORS: usize;

    /// All lanes the same.
    fn splat(self, value: f32) -> Self::V;
    /// # Safety
    /// 16 floats must be readable.
    unsafe fn load(self, from: *const f32) -> Self::V;
    /// # Safety
    /// 16 floats must be writable.
    unsafe fn store(self, to: *mut f32, v: Self::V);
    /// Stores past the caches, where the machine can: for maps that are larger than these, which would only be read in
    /// order to be overwritten. A kernel that has done so ends with [`Simd::publish`].
    /// # Safety
    /// 16 floats must be writable, at an address that is a multiple of 64 bytes.
    #[inline(always)]
    unsafe fn stream(self, to: *mut f32, v: Self::V) {
        // SAFETY: the caller's promise.
        unsafe { self.store(to, v) }
    }
    /// Orders what was streamed before what this thread does next, so that other threads see it as they see any store.
    #[inline(always)]
    fn publish(self) {}
    /// 16 bytes as floats 0 to 255.
    /// # Safety
    /// 16 bytes must be readable.
    unsafe fn load_bytes(self, from: *const u8) -> Self::V;
    /// a + b
    fn add(self, a: Self::V, b: Self::V) -> Self::V;
    /// a - b
    fn sub(self, a: Self::V, b: Self::V) -> Self::V;
    /// a * b
    fn mul(self, a: Self::V, b: Self::V) -> Self::V;
    /// a / b, correctly rounded.
    fn div(self, a: Self::V, b: Self::V) -> Self::V;
    /// a * b + c, rounded once.
    fn fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// c - a * b, rounded once.
    fn fnma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// `if a > b { a } else { b }`: b where either is NaN.
    fn max(self, a: Self::V, b: Self::V) -> Self::V;
    /// `if a < b { a } else { b }`: b where either is NaN.
    fn min(self, a: Self::V, b: Self::V) -> Self::V;
    /// Square root, correctly rounded.
    fn sqrt(self, a: Self::V) -> Self::V;
    /// `value` where `gate > 0`, else 0.
    fn gate(self, gate: Self::V, value: Self::V) -> Self::V;
    /// Lane i of `a` where bit i is set, else of `b`.
    fn select(self, bits: u16, a: Self::V, b: Self::V) -> Self::V;
    /// A bit for each lane: whether a = b.
    fn equal(self, a: Self::V, b: Self::V) -> u16;
    /// a * 2^n for integral n, by adding to the exponent; no overflow check.
    fn scale_exponent(self, a: Self::V, n: Self::V) -> Self::V;
    /// `[a fold 8 (8 lanes), b fold 8]`: lane l plus lane l + 8.
    fn merge8(self, a: Self::V, b: Self::V) -> Self::V;
    /// Of two results of [`Simd::merge8`]: four quarters, each lane l plus lane l + 4 of its eight.
    fn merge4(self, a: Self::V, b: Self::V) -> Self::V;
    /// Of two results of [`Simd::merge4`]: in each quarter two lanes of `a`'s, then two of `b`'s, lane l plus lane l + 2.
    fn merge2(self, a: Self::V, b: Self::V) -> Self::V;
    /// Of two results of [`Simd::merge2`]: in each quarter two sums of `a`'s and two of `b`'s.
    fn merge1(self, a: Self::V, b: Self::V) -> Self::V;
    /// Rows to columns.
    fn transpose(self, rows: [Self::V; LANES]) -> [Self::V; LANES];

    /// Asks for a cache line to be fetched; no effect on results, any address is allowed.
    fn prefetch(self, address: *const f32);

    /// Sums of the lanes of 16 vectors: result lane `4 u + t` is the sum of `quads[t][u]`, halves first (l + 8, + 4, + 2, + 1).
    #[inline(always)]
    fn sums(self, quads: [[Self::V; 4]; 4]) -> Self::V {
        let [a, b, c, d] = quads;
        self.merge1(
            self.merge2(self.merge_quad(a), self.merge_quad(b)),
            self.merge2(self.merge_quad(c), self.merge_quad(d)),
        )
    }

    /// The first two levels of [`Simd::sums`].
    #[inline(always)]
    fn merge_quad(self, q: [Self::V; 4]) -> Self::V {
        self.merge4(self.merge8(q[0], q[1]), self.merge8(q[2], q[3]))
    }
}

/// The same pointer, of which the compiler knows nothing.
///
/// Operands of the form base + index take two slots of the processor's pipeline in a multiply-add, base + constant only one;
/// this makes the compiler add up the base once.
#[inline(always)]
#[allow(clippy::pointers_in_nomem_asm_block)] // nothing is read through it
pub(crate) fn opaque(mut pointer: *const f32) -> *const f32 {
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    // SAFETY: no instruction at all.
    unsafe {
        core::arch::asm!("/* {0} */", inout(reg) pointer, options(pure, nomem, nostack, preserves_flags));
    }
    pointer
}

/// Code that is compiled once for each instruction set.
pub trait Kernel {
    /// What it returns.
    type Output;
    /// The body; must be `#[inline(always)]`.
    fn run<S: Simd>(self, simd: S) -> Self::Output;
}

/// An instruction set that this machine has.
#[derive(Debug, Clone, Copy)]
pub struct Isa(Kind);

#[derive(Debug, Clone, Copy)]
enum Kind {
    #[cfg(target_arch = "x86_64")]
    Avx512(avx512::Avx512),
    #[cfg(target_arch = "x86_64")]
    Avx2(avx2::Avx2),
    #[cfg(target_arch = "aarch64")]
    Neon(neon::Neon),
    Plain(plain::Plain),
}

impl Isa {
    /// The best that this machine has.
    pub fn detect() -> Self {
        Self::available()[0]
    }

    /// All that this machine has, best first.
    pub fn available() -> Vec<Self> {
        let mut found = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            found.extend(avx512::Avx512::detect().map(|simd| Self(Kind::Avx512(simd))));
            found.extend(avx2::Avx2::detect().map(|simd| Self(Kind::Avx2(simd))));
        }
        #[cfg(target_arch = "aarch64")]
        found.extend(neon::Neon::detect().map(|simd| Self(Kind::Neon(simd))));
        found.push(Self(Kind::Plain(plain::Plain)));
        found
    }

    /// The instruction set of this name, if this machine has it.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::available().into_iter().find(|isa| isa.name() == name)
    }

    /// `avx512`, `avx2`, `neon` or `plain`.
    pub fn name(self) -> &'static str {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512(_) => "avx512",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(_) => "avx2",
            #[cfg(target_arch = "aarch64")]
            Kind::Neon(_) => "neon",
            Kind::Plain(_) => "plain",
        }
    }

    /// Runs a kernel.
    #[inline]
    pub fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the value proves that the machine has AVX-512.
            Kind::Avx512(simd) => unsafe { avx512::enter(simd, kernel) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the value proves that the machine has AVX2 and FMA.
            Kind::Avx2(simd) => unsafe { avx2::enter(simd, kernel) },
            #[cfg(target_arch = "aarch64")]
            // SAFETY: the value proves that the machine has NEON.
            Kind::Neon(simd) => unsafe { neon::enter(simd, kernel) },
            Kind::Plain(simd) => kernel.run(simd),
        }
    }
}

impl fmt::Display for Isa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests;
