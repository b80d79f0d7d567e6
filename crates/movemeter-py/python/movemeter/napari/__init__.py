"""The plugin of napari: opens recordings as image layers, and measures what is drawn on them.

napari finds it by itself where both are installed: ``pip install 'movemeter[napari]'``, then
*Plugins › Measure motion*. What it is made of can be used without its window:

>>> import numpy as np
>>> from movemeter.napari import layers
>>> layers.corners(np.array([[16, 8, 32, 32]]))      # a rectangle of a Shapes layer, (corner, (row, column))
array([[[ 7.5, 15.5],
        [ 7.5, 47.5],
        [39.5, 47.5],
        [39.5, 15.5]]])
"""
