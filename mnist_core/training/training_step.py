"""The training step: a stretch of batches drawn, augmented and learnt from in one graph.

The network, its loss and its optimizer are Keras' own, and so are the gradients, up to
rounding. What differs is the work: a network that is a plain chain of layers is run in the way
that costs least, and Adam by TensorFlow's own kernel.
"""

from __future__ import annotations

import collections
import functools
import itertools
from collections.abc import Callable, Iterator

import keras
import numpy as np
import tensorflow as tf

from mnist_core.datasets import Images, Labels
from mnist_core.recipes import CLASSES, Recipe
from mnist_core.training import augmentation

Function = Callable[[tf.Tensor], tf.Tensor]


def stepper(
    model: keras.Model,
    recipe: Recipe,
    images: Images,
    labels: Labels,
    loss: keras.losses.Loss,
    generator: tf.random.Generator,
) -> Callable[[tf.Tensor, int, int], tuple[tf.Tensor, tf.Tensor]]:
    """A graph that runs the batches from one step up to another over the shuffled samples.

    Args:
        model: compiled, its optimizer built.
        images, labels: uint8 (n, 28, 28) and (n,). The label 10, of a drawing that is no
            digit, stands for all ten alike; it needs a categorical loss.
        loss: a cross-entropy of probabilities.
        generator: of the augmentation's random numbers.

    Returns:
        A function of the samples' order, int32 (n,), a first step and the one after the
        last. It gives the sum of the losses and the number of samples read right.
    """
    # Long because what is traced into one graph closes over all that stands before it.
    pixels = tf.constant(images)
    digits = tf.constant(labels.astype(np.int32))
    augment = (
        augmentation.augmenter(recipe.augmentation, generator)
        if any(recipe.augmentation.values())
        else None
    )
    one_hot = isinstance(loss, keras.losses.CategoricalCrossentropy)
    targets = tf.constant(np.vstack([np.eye(CLASSES), np.full(CLASSES, 1 / CLASSES)]), tf.float32)
    variables, batch = model.trainable_variables, recipe.batch_size
    forward, apply = TrainingPass(model), _applier(model.optimizer, variables)
    if forward.gives_logits:
        loss = type(loss).from_config({**loss.get_config(), "from_logits": True})

    @tf.function(
        input_signature=[
            tf.TensorSpec((None,), tf.int32),
            tf.TensorSpec((), tf.int32),
            tf.TensorSpec((), tf.int32),
        ]
    )
    def run(shuffled: tf.Tensor, start: tf.Tensor, stop: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        # In double precision: how an epoch is cut into calls, by time, is not seen in its mean.
        total, right = tf.constant(0.0, tf.float64), tf.constant(0)
        for step in tf.range(start, stop):
            chosen = shuffled[step * batch : (step + 1) * batch]
            x = tf.cast(tf.gather(pixels, chosen), tf.float32) / 255.0
            y = tf.gather(digits, chosen)
            if augment:
                x = augment(x)
            x = tf.ensure_shape(x, (None, 28, 28))
            with tf.GradientTape() as tape:
                given = forward(x)
                value = loss(tf.gather(targets, y) if one_hot else y, given)
                for penalty in model.losses:
                    value += penalty
            gradients = tape.gradient(value, variables)
            # Begun while a half is still busy, an update would take its core away from it.
            first = [one for one in gradients if one is not None] if forward.in_halves else []
            with tf.control_dependencies(first):
                apply(gradients)
            total += tf.cast(value, tf.float64) * tf.cast(tf.shape(y)[0], tf.float64)
            guessed = tf.argmax(given, axis=1, output_type=tf.int32)
            right += tf.reduce_sum(tf.cast(guessed == y, tf.int32))
        return total, right

    return lambda shuffled, start, stop: run(shuffled, tf.constant(start), tf.constant(stop))


class TrainingPass:
    """What `model(x, training=True)` gives, at less cost.

    - ReLU comes after max-pooling: the largest of four numbers is as far above zero either
      way, and there are a quarter as many to compare and to go through again for gradients.
    - Rows and columns that pooling drops, being odd, are not computed in the first place.
    - Where all layers are dense, a batch goes in two halves, beside each other on two cores.
    - A softmax at the end is left to the loss.

    Attributes:
        gives_logits: instead of probabilities.
        in_halves: whether the batch is divided.
    """

    def __init__(self, model: keras.Model) -> None:
        layers = _chain(model)
        if not layers:
            self._functions: list[Function] = [functools.partial(model, training=True)]
            self.gives_logits = self.in_halves = False
            return
        self._functions = list(_functions(layers))
        self.gives_logits = _ends_in_softmax(layers[-1])
        self.in_halves = all(map(_takes_samples_apart, layers))

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        """From float32 (n, 28, 28) to (n, 10)."""
        if not self.in_halves:
            return self._through(x)
        middle = tf.shape(x)[0] // 2
        return tf.concat([self._through(x[:middle]), self._through(x[middle:])], axis=0)

    def _through(self, x: tf.Tensor) -> tf.Tensor:
        return functools.reduce(lambda flow, function: function(flow), self._functions, x)


def _chain(model: keras.Model) -> list[keras.layers.Layer]:
    """The layers of a network in which one follows the other, or none."""
    layers = list(model.layers)
    if type(model) is keras.Sequential:
        return layers
    if not type(model).__module__.startswith("keras."):
        return []  # a class of its own may do anything with its layers
    in_a_chain = isinstance(next(iter(layers), None), keras.layers.InputLayer) and all(
        layer.input is before.output for before, layer in itertools.pairwise(layers)
    )
    return layers[1:] if in_a_chain else []


def _functions(layers: list[keras.layers.Layer]) -> Iterator[Function]:
    """A chain's layers as functions, to be applied one after the other."""
    convolutional = itertools.dropwhile(
        lambda layer: type(layer) is not keras.layers.Conv2D, layers
    )
    local = list(itertools.takewhile(_is_local, convolutional))
    rest = collections.deque(layers)
    while rest:
        layer = rest.popleft()
        if local and layer is local[0]:
            yield functools.partial(_top_left, *_sides_that_count(local))
        if _relu_can_wait(layer) and rest and type(rest[0]) is keras.layers.MaxPooling2D:
            yield functools.partial(_relu_last, layer, rest.popleft())
        elif not rest and _ends_in_softmax(layer):
            yield functools.partial(_logits, layer)
        else:
            yield functools.partial(layer, training=True)


def _takes_samples_apart(layer: keras.layers.Layer) -> bool:
    """Whether it is of a kind that takes each sample by itself, its products on one core."""
    if type(layer) is keras.layers.Dropout:
        return layer.noise_shape is None
    dense = type(layer) in (keras.layers.Flatten, keras.layers.Dense)
    return dense and not _has_a_penalty(layer)


def _is_local(layer: keras.layers.Layer) -> bool:
    """Whether each place of its output depends on a window of its input, without padding."""
    if type(layer) is keras.layers.Conv2D:
        fits = layer.strides == layer.dilation_rate == (1, 1) and not _has_a_penalty(layer)
    elif type(layer) is keras.layers.MaxPooling2D:
        fits = layer.strides == layer.pool_size
    else:
        return type(layer) is keras.layers.Dropout and layer.noise_shape is None
    return fits and layer.padding == "valid" and layer.data_format == "channels_last"


def _sides_that_count(local: list[keras.layers.Layer]) -> tuple[int, int]:
    """Rows and columns of the first layer's input on which the last one's output depends."""
    rows, columns = local[-1].output.shape[1:3]
    for layer in reversed(local):
        if type(layer) is keras.layers.Conv2D:
            rows, columns = rows + layer.kernel_size[0] - 1, columns + layer.kernel_size[1] - 1
        elif type(layer) is keras.layers.MaxPooling2D:
            rows, columns = rows * layer.pool_size[0], columns * layer.pool_size[1]
    return rows, columns


def _top_left(rows: int, columns: int, maps: tf.Tensor) -> tf.Tensor:
    return maps[:, :rows, :columns]


def _relu_can_wait(layer: keras.layers.Layer) -> bool:
    return (
        type(layer) is keras.layers.Conv2D
        and layer.activation is keras.activations.relu
        and not _has_a_penalty(layer)
        and layer.data_format == "channels_last"
        and layer.compute_dtype == layer.variable_dtype
    )


def _relu_last(
    convolution: keras.layers.Conv2D, pooling: keras.layers.MaxPooling2D, x: tf.Tensor
) -> tf.Tensor:
    x = tf.cast(x, convolution.compute_dtype)
    pooled = pooling(convolution.convolution_op(x, convolution.kernel))
    if convolution.use_bias:
        pooled = tf.nn.bias_add(pooled, convolution.bias)
    return tf.nn.relu(pooled)


def _ends_in_softmax(layer: keras.layers.Layer) -> bool:
    return (
        type(layer) is keras.layers.Dense
        and layer.activation is keras.activations.softmax
        and not _has_a_penalty(layer)
    )


def _logits(dense: keras.layers.Dense, x: tf.Tensor) -> tf.Tensor:
    product = tf.matmul(tf.cast(x, dense.compute_dtype), dense.kernel)
    return tf.nn.bias_add(product, dense.bias) if dense.use_bias else product


def _has_a_penalty(layer: keras.layers.Layer) -> bool:
    """Whether it adds something to the loss that depends on all that it gives."""
    return getattr(layer, "activity_regularizer", None) is not None


def _applier(
    optimizer: keras.optimizers.Optimizer, variables: list[keras.Variable]
) -> Callable[[list[tf.Tensor]], None]:
    """A function that takes gradients and changes the variables as the optimizer would.

    Keras writes Adam in a dozen small operations for each variable, which cost a small network
    more than its gradients do. TensorFlow's own kernel does the same in one.
    """
    options = (
        "weight_decay",
        "clipnorm",
        "clipvalue",
        "global_clipnorm",
        "use_ema",
        "amsgrad",
        "loss_scale_factor",
        "gradient_accumulation_steps",
    )
    if type(optimizer) is not keras.optimizers.Adam or any(
        getattr(optimizer, name, None) for name in options
    ):
        return lambda gradients: optimizer.apply(gradients, variables)

    def apply(gradients: list[tf.Tensor]) -> None:
        step = tf.cast(optimizer.iterations.value, tf.float32) + 1.0
        for variable, m, v, gradient in zip(
            variables, optimizer._momentums, optimizer._velocities, gradients, strict=True
        ):
            if gradient is None:
                continue
            tf.raw_ops.ResourceApplyAdam(
                var=variable.value.handle,
                m=m.value.handle,
                v=v.value.handle,
                beta1_power=optimizer.beta_1**step,
                beta2_power=optimizer.beta_2**step,
                lr=tf.cast(optimizer.learning_rate, tf.float32),
                beta1=optimizer.beta_1,
                beta2=optimizer.beta_2,
                epsilon=optimizer.epsilon,
                grad=gradient,
            )
        optimizer.iterations.assign_add(1)

    return apply
