"""LeNet-5 in numbers (LeCun, Bottou, Bengio, Haffner 1998, section II.B), for image and layer."""

KERNEL = 5
C1_MAPS = 6
C3_MAPS = 16
C5_UNITS = 120
F6_UNITS = 84

# The P2 maps that each C3 map is joined to, where C3 is partial: Table I of the paper.
C3_LINKS = (
    (0, 1, 2),
    (1, 2, 3),
    (2, 3, 4),
    (3, 4, 5),
    (0, 4, 5),
    (0, 1, 5),
    (0, 1, 2, 3),
    (1, 2, 3, 4),
    (2, 3, 4, 5),
    (0, 3, 4, 5),
    (0, 1, 4, 5),
    (0, 1, 2, 5),
    (0, 1, 3, 4),
    (1, 2, 4, 5),
    (0, 2, 3, 5),
    (0, 1, 2, 3, 4, 5),
)


def map_sides(image_size: int) -> tuple[int, int, int, int]:
    """Return the sides of the maps of C1, P2, C3 and P4 for square images of `image_size`.

    28, 14, 10 and 5 for 32; 12, 6, 2 and 1 for 16.
    """
    c1 = image_size - KERNEL + 1
    c3 = c1 // 2 - KERNEL + 1
    return c1, c1 // 2, c3, c3 // 2
