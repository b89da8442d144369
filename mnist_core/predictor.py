"""The reader of a trained run, under the name that scripts lean on."""

from mnist_core.networks.predictor import Predictor, load

__all__ = ["Predictor", "load"]
