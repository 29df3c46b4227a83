"""Does a text classifier train whose preprocessing and encoder come from SavedModels? The founding stack, live.

Strings go through a preprocessing SavedModel made of tensorflow_text's operations and through an encoder, both put into
a Keras model by hub.KerasLayer, as in TensorFlow's BERT tutorial. Both are built on the spot.
"""

from __future__ import annotations

import os
import tempfile
from typing import Iterator

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf
import tensorflow_hub as hub
import tensorflow_text
from harness import equal, least, told, trial

NEEDS = ("tensorflow", "tensorflow-text", "tensorflow-hub")
TOKENS, BUCKETS, WIDTH = 6, 50, 4
SENTENCES, LABELS = ["a good film", "a bad film", "good", "bad bad"], [[1.0], [0.0], [1.0], [0.0]]


@trial()
def tf_text() -> Iterator[dict]:
    """Strings become ids in a SavedModel inside a Keras model, which trains, and the encoder's weights move."""
    with tempfile.TemporaryDirectory() as folder:
        _save_preprocessor(os.path.join(folder, "preprocess"))
        _save_encoder(os.path.join(folder, "encoder"))
        sentence = tf.keras.layers.Input(shape=(), dtype=tf.string, name="text")
        ids = hub.KerasLayer(os.path.join(folder, "preprocess"), name="preprocessing")(sentence)
        encoder = hub.KerasLayer(os.path.join(folder, "encoder"), trainable=True, name="encoder")
        logits = tf.keras.layers.Dense(1, name="classifier")(encoder(ids)["pooled_output"])
        model = tf.keras.Model(sentence, logits)
        yield from _trained(model, encoder)
    yield told("tensorflow-text", tensorflow_text.__version__)


def _trained(model: object, encoder: object) -> Iterator[dict]:
    loss = tf.keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(optimizer=tf.keras.optimizers.Adam(0.05), loss=loss)
    before = [weight.numpy().copy() for weight in encoder.trainable_weights]
    history = model.fit(tf.constant(SENTENCES), tf.constant(LABELS), epochs=5, verbose=0).history["loss"]
    # a layer wrapped into another one runs, and its encoder is frozen without a word
    yield equal("trainable weights of the model", len(model.trainable_weights), 3)
    moved = [float(abs(now.numpy() - then).max()) for now, then in zip(encoder.trainable_weights, before)]
    yield least("how far the encoder's weights moved", min(moved, default=0.0), 1e-3)
    yield least("how far the loss fell", history[0] - history[-1], 1e-3)
    yield equal("predictions", list(model.predict(tf.constant(SENTENCES), verbose=0).shape) == [4, 1], True)


def _save_preprocessor(folder: str) -> None:
    """Write a SavedModel that turns B strings into B × TOKENS word ids and a mask."""

    class Preprocessor(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.tokenizer = tensorflow_text.WhitespaceTokenizer()

        @tf.function
        def __call__(self, sentences, training=False):  # noqa: ARG002  (what KerasLayer hands over)
            words = self.tokenizer.tokenize(sentences)
            ids = tf.strings.to_hash_bucket_fast(words, BUCKETS)
            mask, shape = tf.ones_like(ids, dtype=tf.int32), [None, TOKENS]
            word_ids = tf.cast(ids.to_tensor(0, shape=shape), tf.int32)
            return {"input_word_ids": word_ids, "input_mask": mask.to_tensor(0, shape=shape)}

    model = Preprocessor()
    for training in (True, False):
        model.__call__.get_concrete_function(tf.TensorSpec([None], tf.string), training)
    tf.saved_model.save(model, folder)


def _save_encoder(folder: str) -> None:
    """Write a reusable SavedModel with one trainable table: the mean of the words' rows."""
    table = tf.Variable(tf.random.stateless_normal([BUCKETS, WIDTH], seed=(1, 2)), name="table")
    words = tf.TensorSpec([None, TOKENS], tf.int32, name="input_word_ids")
    mask = tf.TensorSpec([None, TOKENS], tf.int32, name="input_mask")

    @tf.function(input_signature=[{"input_word_ids": words, "input_mask": mask}, tf.TensorSpec([], tf.bool)])
    def encode(inputs, training):  # noqa: ARG001  (what KerasLayer hands over)
        weights = tf.cast(inputs["input_mask"], tf.float32)[..., None]
        rows = tf.gather(table, inputs["input_word_ids"]) * weights
        return {"pooled_output": tf.reduce_sum(rows, 1) / tf.maximum(tf.reduce_sum(weights, 1), 1.0)}

    encoder = tf.train.Checkpoint()
    encoder.table = table
    encoder.variables = encoder.trainable_variables = [table]
    encoder.regularization_losses = []
    encoder.__call__ = encode
    tf.saved_model.save(encoder, folder)
