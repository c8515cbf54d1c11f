from pathlib import Path

import pytest

from tests.deploy.untrained import export_untrained


@pytest.fixture(scope="package")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An exported network, ONNX, for images of 16 x 16."""
    return export_untrained(tmp_path_factory.mktemp("model"))
