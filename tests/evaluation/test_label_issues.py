import numpy as np

from lenet.evaluation.label_issues import find_label_issues


def test_planted_labels_are_found_the_most_suspicious_first() -> None:
    generator = np.random.default_rng(0)
    actual = generator.integers(0, 10, 2000)
    # Networks that are mostly right, and sometimes unsure.
    scores = 8 * np.eye(10)[actual] + generator.normal(size=(2000, 10))
    probabilities = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    planted = np.sort(generator.choice(2000, 40, replace=False))
    labels = actual.copy()
    labels[planted] = (labels[planted] + 1 + planted % 9) % 10
    # Written with six decimals, probabilities do not quite add up to 1.
    found = find_label_issues(labels, probabilities.round(6))
    assert list(found) == ["index", "label", "suggested", "probability", "quality"]
    assert np.isin(planted, found["index"][:60]).mean() >= 0.95
    assert found["quality"].is_monotonic_increasing
    assert (found["label"] == labels[found["index"]]).all()
    rows = found[found["index"].isin(planted)]
    assert (rows["suggested"] == actual[rows["index"]]).mean() > 0.95
    assert (found["suggested"] != found["label"]).all()


def test_right_labels_raise_no_suspicion() -> None:
    labels = np.repeat(np.arange(3), 20)
    probabilities = np.full((60, 3), 0.02)
    probabilities[np.arange(60), labels] = 0.96
    assert find_label_issues(labels, probabilities).empty
