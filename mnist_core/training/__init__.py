"""What makes a run: the loop and its step, the queue, imports, averages.

Importing this package loads no TensorFlow; `loop`, `training_step` and `imports` do.
"""
