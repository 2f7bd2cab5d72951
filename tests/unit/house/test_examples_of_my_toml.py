"""Examples of my.toml in documents are what the model accepts."""

import re
import tomllib
from pathlib import Path

import pytest

from infra.described import reading
from infra.described.layouts import PRESETS

ROOT = Path(__file__).resolve().parents[3]
BLOCK = re.compile(r"^```toml\n(.*?)^```", re.DOTALL | re.MULTILINE)
FILE = re.compile(r'^(kubeconfig|key|known_hosts|ssh_config) = "[^"]*"', re.MULTILINE)
DIRECTORY = re.compile(r'^(directory) = "[^"]*"', re.MULTILINE)


def examples(document: str) -> list[str]:
    return [match[1] for match in BLOCK.finditer((ROOT / document).read_text())]


@pytest.mark.parametrize("document", ["README.md", "docs/YOUR_CLUSTER.md"])
def test_an_example_is_accepted(document: str, tmp_path: Path) -> None:
    (tmp_path / "here").write_text("")
    assert examples(document)
    for example in examples(document):
        text = DIRECTORY.sub(r'\1 = "."', FILE.sub(r'\1 = "here"', example))
        found = reading.parse(tomllib.loads(text), tmp_path / "my.toml")
        assert found.layout.preset in PRESETS
        assert not any(found.may.model_dump().values()), "an example that allows things is copied"
