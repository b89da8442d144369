"""What makes a run: the loop and its step, the queue, imported networks, ensembles.

Read `loop.fit` from top to bottom for the training itself, `training_run` for what lies around
it. Importing this package loads no TensorFlow; those two, `training_step` and `model_import` do.
"""
