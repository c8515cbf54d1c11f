"""The parameters, the augmentation, the training loop, its workers, and folds."""
