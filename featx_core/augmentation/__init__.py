"""Random augmentation: the transforms, and how they are applied to images and during training."""
