"""Random changes of training images: affine maps, smooth local shifts, thickness of strokes."""

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from lenet.core.params import Number, Params, Whole


class Augment(Params, frozen=True):
    """How far training changes images: the group `augment` of params.yaml.

    Rotation, scale, shift and gamma are drawn uniformly from minus to plus their value, for each
    image and epoch. 0 is none.

    rotation: angle in degrees.
    scale: change of size, as a natural logarithm.
    shift: shift in each direction, in normalised coordinates.
    gamma: exponent of the ink, as a natural logarithm; it makes strokes thinner or thicker.
    elastic: local shifts that vary smoothly over the image, in normalised coordinates. The
        shifts are normal, and independent in x and y. Their standard deviation is drawn from 0 to
        this value.
    control_points: the shifts are drawn at this many points in each direction over the input.
    """

    rotation: Number = Field(
        examples=[12], ge=0, le=180, description="a number of degrees from 0 to 180"
    )
    scale: Number = Field(examples=[0.15], ge=0, le=2, description="a number from 0 to 2")
    shift: Number = Field(examples=[0.12], ge=0, le=2, description="a number from 0 to 2")
    gamma: Number = Field(examples=[0.6], ge=0, le=2, description="a number from 0 to 2")
    elastic: Number = Field(examples=[0.12], ge=0, le=2, description="a number from 0 to 2")
    control_points: Whole = Field(
        examples=[5], ge=4, le=16, description="a whole number from 4 to 16"
    )

    def draw(
        self, generator: np.random.Generator, images: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Draw an augmentation for each image.

        Args:
            generator: the source of the draws.
            images: (n, side, side) float32 in [0, 1].

        Returns the deformations, (n, 2, columns) float32, as `model.preprocess` describes them; and
        the images, (n, side, side) float32 in [0, 1], with their ink raised to a power.
        """
        n, points = len(images), self.control_points**2
        deformations = np.empty((n, 2, 3 + points), np.float32)
        angle = np.deg2rad(generator.uniform(-self.rotation, self.rotation, n))
        size = np.exp(generator.uniform(-self.scale, self.scale, n))
        deformations[:, 0, 0] = deformations[:, 1, 1] = size * np.cos(angle)
        deformations[:, 1, 0] = size * np.sin(angle)
        deformations[:, 0, 1] = -deformations[:, 1, 0]
        deformations[:, :, 2] = generator.uniform(-self.shift, self.shift, (n, 2))
        power = np.exp(generator.uniform(-self.gamma, self.gamma, (n, 1, 1)))
        amplitude = generator.uniform(0, self.elastic, (n, 1, 1)).astype(np.float32)
        deformations[:, :, 3:] = amplitude * generator.standard_normal((n, 2, points), np.float32)
        return deformations, images ** power.astype(np.float32)
