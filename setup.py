"""For tools that still read it; `pyproject.toml` is the source, a test keeps the two equal."""

import re
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
VERSION = re.search(
	r'__version__ = "(.+?)"', (HERE / "xappiens_whatsapp/__init__.py").read_text(encoding="utf-8")
).group(1)

setup(
	name="xappiens_whatsapp",
	version=VERSION,
	description="Link WhatsApp numbers to a Frappe site from the desk, through a Baileys REST server",
	license="MIT",
	packages=find_packages(include=["xappiens_whatsapp", "xappiens_whatsapp.*"]),
	include_package_data=True,
	python_requires=">=3.10",
	install_requires=(HERE / "requirements.txt").read_text(encoding="utf-8").split(),
)
