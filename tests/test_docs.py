import doctest
import importlib
import pkgutil
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import pynoise

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")] + sorted(
    (ROOT / "docs").glob("*.md")
)
FOUND = pkgutil.walk_packages(pynoise.__path__, "pynoise.")
MODULES = [module.name for module in FOUND if module.name != "pynoise._core"]
PYNOISE = [sys.executable, "-c", "from pynoise.cli import main; main()"]


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", (ROOT / "README.md").read_text(), re.M | re.S)


@pytest.mark.timeout(900)  # many commands, some of which import torch
def test_commands_of_the_readme_print_what_it_shows(tmp_path):
    for language, name in {"csv": "network.csv", "toml": "grid.toml"}.items():
        (content,) = blocks(language)
        (tmp_path / name).write_text(content)
    commands = [part for block in blocks("console") for part in re.split(r"^\$ ", block, flags=re.M)[1:]]
    assert len(commands) >= 5
    for part in commands:
        line, _, shown = part.partition("\n")
        words = shlex.split(line)
        assert words[0] == "pynoise"
        target = tmp_path / words[-1] if ">" in words else None
        words = words[1 : words.index(">")] if target else words[1:]
        done = subprocess.run(
            [*PYNOISE, *words],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=200,
        )
        assert done.returncode == 0, done.stdout
        if target:
            target.write_text(done.stdout)
        if shown.strip():
            assert [row.rstrip() for row in done.stdout.splitlines()] == shown.rstrip().splitlines()


def test_python_of_the_readme_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert blocks("python")
    for code in blocks("python"):
        exec(compile(code, "README.md", "exec"), {})  # noqa: S102 - our own page
    out = capsys.readouterr().out
    assert "11 0.0 0.951 0.954" in out
    assert (tmp_path / "curve.svg").exists()


@pytest.mark.parametrize("name", ["pynoise", *MODULES])
def test_examples_in_docstrings(name):
    failed, _ = doctest.testmod(importlib.import_module(name))
    assert failed == 0


def test_pages_have_no_gaps():
    for page in PAGES:
        assert not re.search(r"@[A-Z]+@|TODO", page.read_text()), page.name


def test_what_pages_link_to_is_there():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
            if not target.startswith("https://"):
                assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_one_version():
    version = tomllib.loads((ROOT / "Cargo.toml").read_text())["package"]["version"]
    assert pynoise.__version__ == version
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text()
    assert f"\n## {version} " in (ROOT / "CHANGELOG.md").read_text()


def test_public_names_are_there():
    for name in pynoise.__all__:
        assert getattr(pynoise, name) is not None
    assert dir(pynoise) == sorted(pynoise.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = pynoise.nothing
