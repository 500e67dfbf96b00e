"""The wheel and the source distribution: they hold what they need, and the wheel's code runs from it alone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import tomllib
from email import message_from_bytes
from pathlib import Path
from zipfile import ZipFile

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

from tapctl import __version__

ROOT = Path(__file__).parents[1]
RUNS = """
import sys
from importlib.resources import files
from tapctl import __main__
assert __main__.__file__.startswith(sys.argv.pop()), __main__.__file__
for package, name in ("", "user_data.sh"), (".emulator", "limits.json"), (".render", "timeline.html"):
    assert files("tapctl" + package).joinpath(name).read_text(encoding="utf-8")
sys.argv += ["--version"]
__main__.main()
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(next(WheelBuilder(str(ROOT)).build(directory=str(tmp_path_factory.mktemp("wheel")))))


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(wheel: Path) -> None:
    package = {str(path.relative_to(ROOT)) for path in (ROOT / "tapctl").rglob("*")
               if path.is_file() and "__pycache__" not in path.parts}
    assert {"tapctl/user_data.sh", "tapctl/emulator/limits.json", "tapctl/render/timeline.html"} <= package
    with ZipFile(wheel) as file:
        assert {name for name in file.namelist() if ".dist-info/" not in name} == package


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    with ZipFile(wheel) as file:
        about = f"tapctl-{__version__}.dist-info"
        metadata = message_from_bytes(file.read(f"{about}/METADATA"))
        assert "tapctl = tapctl.__main__:main" in file.read(f"{about}/entry_points.txt").decode()
        assert file.read(f"{about}/licenses/LICENSE") == (ROOT / "LICENSE").read_bytes()
    assert (metadata["Version"], metadata["License-Expression"]) == (__version__, "MIT")
    assert metadata.get_all("Provides-Extra") == ["dev", "local"]


def test_the_wheel_runs_from_where_nothing_else_of_it_is(wheel: Path, tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-c", RUNS, str(wheel)], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(wheel)})
    assert (told.returncode, told.stdout) == (0, f"tapctl {__version__}\n"), told.stderr


def test_the_source_distribution_holds_what_building_testing_and_reading_take(tmp_path: Path) -> None:
    with tarfile.open(next(SdistBuilder(str(ROOT)).build(directory=str(tmp_path)))) as file:
        held = {name.partition("/")[2] for name in file.getnames()}
    tops = ("tapctl", "tests", "bench", "trials", "crashes", "faults", "walks", "docs")
    wanted = {str(path.relative_to(ROOT)) for top in tops for path in (ROOT / top).rglob("*")
              if path.is_file() and "__pycache__" not in path.parts}
    assert wanted | {"README.md", "CHANGELOG.md", "LICENSE", "Makefile", "config.toml", "pyproject.toml",
                     "requirements.lock", "installer.lock"} <= held
    assert not [name for name in held if re.search(r"(^|/)(\.venv|__pycache__|dist)/", name)]


def test_the_version_stands_in_one_place_and_the_changelog_has_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert "version" not in project
    assert project["dynamic"] == ["version"]
    newest, = re.findall(r"^## \[(\d+\.\d+\.\d+)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[:1]
    assert newest == __version__
