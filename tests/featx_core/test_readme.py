"""README's example, run as it stands there."""

import re
from pathlib import Path

README = Path(__file__).resolve().parents[2] / "README.md"


def test_the_example_for_notebooks_runs(capsys):
    example = re.search(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    assert example is not None
    exec(compile(example[1], "README.md", "exec"), {})
    printed = capsys.readouterr().out.splitlines()
    assert printed == ["(2, 576)", "(427, 640)"]
