//! Shuffled blocks.

use reparam::dense::Matrix;
use reparam::group_shuffle::adapter::{self, Adapter, Neurons};
use reparam::group_shuffle::analysis::{self, Cost};
use reparam::group_shuffle::format::{Factor, Header, Layout, Sign, Storage, Value};
use reparam::group_shuffle::neumann::{self, Series};
use reparam::group_shuffle::orthogonal::{self, Progress, Report};
use reparam::group_shuffle::{Blocks, Class, Permutation, projection};
use reparam::group_shuffle::{Error, Shape, Side, cayley, columns, exponential};

use crate::kernels;

// Cayley map.
kernels! {
    cayley_parameter_len(b: usize) -> usize { cayley::parameter_len(b) }
    cayley_pivot_len(b: usize) -> usize { cayley::pivot_len(b) }
    cayley_refine_scratch_len(b: usize) -> usize { cayley::refine_scratch_len(b) }
    cayley_inverse_scratch_len(b: usize) -> usize { cayley::inverse_scratch_len(b) }
    cayley_gradient_scratch_len(b: usize) -> usize { cayley::gradient_scratch_len(b) }
    cayley_block(b: usize, theta: &[T], q: &mut [T], pivots: &mut [usize]) -> Result<(), Error> {
        cayley::block(b, theta, q, pivots)
    }
    cayley_blocks(shape: Shape, theta: &[T], q: &mut [T], pivots: &mut [usize]) -> Result<(), Error> {
        cayley::blocks(shape, theta, q, pivots)
    }
    cayley_refine(shape: Shape, q: &mut [T], scratch: &mut [T]) -> Result<T, Error> {
        cayley::refine(shape, q, scratch)
    }
    cayley_inverse(
        b: usize, q: &[T], theta: &mut [T], scratch: &mut [T], pivots: &mut [usize],
    ) -> Result<T, Error> {
        cayley::inverse(b, q, theta, scratch, pivots)
    }
    cayley_inverses(
        shape: Shape, q: &[T], theta: &mut [T], scratch: &mut [T], pivots: &mut [usize],
    ) -> Result<T, Error> {
        cayley::inverses(shape, q, theta, scratch, pivots)
    }
    cayley_gradient(
        b: usize, q: &[T], g: &[T], theta_gradient: &mut [T], scratch: &mut [T],
    ) -> Result<(), Error> {
        cayley::gradient(b, q, g, theta_gradient, scratch)
    }
    cayley_gradients(
        shape: Shape, q: &[T], g: &[T], theta_gradient: &mut [T], scratch: &mut [T],
    ) -> Result<(), Error> {
        cayley::gradients(shape, q, g, theta_gradient, scratch)
    }
    cayley_matrix_4(theta: &[T; 6]) -> Result<Matrix<T, 4, 4>, Error> { cayley::matrix(theta) }
    cayley_matrix_8(theta: &[T; 28]) -> Result<Matrix<T, 8, 8>, Error> { cayley::matrix(theta) }
    cayley_matrix_into_8(theta: &[T; 28], q: &mut Matrix<T, 8, 8>) -> Result<(), Error> {
        cayley::matrix_into(theta, q)
    }
    cayley_inverse_matrix_8(q: &Matrix<T, 8, 8>) -> Result<[T; 28], Error> { cayley::inverse_matrix(q) }
    cayley_gradient_matrix_8(q: &Matrix<T, 8, 8>, g: &Matrix<T, 8, 8>) -> [T; 28] {
        cayley::gradient_matrix(q, g)
    }
}

// Truncated Neumann series, exponential.
kernels! {
    series_new(terms: usize) -> Result<Series, Error> { Series::new(terms) }
    series_peft(setting: usize) -> Series { Series::peft(setting) }
    series_degree(series: Series) -> usize { series.degree() }
    series_orthogonality_bound(series: Series, theta: &[T]) -> T { series.orthogonality_bound(theta) }
    series_cayley_bound(series: Series, theta: &[T]) -> T { series.cayley_bound(theta) }
    neumann_scratch_len(b: usize) -> usize { neumann::scratch_len(b) }
    neumann_block(
        b: usize, theta: &[T], series: Series, q: &mut [T], scratch: &mut [T],
    ) -> Result<T, Error> {
        neumann::block(b, theta, series, q, scratch)
    }
    neumann_matrix_4(theta: &[T; 6], series: Series) -> Result<(Matrix<T, 4, 4>, T), Error> {
        neumann::matrix(theta, series)
    }
    exponential_block(b: usize, theta: &[T], q: &mut [T]) -> Result<(), Error> {
        exponential::block(b, theta, q)
    }
    exponential_blocks(shape: Shape, theta: &[T], q: &mut [T]) -> Result<(), Error> {
        exponential::blocks(shape, theta, q)
    }
    exponential_matrix_4(theta: &[T; 6]) -> Result<Matrix<T, 4, 4>, Error> { exponential::matrix(theta) }
}

use reparam::group_shuffle::convolution::{
    self, FilterShape, LayerShape, PairOrder, activation, channels, filter, layer,
};

// Convolutions.
kernels! {
    convolution_filter_shape_new(channels: usize, groups: usize, kernel: usize) -> Result<FilterShape, Error> {
        FilterShape::new(channels, groups, kernel)
    }
    convolution_filter_shape_sizes(shape: FilterShape) -> [usize; 7] {
        [
            shape.groups(),
            shape.group_channels(),
            shape.channels(),
            shape.kernel(),
            shape.group_len(),
            shape.len(),
            shape.scratch_len(),
        ]
    }
    convolution_filter_shape_is_empty(shape: FilterShape) -> bool { shape.is_empty() }
    convolution_filter_skew(shape: FilterShape, m: &[T], filter: &mut [T]) -> Result<(), Error> {
        filter::skew(shape, m, filter)
    }
    convolution_filter_norm_bound(
        shape: FilterShape, filter: &[T], iterations: usize, scratch: &mut [T],
    ) -> Result<T, Error> {
        filter::norm_bound(shape, filter, iterations, scratch)
    }
    convolution_filter_normalize(
        shape: FilterShape, norm: T, iterations: usize, filter: &mut [T], scratch: &mut [T],
    ) -> Result<(), Error> {
        filter::normalize(shape, norm, iterations, filter, scratch)
    }
    convolution_exponential_scratch_len(shape: FilterShape, height: usize, width: usize) -> usize {
        convolution::exponential::scratch_len(shape, height, width)
    }
    convolution_exponential_tail_bound(norm: T, terms: usize) -> T { convolution::exponential::tail_bound(norm, terms) }
    convolution_exponential_apply(
        shape: (FilterShape, [usize; 2]), filter: &[T], terms: usize, x: &mut [T], scratch: &mut [T],
    ) -> Result<(), Error> {
        let (shape, [height, width]) = shape;
        convolution::exponential::apply(shape, height, width, filter, terms, x, scratch)
    }
    convolution_exponential_apply_transpose(
        shape: (FilterShape, [usize; 2]), filter: &[T], terms: usize, x: &mut [T], scratch: &mut [T],
    ) -> Result<(), Error> {
        let (shape, [height, width]) = shape;
        convolution::exponential::apply_transpose(shape, height, width, filter, terms, x, scratch)
    }
    convolution_channels_shuffle(
        shuffle: Shuffle, plane: usize, x: &[T], y: &mut [T],
    ) -> Result<(), Error> {
        channels::shuffle(shuffle, plane, x, y)
    }
    convolution_channels_space_to_depth(
        shape: [usize; 3], stride: usize, x: &[T], y: &mut [T],
    ) -> Result<(), Error> {
        channels::space_to_depth(shape, stride, x, y)
    }
    convolution_channels_depth_to_space(
        shape: [usize; 3], stride: usize, y: &[T], x: &mut [T],
    ) -> Result<(), Error> {
        channels::depth_to_space(shape, stride, y, x)
    }
    convolution_channels_resize(plane: usize, x: &[T], y: &mut [T]) -> Result<(), Error> {
        channels::resize(plane, x, y)
    }
    convolution_activation_max_min_permuted(order: PairOrder, plane: usize, x: &mut [T]) -> Result<(), Error> {
        activation::max_min_permuted(order, plane, x)
    }
    convolution_layer_shape_new(
        sizes: ([usize; 2], [usize; 2]), kernel: usize, stride: usize, groups: [usize; 2], paired: bool,
    ) -> Result<LayerShape, Error> {
        LayerShape::new(sizes.0, sizes.1, kernel, stride, groups, paired)
    }
    convolution_layer_shape_filters(shape: LayerShape) -> [FilterShape; 2] { [shape.first(), shape.second()] }
    convolution_layer_shape_sizes(shape: LayerShape) -> [usize; 3] {
        [shape.input_len(), shape.output_len(), shape.scratch_len()]
    }
    convolution_layer_apply(
        shape: LayerShape, filters: (&[T], &[T]), terms: usize, x: &[T], y: &mut [T], scratch: &mut [T],
    ) -> Result<(), Error> {
        layer::apply(shape, [filters.0, filters.1], terms, x, y, scratch)
    }
    convolution_layer_apply_transpose(
        shape: LayerShape, filters: (&[T], &[T]), terms: usize, y: &[T], x: &mut [T], scratch: &mut [T],
    ) -> Result<(), Error> {
        layer::apply_transpose(shape, [filters.0, filters.1], terms, y, x, scratch)
    }
}

// Projection onto the class.
kernels! {
    permutation_new(targets: &'static [usize], seen: &mut [bool]) -> Result<Permutation<'static>, Error> {
        Permutation::new(targets, seen)
    }
    class_new(blocks: [Blocks; 2], permutations: [Permutation<'static>; 3]) -> Result<Class<'static>, Error> {
        let ([left, right], [rows, middle, columns]) = (blocks, permutations);
        Class::new(left, right, rows, middle, columns)
    }
    permutation_parts(permutation: Permutation<'static>, len: usize, i: usize) -> [usize; 2] {
        let identity = Permutation::identity(len);
        [
            permutation.len() + usize::from(permutation.is_empty()),
            permutation.target(i) + identity.target(i),
        ]
    }
    class_parts(class: Class<'static>, i: usize) -> [usize; 8] {
        let (left, right) = (class.left(), class.right());
        [
            left.len() + usize::from(left.is_empty()),
            right.len() + usize::from(right.is_empty()),
            class.rows(),
            class.cols(),
            class.inner(),
            class.row(i),
            class.column(i),
            class.middle(i),
        ]
    }
    class_slots(class: Class<'static>, i: usize, j: usize) -> usize {
        class.slots(i, j).fold(0, |sum, (column, row)| sum ^ column ^ row)
    }
    class_shuffle(shape: Shape) -> Result<Class<'static>, Error> { Class::shuffle(shape) }
    class_shuffle_return(shape: Shape) -> Result<Class<'static>, Error> { Class::shuffle_return(shape) }
    class_rank(class: Class<'static>, i: usize, j: usize) -> usize { class.rank(i, j) }
    class_rank_map(class: Class<'static>, ranks: &mut [usize]) -> Result<(), Error> { class.rank_map(ranks) }
    projection_scratch_len(left: Blocks, right: Blocks) -> usize {
        projection::scratch_len(left, right).max(projection::block_scratch_len(left, right))
    }
    projection_project(
        class: Class<'static>, a: &[T], l: &mut [T], r: &mut [T], scratch: &mut [T],
    ) -> Result<T, Error> {
        projection::project(class, a, l, r, scratch)
    }
    projection_block(
        class: Class<'static>, place: [usize; 2], a: &[T], columns: &mut [T], rows: &mut [T], scratch: &mut [T],
    ) -> Result<T, Error> {
        projection::block(class, place[0], place[1], a, columns, rows, scratch)
    }
    projection_place(
        class: Class<'static>, place: [usize; 2], columns: &[T], rows: &[T], l: &mut [T], r: &mut [T],
    ) -> Result<(), Error> {
        projection::place(class, place[0], place[1], columns, rows, l, r)
    }
    projection_product(class: Class<'static>, l: &[T], r: &[T], a: &mut [T]) -> Result<(), Error> {
        projection::product(class, l, r, a)
    }
}

// Header of the stored format.
kernels! {
    words(layout: Layout, storage: Storage, sign: Sign, factor: Factor, side: Side) -> [&'static str; 5] {
        [layout.word(), storage.word(), sign.word(), factor.word(), side.word()]
    }
    header_new(shape: Shape) -> Header { Header::new(shape) }
    header_len(header: &Header) -> (usize, bool) { (header.len(), header.is_empty()) }
    header_entries(header: &Header) -> [(&'static str, Value); 10] { header.entries() }
    header_parse(entries: &[(&'static str, &'static str)]) -> Result<Header, Error> {
        Header::parse(entries.iter().copied())
    }
    header_require(header: &Header, expected: &Header) -> Result<(), Error> { header.require(expected) }
    header_normalize(header: Header, values: &mut [T]) -> Result<Header, Error> { header.normalize(values) }
}

// Columns of a matrix, adapters.
kernels! {
    columns_scratch_len(shape: Shape) -> usize { columns::scratch_len(shape) }
    columns_apply(
        shape: Shape, count: usize, blocks: &[T], x: &mut [T], scratch: &mut [T],
    ) -> Result<(), Error> {
        columns::apply(shape, count, blocks, x, scratch)
    }
    columns_apply_transpose(
        shape: Shape, count: usize, blocks: &[T], x: &mut [T], scratch: &mut [T],
    ) -> Result<(), Error> {
        columns::apply_transpose(shape, count, blocks, x, scratch)
    }
    adapter_scratch_len(block: usize) -> usize { adapter::scratch_len(block) }
    adapter_of(shape: Shape, blocks: &'static [T], side: Side, outputs: usize) -> Result<Adapter<'static, T>, Error> {
        Adapter::new(shape, blocks, side, outputs)
    }
    adapter_with_output(
        adapter: &Adapter<'static, T>, shape: Shape, blocks: &'static [T],
    ) -> Result<Adapter<'static, T>, Error> {
        adapter.with_output(shape, blocks)
    }
    adapter_with_scale(
        adapter: &Adapter<'static, T>, scale: &'static [T],
    ) -> Result<Adapter<'static, T>, Error> {
        adapter.with_scale(scale)
    }
    adapter_merge(
        adapter: &Adapter<'static, T>, neurons: Neurons, weight: &mut [T], scratch: &mut [T],
    ) -> Result<(), Error> {
        adapter.merge(neurons, weight, scratch)
    }
    adapter_unmerge(
        adapter: &Adapter<'static, T>, neurons: Neurons, weight: &mut [T], scratch: &mut [T],
    ) -> Result<(), Error> {
        adapter.unmerge(neurons, weight, scratch)
    }
    adapter_forward(
        adapter: &Adapter<'static, T>, neurons: Neurons, weight: &[T], x: &mut [T], y: &mut [T], scratch: &mut [T],
    ) -> Result<(), Error> {
        adapter.forward(neurons, weight, x, y, scratch)
    }
    adapter_rotate_input(adapter: &Adapter<'static, T>, x: &mut [T], scratch: &mut [T]) -> Result<(), Error> {
        adapter.rotate_input(x, scratch)
    }
    adapter_finish_output(adapter: &Adapter<'static, T>, y: &mut [T], scratch: &mut [T]) -> Result<(), Error> {
        adapter.finish_output(y, scratch)
    }
    adapter_scratch(adapter: &Adapter<'static, T>) -> usize { adapter.scratch_len() }
}

use reparam::group_shuffle::online::{self, Rate};
use reparam::group_shuffle::{DriftGuard, GroupShuffle, Shuffle, apply, backward};

// Sizes, shuffles, products, gradients, online steps.
kernels! {
    shape_new(block: usize, blocks: usize, factors: usize) -> Result<Shape, Error> {
        Shape::new(block, blocks, factors)
    }
    shape_sizes(shape: Shape) -> [usize; 6] {
        [shape.block(), shape.blocks(), shape.factors(), shape.dim(), shape.block_len(), shape.parameter_len()]
    }
    shape_addresses(shape: Shape, factor: usize) -> usize { shape.addresses(factor).fold(0, |sum, x| sum ^ x) }
    shuffle_new(groups: usize, len: usize) -> Result<Shuffle, Error> { Shuffle::new(groups, len) }
    shuffle_paired(groups: usize, len: usize) -> Result<Shuffle, Error> { Shuffle::paired(groups, len) }
    shuffle_sizes(shuffle: Shuffle) -> (usize, usize, bool) {
        (shuffle.len(), shuffle.groups(), shuffle.is_empty())
    }
    shuffle_target(shuffle: Shuffle, i: usize) -> usize { shuffle.target(i) }
    shuffle_inverse(shuffle: Shuffle) -> Shuffle { shuffle.inverse() }
    shuffle_targets(shuffle: Shuffle) -> usize { shuffle.targets().fold(0, |sum, x| sum ^ x) }
    shuffle_apply(shuffle: Shuffle, x: &[T], y: &mut [T]) -> Result<(), Error> { shuffle.apply(x, y) }

    apply_scratch_len(shape: Shape) -> usize { apply::scratch_len(shape) }
    apply_apply(shape: Shape, blocks: &[T], x: &mut [T], scratch: &mut [T]) -> Result<(), Error> {
        apply::apply(shape, blocks, x, scratch)
    }
    apply_apply_transpose(shape: Shape, blocks: &[T], x: &mut [T], scratch: &mut [T]) -> Result<(), Error> {
        apply::apply_transpose(shape, blocks, x, scratch)
    }
    apply_read_shuffled(shape: Shape, x: &[T], y: &mut [T]) -> Result<(), Error> {
        apply::read_shuffled(shape, x, y)
    }
    apply_write_shuffled(shape: Shape, x: &[T], y: &mut [T]) -> Result<(), Error> {
        apply::write_shuffled(shape, x, y)
    }
    columns_materialise(shape: Shape, blocks: &[T], matrix: &mut [T], scratch: &mut [T]) -> Result<(), Error> {
        columns::materialise(shape, blocks, matrix, scratch)
    }
    matrix_orthogonality_error(shape: Shape, blocks: &[T]) -> T { reparam::group_shuffle::orthogonality_error(shape, blocks) }
    backward_scratch_len(shape: Shape) -> usize { backward::scratch_len(shape) }
    backward_backward(
        shape: Shape, blocks: &[T], vectors: (&mut [T], &mut [T]), gradients: &mut [T], scratch: &mut [T],
    ) -> Result<(), Error> {
        backward::backward(shape, blocks, vectors.0, vectors.1, gradients, scratch)
    }
    online_scratch_len(shape: Shape) -> usize { online::scratch_len(shape) }
    online_rank_two(b: usize, q: &mut [T], inputs: [&[T]; 2], outputs: [&[T]; 2], eta: T) -> Result<(), Error> {
        let ([s, w], [p, g]) = (inputs, outputs);
        online::rank_two(b, q, s, p, g, w, eta)
    }
    online_step(
        shape: Shape, blocks: &mut [T], vectors: (&mut [T], &mut [T]), rate: Rate<T>, scratch: &mut [T],
    ) -> Result<(), Error> {
        online::step(shape, blocks, vectors.0, vectors.1, rate, scratch)
    }
}

type Rotation12<T> = GroupShuffle<T, 3, 4, 3>;

// The same with sizes known to the compiler.
kernels! {
    own_tolerance() -> T { Rotation12::<T>::tolerance() }
    own_identity() -> Rotation12<T> { GroupShuffle::identity() }
    own_from_blocks(blocks: [[[[T; 3]; 3]; 4]; 3]) -> Result<Rotation12<T>, Error> {
        GroupShuffle::from_blocks(blocks)
    }
    own_from_blocks_within(blocks: [[[[T; 3]; 3]; 4]; 3], tolerance: T) -> Result<Rotation12<T>, Error> {
        GroupShuffle::from_blocks_within(blocks, tolerance)
    }
    own_from_slice(blocks: &[T]) -> Result<Rotation12<T>, Error> { GroupShuffle::from_slice(blocks) }
    own_blocks(matrix: &Rotation12<T>) -> &[[[[T; 3]; 3]; 4]; 3] { matrix.blocks() }
    own_as_slice(matrix: &Rotation12<T>) -> usize { matrix.as_slice().len() }
    own_apply(matrix: &Rotation12<T>, x: &mut [[T; 3]; 4]) { matrix.apply(x) }
    own_apply_transpose(matrix: &Rotation12<T>, x: &mut [[T; 3]; 4]) { matrix.apply_transpose(x) }
    own_apply_64x8(matrix: &GroupShuffle<T, 8, 8, 2>, x: &mut [[T; 8]; 8]) { matrix.apply(x) }
    own_apply_transpose_64x8(matrix: &GroupShuffle<T, 8, 8, 2>, x: &mut [[T; 8]; 8]) { matrix.apply_transpose(x) }
    own_orthogonality_error(matrix: &Rotation12<T>) -> T { matrix.orthogonality_error() }
    own_backward(
        matrix: &Rotation12<T>, y: &mut [[T; 3]; 4], g: &mut [[T; 3]; 4], gradients: &mut [[[[T; 3]; 3]; 4]; 3],
    ) {
        matrix.backward(y, g, gradients)
    }
    own_step(
        matrix: &mut Rotation12<T>, y: &mut [[T; 3]; 4], g: &mut [[T; 3]; 4], rate: Rate<T>,
    ) -> Result<(), Error> {
        matrix.step(y, g, rate)
    }
    own_step_64x8(
        matrix: &mut GroupShuffle<T, 8, 8, 2>, y: &mut [[T; 8]; 8], g: &mut [[T; 8]; 8], rate: Rate<T>,
    ) -> Result<(), Error> {
        matrix.step(y, g, rate)
    }
    own_clean_up(matrix: &mut Rotation12<T>) { matrix.clean_up() }
    own_guard(matrix: &mut Rotation12<T>, guard: &mut DriftGuard, steps: u32) { matrix.guard(guard, steps) }
}

// Nearest orthogonal member.
kernels! {
    orthogonal_scratch_len(shape: Shape) -> [usize; 2] {
        [orthogonal::scratch_len(shape), orthogonal::workspace_len(shape)]
    }
    orthogonal_progress(squares: T, tolerance: T, overlap: T) -> bool {
        Progress::new(squares, tolerance).step(overlap).is_break()
    }
    orthogonal_project(
        shape: Shape, a: &[T], limits: (usize, T), blocks: &mut [T], workspace: &mut [T], scratch: &mut [T],
    ) -> Result<Report<T>, Error> {
        orthogonal::project(shape, a, limits.0, limits.1, blocks, workspace, scratch)
    }
    orthogonal_start(shape: Shape, a: &[T], blocks: &mut [T], scratch: &mut [T]) -> Result<(), Error> {
        orthogonal::start(shape, a, blocks, scratch)
    }
    orthogonal_finish_start(shape: Shape, blocks: &mut [T], scratch: &mut [T]) -> Result<(), Error> {
        orthogonal::finish_start(shape, blocks, scratch)
    }
    orthogonal_sweep(
        shape: Shape, a: &[T], blocks: &mut [T], workspace: &mut [T], scratch: &mut [T],
    ) -> Result<T, Error> {
        orthogonal::sweep(shape, a, blocks, workspace, scratch)
    }
    orthogonal_half_step(
        shape: Shape, which: (usize, Option<usize>), target: &[T], blocks: &mut [T], scratch: &mut [T],
    ) -> Result<T, Error> {
        orthogonal::half_step(shape, which.0, which.1, target, blocks, scratch)
    }
    orthogonal_block(
        shape: Shape, which: (usize, Option<usize>, usize), target: &[T], blocks: &[T], q: &mut [T], scratch: &mut [T],
    ) -> Result<T, Error> {
        orthogonal::block(shape, which.0, which.1, which.2, target, blocks, q, scratch)
    }
    orthogonal_distance(shape: Shape, a: &[T], blocks: &[T], scratch: &mut [T]) -> Result<T, Error> {
        orthogonal::distance(shape, a, blocks, scratch)
    }
    orthogonal_column_distance(
        shape: Shape, a: &[T], blocks: &[T], column: usize, scratch: &mut [T],
    ) -> Result<T, Error> {
        orthogonal::column_distance(shape, a, blocks, column, scratch)
    }
}

// Analysis.
kernels! {
    analysis_factors_for_density(block: usize, blocks: usize) -> [Option<usize>; 2] {
        [analysis::factors_for_density(block, blocks), analysis::butterfly_factors_for_density(blocks)]
    }
    analysis_spread(shape: Shape, factor: usize, reached: &mut [bool]) {
        analysis::spread(shape.block(), shape.addresses(factor), reached);
    }
    analysis_butterfly_places(block: usize, blocks: usize, factor: usize, reached: &mut [bool]) -> Result<(), Error> {
        analysis::spread(block, analysis::butterfly_places(block, blocks, factor)?, reached);
        Ok(())
    }
    analysis_pattern(shape: Shape, column: usize, reached: &mut [bool]) -> Result<(), Error> {
        analysis::pattern(shape, column, reached)
    }
    analysis_fill(shape: Shape, reached: &mut [bool]) -> Result<usize, Error> { analysis::fill(shape, reached) }
    analysis_components(shape: Shape, part: &mut [usize], sizes: &mut [usize]) -> Result<usize, Error> {
        analysis::components(shape, part, sizes)
    }
    analysis_partial_isometry_error(
        class: Class<'static>, place: [usize; 2], a: &[T], scratch: &mut [T],
    ) -> Result<T, Error> {
        analysis::partial_isometry_error(class, place[0], place[1], a, scratch)
    }
    cost_group_shuffle(shape: Shape) -> Cost { Cost::group_shuffle(shape) }
    cost_others(block: usize, blocks: usize, factors: usize) -> Result<[Cost; 3], Error> {
        Ok([
            Cost::block_diagonal(block, blocks)?,
            Cost::butterfly(block, blocks, factors)?,
            Cost::dense(blocks)?,
        ])
    }
}
