"""What is built holds every file of the package: by pip through flit, and by the tools that still read `setup.py`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMES = ("setup.py", "pyproject.toml", "MANIFEST.in", "requirements.txt", "README.md", "license.txt")
SETUP_SDIST = ("setup.py", "sdist", "--dist-dir", "built")
SETUP_BUILD = ("setup.py", "build", "--build-lib", "wheel")
FLIT_SDIST = ("-c", "import flit_core.buildapi; flit_core.buildapi.build_sdist('built')")
FLIT_WHEEL = ("-c", "import flit_core.buildapi; flit_core.buildapi.build_wheel('built')")


@pytest.fixture
def sources(tmp_path: Path) -> Path:
	copy = tmp_path / "sources"
	ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
	shutil.copytree(ROOT / "xappiens_whatsapp", copy / "xappiens_whatsapp", ignore=ignored)
	for name in NAMES:
		shutil.copy(ROOT / name, copy / name)
	return copy


def run(command: tuple[str, ...], folder: Path) -> None:
	(folder / "built").mkdir(exist_ok=True)
	done = subprocess.run([sys.executable, *command], cwd=folder, capture_output=True, text=True)
	assert done.returncode == 0, done.stderr


def unpacked_sdist(command: tuple[str, ...], sources: Path) -> Path:
	run(command, sources)
	[archive] = (sources / "built").glob("*.tar.gz")
	shutil.unpack_archive(archive, sources.parent / "unpacked")
	[folder] = (sources.parent / "unpacked").iterdir()
	return folder


def files_in(folder: Path) -> set[str]:
	package = folder / "xappiens_whatsapp"
	return {str(path.relative_to(package)) for path in package.rglob("*") if path.is_file()}


def test_setup_carries_every_file_of_the_package(sources):
	sdist = unpacked_sdist(SETUP_SDIST, sources)
	assert files_in(sdist) == files_in(sources)
	run(SETUP_BUILD, sdist)
	assert files_in(sdist / "wheel") == files_in(sources)


def test_pyproject_carries_every_file_of_the_package(sources):
	sdist = unpacked_sdist(FLIT_SDIST, sources)
	assert files_in(sdist) == files_in(sources)
	run(FLIT_WHEEL, sdist)
	[wheel] = (sdist / "built").glob("*.whl")
	shutil.unpack_archive(wheel, sdist / "wheel", "zip")
	assert files_in(sdist / "wheel") == files_in(sources)


def test_the_package_has_files_that_are_not_python():
	kinds = {path.suffix for path in (ROOT / "xappiens_whatsapp").rglob("*")}
	assert {".json", ".js", ".css", ".csv", ".html", ".svg", ".txt"} <= kinds
