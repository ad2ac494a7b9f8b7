"""README's examples, run as they stand there."""

import re
from pathlib import Path

import pytest

README = Path(__file__).resolve().parents[2] / "README.md"


@pytest.mark.slow
def test_the_examples_for_notebooks_run(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    examples = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    assert len(examples) == 4
    names: dict = {}
    for example in examples:
        exec(compile(example, "README.md", "exec"), names)
    printed = capsys.readouterr().out.splitlines()
    assert printed[:2] == ["(2, 256)", "(427, 640)"]
    assert printed[2] == "['palace, 0.30', 'daisy, 0.21']"
    assert printed[3:5] == ["none", "('grad_cam', 'occlusion', 'random', 'centre')"]
    assert "at least two labels" in printed[5]
    shapes = [(80, 30_752), (80, 256), (80, 1_024), (80, 256)]
    assert [line.endswith(str(shape)) for line, shape in zip(printed[-4:], shapes, strict=True)] == [True] * 4
    assert names["comparison"].names == ["trained", "untrained"]
