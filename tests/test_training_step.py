"""The training step: whatever it saves, the network learns what Keras would teach it."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, example, given, reject, settings
from hypothesis import strategies as st
from keras import layers

from mnist_core import datasets
from mnist_core.networks import architectures
from mnist_core.recipes import RECIPES, Recipe, dense, dropout
from mnist_core.training import loop, training_step


def shaken(model, seed=0):
    """The model with biases that are not all zero, and no dropout."""
    for layer in model.layers:
        if isinstance(layer, layers.Dropout):
            layer.rate = 0.0
    rng = np.random.default_rng(seed)
    for variable in model.trainable_variables:
        variable.assign_add(rng.normal(0, 0.05, variable.shape))
    return model


def compare(model, x, y):
    """Probabilities, loss and gradients must be those of the model itself."""
    ours = training_step.TrainingPass(model)
    found = []
    for forward in (lambda x: model(x, training=True), ours):
        with tf.GradientTape() as tape:
            given = forward(tf.constant(x))
            if forward is ours and ours.gives_logits:
                given = tf.nn.softmax(given)
            loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(y, given))
        gradients = tape.gradient(loss, model.trainable_variables)
        found.append([given, loss, *gradients])
    for usual, here in zip(*found, strict=True):
        np.testing.assert_allclose(here, usual, atol=2e-5, rtol=1e-4)


@pytest.mark.parametrize("name", ["keras-convnet", "cnn", "report-ann", "rnn"])
@pytest.mark.parametrize("count", [1, 2, 33])
def test_the_pass_of_a_step_is_that_of_the_network(digits, name, count):
    model = shaken(architectures.build(RECIPES[name]))
    compare(model, datasets.scale(digits.x_train[:count]), digits.y_train[:count])


IMAGE = ("Reshape", {"target_shape": (28, 28, 1)})
CONV = {"filters": 2, "kernel_size": (3, 2), "activation": "relu"}
POOL = ("MaxPooling2D", {"pool_size": 2})
END = (("Flatten", {}), ("Dense", {"units": 10, "activation": "softmax"}))


@st.composite
def chains(draw):
    """Kinds of layers and their settings, of sizes that do and do not go into each other."""
    parts = [IMAGE]
    for _ in range(draw(st.integers(1, 3))):
        if draw(st.booleans()):
            strides = draw(st.sampled_from([1, 1, 2]))
            sides = st.integers(strides, 4)  # below the stride TensorFlow's gradient crashes
            settings = {
                "filters": draw(st.integers(1, 3)),
                "kernel_size": draw(st.tuples(sides, sides)),
                "strides": strides,
                "padding": draw(st.sampled_from(["valid", "valid", "same"])),
                "activation": draw(st.sampled_from(["relu", "relu", "tanh", None])),
                "use_bias": draw(st.booleans()),
            }
            parts.append(("Conv2D", settings))
        if draw(st.booleans()):
            settings = {
                "pool_size": draw(st.integers(1, 3)),
                "strides": draw(st.sampled_from([None, None, 1, 2])),
                "padding": draw(st.sampled_from(["valid", "valid", "same"])),
            }
            parts.append(("MaxPooling2D", settings))
        if draw(st.booleans()):
            parts.append(("Dropout", {"rate": 0.0}))
    parts.append((draw(st.sampled_from(["GlobalAveragePooling2D", "Flatten"])), {}))
    if draw(st.booleans()):
        parts.append(("Dense", {"units": 5, "activation": "relu"}))
    ending = draw(st.sampled_from(["softmax", "softmax", "sigmoid"]))
    parts.append(("Dense", {"units": 10, "activation": ending, "use_bias": draw(st.booleans())}))
    return parts


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example([IMAGE, ("Conv2D", CONV | {"strides": 2}), POOL, *END], 0)
@example([IMAGE, ("Conv2D", CONV), POOL, ("Conv2D", CONV | {"padding": "same"}), *END], 0)
@example([IMAGE, ("Conv2D", CONV), POOL, ("MaxPooling2D", {"strides": 3}), *END], 0)
@example([IMAGE, ("Conv2D", CONV | {"dilation_rate": 2}), POOL, *END], 0)
@example([IMAGE, POOL, ("Conv2D", CONV), POOL, ("Dropout", {"rate": 0.0}), POOL, *END], 0)
@given(parts=chains(), seed=st.integers(0, 1000))
def test_any_chain_of_layers_is_passed_as_keras_passes_it(parts, seed):
    chain = [getattr(layers, kind)(**settings) for kind, settings in parts]
    try:
        model = shaken(keras.Sequential([keras.Input((28, 28)), *chain]), seed)
    except ValueError:
        reject()  # too little of the image is left for a layer
    rng = np.random.default_rng(seed)
    compare(model, rng.random((3, 28, 28), np.float32), rng.integers(0, 10, 3))


def test_what_pooling_drops_is_not_computed():
    """Keras' example looks at 26 of the 28 rows and columns: both poolings drop an odd one."""
    ours = training_step.TrainingPass(architectures.build(RECIPES["keras-convnet"]))
    graph = tf.function(ours).get_concrete_function(tf.TensorSpec((None, 28, 28))).graph
    convolved = [op.outputs[0].shape[1:3] for op in graph.get_operations() if op.type == "Conv2D"]
    assert convolved == [(24, 24), (10, 10)]


def test_neurons_dropped_for_a_whole_batch_are_dropped_for_all_of_it():
    dropped = layers.Dropout(0.5, noise_shape=(1, 784))
    ending = layers.Dense(10, activation="softmax")
    model = keras.Sequential([keras.Input((28, 28)), layers.Flatten(), dropped, ending])
    given = training_step.TrainingPass(model)(tf.ones((4, 28, 28)))
    np.testing.assert_allclose(given, np.repeat(given[:1], 4, axis=0), atol=1e-5)


@pytest.mark.parametrize("layer", ["Dense", "Conv2D"])
def test_a_network_of_mixed_precision_is_trained_too(digits, layer):
    """Its products are in bfloat16, its weights are not: Keras casts between them."""
    mixed = keras.DTypePolicy("mixed_bfloat16")
    hidden = {
        "Dense": [layers.Dense(8, activation="relu", dtype=mixed)],
        "Conv2D": [
            layers.Reshape((28, 28, 1)),
            layers.Conv2D(3, 3, activation="relu", dtype=mixed),
            layers.MaxPooling2D(2, dtype=mixed),
            layers.Conv2D(3, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(3, 3, activation="relu", dtype=mixed),
            layers.MaxPooling2D(2),
            layers.Flatten(),
        ],
    }[layer]
    start = [keras.Input((28, 28)), layers.Flatten()]
    ending = layers.Dense(10, activation="softmax", dtype=mixed)
    model = keras.Sequential([*start, *hidden, ending])
    images, labels = digits.x_train[:64], digits.y_train[:64]
    recipe = Recipe("x", "x", (), epochs=2, batch_size=16)
    rows = loop.fit(model, recipe, (images, labels), (images, labels))
    assert rows[1]["loss"] < rows[0]["loss"]


@pytest.mark.parametrize("layer", ["Dense", "Conv2D"])
def test_a_penalty_on_what_a_layer_gives_is_learnt_from_once(digits, layer):
    """Keras divides it by the size of the batch: halves or fewer places would change it."""
    given = {"activation": "relu", "activity_regularizer": keras.regularizers.L2(0.5)}
    hidden = {
        "Dense": [layers.Flatten(), layers.Dense(8, **given)],
        "Conv2D": [
            layers.Reshape((28, 28, 1)),
            layers.Conv2D(3, 4, **given),
            layers.MaxPooling2D(2),
            layers.Flatten(),
        ],
    }[layer]
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((28, 28)), *hidden, layers.Dense(10, activation="softmax")]
    )
    x, y = datasets.scale(digits.x_train[:60]), digits.y_train[:60]
    loss = keras.losses.SparseCategoricalCrossentropy()
    model.compile(optimizer=keras.optimizers.SGD(0.0), loss=loss)
    (usual,) = model.fit(x, y, batch_size=60, verbose=0).history["loss"]
    recipe = Recipe("x", "x", (), epochs=1, batch_size=60, optimizer="sgd", learning_rate=1e-9)
    (row,) = loop.fit(model, recipe, (digits.x_train[:60], y), (x[:0], y[:0]))
    assert row["loss"] == pytest.approx(usual, rel=1e-4)


def test_adam_in_one_kernel_does_what_keras_adam_does(digits, tiny):
    class Other(keras.optimizers.Adam):
        """Any class of its own is applied as Keras wrote it."""

    def trained(kind):
        keras.utils.set_random_seed(4)
        model = architectures.build(tiny)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(architectures, "optimizer", lambda *_: kind(learning_rate=0.003))
            images, labels = digits.x_train[:300], digits.y_train[:300]
            history = loop.fit(model, tiny, (images, labels), (images[:9], labels[:9]))
        return history, model.get_weights(), int(model.optimizer.iterations)

    (history, weights, steps), (expected, others, same) = (
        trained(kind) for kind in (keras.optimizers.Adam, Other)
    )
    assert steps == same == tiny.epochs * -(-300 // tiny.batch_size)
    assert history[-1]["loss"] == pytest.approx(expected[-1]["loss"], rel=1e-4)
    for ours, keras_own in zip(weights, others, strict=True):
        assert np.allclose(ours, keras_own, atol=1e-5)


@pytest.mark.parametrize("loss", ["sparse_categorical_crossentropy", "categorical_crossentropy"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_steps_lead_where_keras_fit_leads(digits, loss, smoothing):
    """The same batches in the same order, by both ways: the same weights."""
    recipe = Recipe(
        "x",
        "x",
        (dense(12), dropout(0.0)),
        epochs=1,
        batch_size=16,
        optimizer="sgd",
        learning_rate=0.5,
        loss=loss,
        label_smoothing=smoothing,
    )
    images, labels = digits.x_train[:70], digits.y_train[:70]
    order = np.random.default_rng(7).permutation(70).astype(np.int32)
    ends = []
    for by_hand in (True, False):
        keras.utils.set_random_seed(1)
        model = architectures.build(recipe)
        kind = loop._loss(recipe)
        model.compile(optimizer=architectures.optimizer(recipe, 5), loss=kind)
        if by_hand:
            model.optimizer.build(model.trainable_variables)
            generator = tf.random.Generator.from_seed(0)
            run = training_step.stepper(model, recipe, images, labels, kind, generator)
            run(tf.constant(order), 0, 3)
            run(tf.constant(order), 3, 5)
        else:
            one_hot = isinstance(kind, keras.losses.CategoricalCrossentropy)
            y = datasets.one_hot(labels) if one_hot else labels
            model.fit(
                datasets.scale(images)[order], y[order], batch_size=16, shuffle=False, verbose=0
            )
        ends.append(model.get_weights())
    for ours, usual in zip(*ends, strict=True):
        np.testing.assert_allclose(ours, usual, atol=1e-5)
