//! The deterministic limit for diagonal covariance: one density for each class of weights.
//!
//! Write β = u² − v² with u, v > 0 as `c = u·v`, `x = ln(u/v)`: then `β = 2c·sinh x` and `u² + v² = 2c·cosh x`, and the
//! stochastic equation of all weights with variance λ and target b becomes
//!
//! ```text
//! d ln c = −8γ²λP dt                              noise shrinks the effective initialisation, without chance
//! dx = −4γλ(2c·sinh x − b) dt + 4γ√(2λP) dB
//! ```
//!
//! (2P + σ² for 2P with noise of variance σ² on the answers). In high dimension P is not random, so the density ρ of x of
//! each class (λ, b) follows
//!
//! ```text
//! ∂ρ/∂t = ∂/∂x [4γλ(2c·sinh x − b) ρ] + 16γ²λP ∂²ρ/∂x²,    P = ½ mean λ(2c·sinh x − b)²
//! ```
//!
//! Finite volumes with the fluxes of Scharfetter and Gummel (1969; Chang and Cooper 1970), implicit in time, the
//! tridiagonal system by Thomas's elimination: mass is conserved, densities stay positive whatever the time step, first
//! order in time step and cell width. With [`Scale::Constant`] c does not shrink: that is
//! [`Exponentiated`](super::rule::Exponentiated).

use crate::Real;

use super::error::{Error, check_length, check_not_negative, check_positive};

/// Weights that are alike.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Class<T> {
    /// Their share of all weights.
    pub share: T,
    /// λ: variance that they see.
    pub variance: T,
    /// b: their target.
    pub target: T,
}

/// What noise does to the effective initialisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Scale {
    /// It shrinks: [`Difference`](super::rule::Difference), and [`Product`](super::rule::Product) with half the step.
    Shrinking,
    /// It stays: [`Exponentiated`](super::rule::Exponentiated).
    Constant,
}

/// The problem.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Settings<T> {
    /// γ: step size on u² − v².
    pub step: T,
    /// u = v = this at the start.
    pub initialisation: T,
    /// σ²: variance of the noise on the answers.
    pub noise_variance: T,
    /// What happens to u·v.
    pub scale: Scale,
    /// Cells cover x in ±this: see [`half_width`].
    pub half_width: T,
}

/// A `half_width` that holds weights up to `largest` for an effective initialisation that shrinks to `smallest`:
/// `asinh(largest/(2·smallest²)) + 2`.
pub fn half_width<T: Real>(smallest: T, largest: T) -> T {
    let ratio = largest.abs() / (T::TWO * smallest * smallest);
    (ratio + ratio.hypot(T::ONE)).ln() + T::TWO
}

/// Length of the scratch of [`FokkerPlanck`].
pub const fn scratch_len(cells: usize) -> usize {
    cells.saturating_mul(3)
}

/// Solver on borrowed slices.
///
/// ```
/// use reparam::diagonal::fokker_planck::{Class, FokkerPlanck, Scale, Settings, scratch_len};
///
/// let classes = [
///     Class { share: 0.9, variance: 1.0, target: 0.0 },
///     Class { share: 0.05, variance: 1.0, target: 3.0 },
///     Class { share: 0.05, variance: 1.0, target: -3.0 },
/// ];
/// let settings = Settings {
///     step: 0.1, initialisation: 0.3, noise_variance: 0.0, scale: Scale::Shrinking, half_width: 10.0,
/// };
/// const CELLS: usize = 201;
/// let (mut density, mut scratch) = ([0.0f64; 3 * CELLS], [0.0; scratch_len(CELLS)]);
/// let mut limit = FokkerPlanck::new(&classes, settings, &mut density, &mut scratch)?;
/// assert!((limit.risk() - 0.45).abs() < 1e-3);
/// for _ in 0..80 {
///     limit.advance(0.05)?;
/// }
/// assert!(limit.risk() < 0.06 && (limit.mass(0) - 1.0).abs() < 1e-12);
/// # Ok::<(), reparam::diagonal::Error>(())
/// ```
#[derive(Debug)]
pub struct FokkerPlanck<'a, T> {
    classes: &'a [Class<T>],
    settings: Settings<T>,
    cells: usize,
    /// Class by class, cell by cell: probability of the cell.
    probability: &'a mut [T],
    /// e^x at the middle of each cell.
    centers: &'a mut [T],
    /// e^x at the right face of each cell.
    faces: &'a mut [T],
    /// Superdiagonal of the eliminated system.
    upper: &'a mut [T],
    /// Of a cell.
    width: T,
    /// Of all classes, at any face, at any time.
    largest_drift: T,
    /// Of all classes.
    largest_variance: T,
    time: T,
    /// ∫(P + σ²/2) dt.
    noise: T,
}

impl<'a, T: Real> FokkerPlanck<'a, T> {
    /// At time 0: all weights are 0. `density` holds `cells` numbers a class, at least 3; `scratch`: [`scratch_len`].
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::Empty`]; [`Error::Setting`] if a setting is out of range, if all shares are 0, or if
    /// risk, curvature or drift of a weight at ±`half_width` leave the range.
    pub fn new(
        classes: &'a [Class<T>],
        settings: Settings<T>,
        density: &'a mut [T],
        scratch: &'a mut [T],
    ) -> Result<Self, Error> {
        if classes.is_empty() {
            return Err(Error::Empty);
        }
        let cells = density.len().checked_div(classes.len()).unwrap_or_default();
        if cells < 3 {
            return Err(Error::Empty);
        }
        check_length(cells.saturating_mul(classes.len()), density.len())?;
        check_length(scratch_len(cells), scratch.len())?;
        check_settings(&settings)?;
        let mut shares = T::ZERO;
        for class in classes {
            check_not_negative(class.share, "share")?;
            check_not_negative(class.variance, "variance")?;
            if !class.target.is_finite() {
                return Err(Error::Setting { name: "target" });
            }
            shares += class.share;
        }
        check_positive(shares, "share")?;
        let (centers, scratch) = scratch.split_at_mut_checked(cells).ok_or(Error::Empty)?;
        let (faces, upper) = scratch.split_at_mut_checked(cells).ok_or(Error::Empty)?;
        let width = T::TWO * settings.half_width / T::from_usize(cells);
        for (i, (center, face)) in centers.iter_mut().zip(&mut *faces).enumerate() {
            let left = T::from_usize(i) * width - settings.half_width;
            *center = (left + T::HALF * width).exp();
            *face = (left + width).exp();
        }
        // c never grows, so what is finite at the ends now stays finite everywhere.
        let (end, c) = (settings.half_width.exp(), settings.initialisation * settings.initialisation);
        let (mut worst, mut largest_drift, mut largest_variance) = (T::ZERO, T::ZERO, T::ZERO);
        for class in classes {
            let error = c.mac(c, end) + class.target.abs();
            worst = worst.mac(class.share, class.variance.mac(class.variance, error * error.max(T::ONE)));
            largest_drift = largest_drift.max(T::from_f32(4.0) * class.variance * settings.step * error);
            largest_variance = largest_variance.max(class.variance);
        }
        check_not_negative(worst, "half_width")?;
        check_not_negative(largest_drift * width / least_diffusion(), "half_width")?;
        density.fill(T::ZERO);
        for row in density.chunks_exact_mut(cells.max(1)) {
            // A point at x = 0, between both cells in the middle if their number is even.
            let (count, share) = if cells % 2 == 0 { (2, T::HALF) } else { (1, T::ONE) };
            row.iter_mut().skip((cells - 1) / 2).take(count).for_each(|p| *p = share);
        }
        let (time, noise) = (T::ZERO, T::ZERO);
        Ok(Self {
            classes,
            settings,
            cells,
            probability: density,
            centers,
            faces,
            upper,
            width,
            largest_drift,
            largest_variance,
            time,
            noise,
        })
    }

    /// Advances by `dt`; returns the risk before. Cost per class and cell: two exponentials, two divisions, about 25
    /// multiply-adds.
    ///
    /// # Errors
    /// [`Error::Setting`] unless `dt` is positive; [`Error::NotFinite`] if a flux between cells, the time or the accumulated
    /// noise would leave the range: nothing has changed.
    pub fn advance(&mut self, dt: T) -> Result<T, Error> {
        check_positive(dt, "dt")?;
        let risk = self.risk();
        let noise = risk.mac(T::HALF, self.settings.noise_variance);
        let (accumulated, time) = (self.noise.mac(noise, dt), self.time + dt);
        let fastest = self.diffusion(self.largest_variance, noise).max(least_diffusion());
        let flux = (self.largest_drift + fastest / self.width) * (dt / self.width);
        // Elimination multiplies fluxes.
        if !((flux * flux).is_finite() && accumulated.is_finite() && time.is_finite()) {
            return Err(Error::NotFinite);
        }
        for (index, class) in self.classes.iter().enumerate() {
            let motion = Motion {
                rate: T::from_f32(4.0) * class.variance * self.settings.step,
                c: self.c(class.variance),
                target: class.target,
                diffusion: self.diffusion(class.variance, noise).max(least_diffusion()),
                width: self.width,
                dt,
            };
            let cells = self.probability.chunks_exact_mut(self.cells.max(1)).nth(index).unwrap_or_default();
            advance_class(&motion, cells, self.faces, self.upper);
        }
        (self.noise, self.time) = (accumulated, time);
        Ok(risk)
    }

    /// 16γ²λ(P + σ²/2).
    #[inline(always)]
    fn diffusion(&self, variance: T, noise: T) -> T {
        T::from_f32(16.0) * variance * self.settings.step * noise * self.settings.step
    }

    /// Time so far.
    pub fn time(&self) -> T {
        self.time
    }

    /// ∫(P + σ²/2) dt so far.
    pub fn accumulated_noise(&self) -> T {
        self.noise
    }

    /// c = u·v of weights with variance `variance`.
    pub fn c(&self, variance: T) -> T {
        let start = self.settings.initialisation * self.settings.initialisation;
        match self.settings.scale {
            Scale::Constant => start,
            Scale::Shrinking => {
                // The noise, which begins at 0, first: squares of steps may leave the range.
                let step = self.settings.step;
                start * (-T::from_f32(8.0) * variance * self.noise * step * step).exp()
            }
        }
    }

    /// Effective initialisation √c of weights with variance `variance`.
    pub fn effective_initialisation(&self, variance: T) -> T {
        self.c(variance).sqrt()
    }

    /// P: the risk.
    pub fn risk(&self) -> T {
        T::HALF
            * self.mean(|class, c, e| {
                let error = c * (e - e.recip()) - class.target;
                class.variance * error * error
            })
    }

    /// `mean λ(u² + v²)`: the steps are stable below 1/(2·curvature).
    pub fn curvature(&self) -> T {
        self.mean(|class, c, e| class.variance * c * (e + e.recip()))
    }

    /// Share of the weights larger than `threshold`.
    pub fn density_above(&self, threshold: T) -> T {
        self.mean(|_, c, e| if (c * (e - e.recip())).abs() > threshold { T::ONE } else { T::ZERO })
    }

    /// Mean of the sizes of all weights, `mean |β|`.
    pub fn mean_size(&self) -> T {
        self.mean(|_, c, e| (c * (e - e.recip())).abs())
    }

    /// Total probability of a class: 1 to rounding.
    pub fn mass(&self, class: usize) -> T {
        self.probability(class).iter().copied().sum()
    }

    /// Probability of each cell of a class, from x = −half_width up; empty for a class that does not exist.
    pub fn probability(&self, class: usize) -> &[T] {
        self.probability.chunks_exact(self.cells.max(1)).nth(class).unwrap_or_default()
    }

    /// Mean over all weights of a function of class, c and e^x.
    fn mean(&self, of: impl Fn(&Class<T>, T, T) -> T) -> T {
        let (mut total, mut shares) = (T::ZERO, T::ZERO);
        for (class, cells) in self.classes.iter().zip(self.probability.chunks_exact(self.cells.max(1))) {
            let c = self.c(class.variance);
            let mean =
                cells.iter().zip(&*self.centers).fold(T::ZERO, |sum, (&p, &e)| sum.mac(p, of(class, c, e)));
            total = total.mac(class.share, mean);
            shares += class.share;
        }
        total / shares
    }
}

fn check_settings<T: Real>(settings: &Settings<T>) -> Result<(), Error> {
    check_positive(settings.step, "step")?;
    check_positive(settings.initialisation, "initialisation")?;
    check_positive(settings.initialisation * settings.initialisation, "initialisation")?;
    check_not_negative(settings.noise_variance, "noise_variance")?;
    check_positive(settings.half_width, "half_width")
}

/// How the weights of a class move during a time step.
struct Motion<T> {
    /// 4γλ.
    rate: T,
    c: T,
    target: T,
    /// 16γ²λP, but not 0.
    diffusion: T,
    width: T,
    dt: T,
}

impl<T: Real> Motion<T> {
    /// Fluxes through the face at e^x per probability of the cell to the left and to the right, times dt.
    #[inline(always)]
    fn fluxes(&self, e: T) -> (T, T) {
        let drift = -self.rate * (self.c * (e - e.recip()) - self.target);
        let scale = self.dt * self.diffusion / (self.width * self.width);
        let peclet = drift * self.width / self.diffusion;
        let (left, right) = bernoulli(peclet);
        (scale * left, scale * right)
    }
}

/// Without diffusion the fluxes tend to those of the upwind scheme: a floor keeps the division.
#[inline(always)]
fn least_diffusion<T: Real>() -> T {
    T::EPSILON * T::EPSILON
}

/// (B(−z), B(z)) with B(z) = z/(e^z − 1).
#[inline(always)]
fn bernoulli<T: Real>(z: T) -> (T, T) {
    let size = z.abs();
    // B of the size, in (0, 1]. Below the root of ε the series is exact; e^80 is finite for f32 too.
    let small = if size * size < T::EPSILON {
        T::ONE - T::HALF * size
    } else if size > T::from_f32(80.0) {
        T::ZERO
    } else {
        size / size.exp_m1()
    };
    // B(−z) = B(z) + z.
    let large = small + size;
    if z > T::ZERO { (large, small) } else { (small, large) }
}

/// Implicit step: (1 + out)·ρ_j − in from the left − in from the right = old ρ_j.
#[inline(always)]
fn advance_class<T: Real>(motion: &Motion<T>, cells: &mut [T], faces: &[T], upper: &mut [T]) {
    let last = cells.len().saturating_sub(1);
    let (mut from_left, mut solved_before) = (T::ZERO, T::ZERO);
    // The diagonal without what leaves to the right. All columns sum to one, so elimination needs no subtraction
    // (Grassmann, Taksar and Heyman 1985): no cancellation, and nothing becomes negative.
    let mut kept = T::ONE;
    for (j, ((cell, &face), upper)) in cells.iter_mut().zip(faces).zip(upper.iter_mut()).enumerate() {
        // Nothing passes the outer ends.
        let (to_right, from_right) = if j == last { (T::ZERO, T::ZERO) } else { motion.fluxes(face) };
        let reciprocal = (kept + to_right).recip();
        *upper = from_right * reciprocal;
        *cell = cell.mac(from_left, solved_before) * reciprocal;
        solved_before = *cell;
        from_left = to_right;
        kept = T::ONE.mac(from_right, kept * reciprocal);
    }
    let mut after = T::ZERO;
    for (cell, &upper) in cells.iter_mut().zip(&*upper).rev() {
        *cell = cell.mac(upper, after);
        after = *cell;
    }
}
