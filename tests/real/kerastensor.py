"""The founding scenario, small enough to run without a download: does the encoder train?

A text classifier in the shape of TensorFlow's BERT tutorial: strings go through a preprocessing SavedModel and an
encoder SavedModel, both put into a Keras model by hub.KerasLayer. Run by the Python of a throw-away environment.
Prints one JSON object; exit status 0 means that the model was built and fitted and that the encoder's weights moved.
"""

import json
import os
import sys
import tempfile
import traceback

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

TOKENS, BUCKETS, WIDTH = 6, 50, 4


def save_preprocessor(folder):
    """Write a SavedModel that turns B strings into B × TOKENS word ids and a mask."""
    import tensorflow as tf
    import tensorflow_text as text

    class Preprocessor(tf.Module):
        def __init__(self):
            super().__init__()
            self.tokenizer = text.WhitespaceTokenizer()

        @tf.function
        def __call__(self, sentences, training=False):
            words = self.tokenizer.tokenize(sentences)
            ids = tf.strings.to_hash_bucket_fast(words, BUCKETS)
            mask = tf.ones_like(ids, dtype=tf.int32)
            shape = [None, TOKENS]
            return {
                "input_word_ids": tf.cast(ids.to_tensor(0, shape=shape), tf.int32),
                "input_mask": mask.to_tensor(0, shape=shape),
            }

    model = Preprocessor()
    for training in (True, False):
        model.__call__.get_concrete_function(tf.TensorSpec([None], tf.string), training)
    tf.saved_model.save(model, folder)


def save_encoder(folder):
    """Write a reusable SavedModel with one trainable table: the mean of the words' rows."""
    import tensorflow as tf

    table = tf.Variable(tf.random.stateless_normal([BUCKETS, WIDTH], seed=(1, 2)), name="table")
    words = tf.TensorSpec([None, TOKENS], tf.int32, name="input_word_ids")
    mask = tf.TensorSpec([None, TOKENS], tf.int32, name="input_mask")

    @tf.function(input_signature=[{"input_word_ids": words, "input_mask": mask}, tf.TensorSpec([], tf.bool)])
    def encode(inputs, training):
        weights = tf.cast(inputs["input_mask"], tf.float32)[..., None]
        rows = tf.gather(table, inputs["input_word_ids"]) * weights
        return {"pooled_output": tf.reduce_sum(rows, 1) / tf.maximum(tf.reduce_sum(weights, 1), 1.0)}

    encoder = tf.train.Checkpoint()
    encoder.table = table
    encoder.variables = encoder.trainable_variables = [table]
    encoder.regularization_losses = []
    encoder.__call__ = encode
    tf.saved_model.save(encoder, folder)


def train(folder):
    """Build the classifier from both SavedModels, fit it, and say whether the encoder's table moved."""
    import numpy as np
    import tensorflow as tf
    import tensorflow_hub as hub
    import tensorflow_text  # noqa: F401  (registers the operations of the preprocessor)

    sentence = tf.keras.layers.Input(shape=(), dtype=tf.string, name="text")
    inputs = hub.KerasLayer(os.path.join(folder, "preprocess"), name="preprocessing")(sentence)
    encoder = hub.KerasLayer(os.path.join(folder, "encoder"), trainable=True, name="BERT_encoder")
    logits = tf.keras.layers.Dense(1, name="classifier")(encoder(inputs)["pooled_output"])
    model = tf.keras.Model(sentence, logits)
    model.compile(optimizer="adam", loss=tf.keras.losses.BinaryCrossentropy(from_logits=True))
    before = [weight.numpy().copy() for weight in encoder.trainable_weights]
    history = model.fit(tf.constant(["a good film", "a bad film"]), tf.constant([[1.0], [0.0]]), epochs=2, verbose=0)
    moved = [float(np.abs(new.numpy() - old).max()) for new, old in zip(encoder.trainable_weights, before)]
    losses = history.history["loss"]
    return {
        "trainable": len(model.trainable_weights),
        "moved": bool(moved) and min(moved) > 0.0,
        "loss_finite": bool(np.isfinite(losses).all()),
    }


def main():
    """Run the scenario and print what came of it."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            save_preprocessor(os.path.join(folder, "preprocess"))
            save_encoder(os.path.join(folder, "encoder"))
            outcome = train(folder)
            outcome["ok"] = outcome["moved"] and outcome["loss_finite"] and outcome["trainable"] == 3
        except Exception as error:
            traceback.print_exc()
            outcome = {"ok": False, "error": type(error).__name__, "message": str(error)}
    print(json.dumps(outcome))
    return 0 if outcome["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
