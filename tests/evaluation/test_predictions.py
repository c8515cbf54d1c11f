import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, zero_one_loss

from lenet.evaluation import measures
from lenet.evaluation.predictions import Predictions

LABELS = np.array([0, 0, 1, 1, 1, 2, 3, 4])
PREDICTED = np.array([0, 1, 1, 1, 0, 2, 3, 4])


def test_every_image_has_its_row() -> None:
    train_index = np.array([-1, -1, 7, -1, -1, -1, 0, -1])
    probabilities = np.where(np.eye(10)[PREDICTED] == 1, 0.91, 0.01).astype(np.float32)
    near = np.array([-1, 5, 7, -1, -1, -1, 0, -1])
    predictions = Predictions(LABELS, probabilities, train_index, near)
    table = predictions.table()
    assert table.to_csv(index=False).splitlines()[:4] == [
        "index,actual,predicted,confidence,train_index,near_train_index",
        "0,0,0,0.91,,",
        "1,0,1,0.91,,5",
        "2,1,1,0.91,7,7",
    ]
    assert table["index"].tolist() == list(range(8))
    assert table["actual"].tolist() == LABELS.tolist()
    assert table["predicted"].tolist() == PREDICTED.tolist()
    assert table["train_index"].notna().tolist() == (train_index >= 0).tolist()


@pytest.mark.parametrize("classes", [2, 10])
def test_predictions_agree_with_numpy_and_scikit_learn(classes: int) -> None:
    generator = np.random.default_rng(0)
    labels = generator.integers(0, classes, 500)
    probabilities = generator.dirichlet(np.ones(classes), 500).astype(np.float32)
    nowhere = np.full(500, -1, np.int64)
    predictions = Predictions(labels, probabilities, nowhere, nowhere)
    assert (len(predictions), predictions.classes) == (500, classes)

    rows = [row.tolist() for row in probabilities]
    assert predictions.predicted.tolist() == [row.index(max(row)) for row in rows]
    assert predictions.confidence.tolist() == [round(max(row), 4) for row in rows]

    counts = confusion_matrix(labels, predictions.predicted)
    mistakes = predictions.mistakes
    assert len(mistakes) == counts.sum() - np.trace(counts)
    assert len(mistakes) / 500 == pytest.approx(zero_one_loss(labels, predictions.predicted))
    assert set(mistakes) == set(np.where(labels != predictions.predicted)[0])
    assert (np.diff(predictions.confidence[mistakes]) <= 0).all()


def test_the_last_digits_of_onnx_runtime_change_nothing() -> None:
    generator = np.random.default_rng(0)
    probabilities = generator.dirichlet(np.ones(3), 2000).astype(np.float32)
    probabilities[::2, 1] = probabilities[::2, 0]
    noise = generator.normal(scale=1e-9, size=probabilities.shape)
    labels, nowhere = generator.integers(0, 3, 2000), np.full(2000, -1, np.int64)
    one, other = (
        Predictions(labels, given.astype(np.float32), nowhere, nowhere)
        for given in (probabilities, probabilities + noise)
    )
    assert one.table().equals(other.table())
    assert measures.headline(one) == measures.headline(other)


def test_equally_confident_mistakes_keep_the_order_of_the_images() -> None:
    predictions = Predictions(
        np.zeros(4, np.int64),
        np.eye(10, dtype=np.float32)[[1, 2, 0, 3]],
        np.full(4, -1),
        np.full(4, -1),
    )
    assert predictions.mistakes.tolist() == [0, 1, 3]
