"""What to look at first in a set of images: outliers, label errors, clusters, image quality."""
