//! Values as those of a learned process.

use reparam::implicit::process::{self, Method, Process, Work};
use reparam::implicit::train::{self, Stop};
use reparam::implicit::{Error, Feature, Implicit, OneHot, features, speed};

use crate::kernels;

kernels! {
    one_hot_dot(feature: OneHot, w: &[T]) -> Result<T, Error> { feature.dot(w) }
    one_hot_add_to(feature: OneHot, scale: T, g: &mut [T]) -> Result<(), Error> { feature.add_to(scale, g) }
    dense_dot(feature: &[T], w: &[T]) -> Result<T, Error> { feature.dot(w) }
    dense_add_to(feature: &[T], scale: T, g: &mut [T]) -> Result<(), Error> { feature.add_to(scale, g) }
    radial(x: &[T], centers: &[T], scales: &[T], phi: &mut [T]) -> Result<(), Error> {
        features::radial(x, centers, scales, phi)
    }
}

kernels! {
    process_new(n: usize, actions: usize, eta: T, method: Method<T>) -> Result<Process<T>, Error> {
        Process::new(n, actions, eta, method)
    }
    process_states(process: &Process<T>) -> usize { process.states() }
    process_actions(process: &Process<T>) -> usize { process.actions() }
    process_eta(process: &Process<T>) -> T { process.eta() }
    process_logits_len(process: &Process<T>) -> usize { process.logits_len() }
    process_rewards_len(process: &Process<T>) -> usize { process.rewards_len() }
    process_values(process: &Process<T>, logits: &[T], rewards: &[T], work: &mut Work<'_, T>) -> Result<(), Error> {
        process.values(logits, rewards, work)
    }
    process_adjoint(process: &Process<T>, work: &mut Work<'_, T>) -> Result<(), Error> { process.adjoint(work) }
    process_descend(
        process: &Process<T>, logits: &mut [T], rewards: &mut [T], work: &Work<'_, T>, rate: T,
    ) -> Result<(), Error> {
        process.descend(logits, rewards, work, rate)
    }
    process_transitions(process: &Process<T>, work: &'static Work<'static, T>) -> &'static [T] {
        process.transitions(work)
    }
    softmax_rows(n: usize, logits: &[T], p: &mut [T]) -> Result<(), Error> { process::softmax_rows(n, logits, p) }
}

kernels! {
    implicit_new(eta: T) -> Result<Implicit<T, 5>, Error> { Implicit::new(eta) }
    implicit_from_parameters(logits: &[[T; 5]; 5], rewards: &[T; 5], eta: T) -> Result<Implicit<T, 5>, Error> {
        Implicit::from_parameters(*logits, *rewards, eta)
    }
    implicit_logits(model: &'static Implicit<T, 5>) -> &'static [[T; 5]; 5] { model.logits() }
    implicit_rewards(model: &'static Implicit<T, 5>) -> &'static [T; 5] { model.rewards() }
    implicit_values(model: &Implicit<T, 5>) -> Result<[T; 5], Error> { model.values() }
    implicit_step(model: &mut Implicit<T, 5>, state: usize, target: T, rate: T) -> Result<T, Error> {
        model.step([(OneHot(state), target)], rate)
    }
}

kernels! {
    explicit_step(w: &mut [T], batch: &[(OneHot, T)], rate: T, scratch: &mut [T], stop: Stop<T>) -> Result<T, Error> {
        train::explicit_step(w, batch.iter().copied(), rate, scratch, stop)
    }
    train_implicit_step(
        process: &Process<T>, logits: &mut [T], rewards: &mut [T], work: &mut Work<'_, T>, batch: &[(&[T], T)],
        rate: T, stop: Stop<T>,
    ) -> Result<T, Error> {
        train::implicit_step(process, logits, rewards, work, batch.iter().copied(), rate, stop)
    }
    speed_kernel(process: &Process<T>, phi: &[T], work: &mut Work<'_, T>, b: &mut [T]) -> Result<(), Error> {
        speed::kernel(process, phi, work, b)
    }
    speed_along(b: &[T], r: &[T], scratch: &mut [T]) -> Result<T, Error> { speed::along(b, r, scratch) }
    speed_spectrum_scratch_len(samples: usize, n: usize) -> usize { speed::spectrum_scratch_len(samples, n) }
    speed_spectrum(samples: usize, n: usize, b: &[T], scratch: &'static mut [T]) -> Result<&'static [T], Error> {
        speed::spectrum(samples, n, b, scratch)
    }
    speed_largest_stable_step(samples: usize, largest: T) -> T { speed::largest_stable_step(samples, largest) }
}
