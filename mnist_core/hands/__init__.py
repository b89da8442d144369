"""What one person has taught the reader.

A `Hand` keeps the digits that a person corrected or confirmed and reads what looks like them as
that person does. Nothing is trained. How is said in `hands.kernel`, how it is kept in
`datasets.hand_file`.
"""

from mnist_core.datasets.hand_file import MOST, Digit, dump, load
from mnist_core.hands.hand import Hand

__all__ = ["MOST", "Digit", "Hand", "dump", "load"]
