"""A badge says in words how a minor's claims ended; colour is not the only sign."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from infra.report.comparison import badge, version_matrix
from tests.unit.report.several_runs import add

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize(
    ("counts", "words", "colour"),
    [
        ({"holds": 228}, "228 hold", "holds"),
        ({"holds": 215, "absent": 13}, "215 hold", "holds"),
        ({"holds": 1}, "1 holds", "holds"),
        (
            {"holds": 226, "false": 1, "unknown": 1},
            "1 does not hold, 1 not judged, 226 hold",
            "false",
        ),
        ({"holds": 1, "false": 2}, "2 do not hold, 1 holds", "false"),
        ({"unknown": 3}, "3 not judged", "unknown"),
        ({"absent": 3}, "0 hold", "none"),
    ],
)
def test_the_worst_is_told_first(counts: dict[str, int], words: str, colour: str) -> None:
    assert badge.told(counts) == (words, badge.COLOURS[colour])


def test_each_minor_has_one_of_its_newest_patch(tmp_path: Path) -> None:
    add(tmp_path, {"68.4": "does not hold"}, version="v1.36.5", day=30)
    add(tmp_path, {"68.4": "holds"}, version="v1.36.10", day=29)
    add(tmp_path, {"68.4": "not judged"}, version="v1.37.2", day=30)
    version_matrix.write(tmp_path)
    drawn = {path.name: ET.parse(path).getroot() for path in (tmp_path / "badges").iterdir()}
    titles = {name: root.findtext(f"{SVG}title") for name, root in drawn.items()}
    assert titles == {
        "1.36.svg": "Kubernetes v1.36.10: 1 holds",
        "1.37.svg": "Kubernetes v1.37.2: 1 not judged",
    }
    texts = drawn["1.36.svg"].findall(f".//{SVG}text")
    ends = [float(one.attrib["x"]) + float(one.attrib["textLength"]) for one in texts]
    assert ends[0] < float(texts[1].attrib["x"])
    assert ends[1] < float(drawn["1.36.svg"].attrib["width"])
