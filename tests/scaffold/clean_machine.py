"""A machine that has the dependencies but not the engine: an environment into which a wheel of this commit goes.

Nothing is downloaded: the dependencies are links to those of the environment that runs the tests, all but the engine.
"""

import os
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Machine:
    """An environment with `python`, `pip` and, once it was installed from the wheel, `dunning`."""

    home: Path
    wheel: Path

    def environment(self, **more: str) -> dict[str, str]:
        """What a CI runner's shell has: none of the variables of the tests."""
        return {
            "PATH": os.pathsep.join([str(self.home / "venv" / "bin"), "/usr/local/bin", "/usr/bin", "/bin"]),
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "CI": "true",
            "PIP_NO_INDEX": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            **more,
        }

    def bash(self, script: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
        """A step as GitHub's runner executes it: `bash --noprofile --norc -eo pipefail`."""
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=folder,
            env=self.environment(**more),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=50,
            check=False,
        )


def clean_machine(home: Path) -> Machine:
    """Build the wheel of this checkout and make the environment, without the engine in it."""
    python = home / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home / "venv")], check=True)
    dependencies = home / "dependencies"
    dependencies.mkdir()
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if not any(word in entry.name.lower() for word in ("dunning", "policy_engine", "__editable__")):
            (dependencies / entry.name).symlink_to(entry)
    (packages,) = (home / "venv" / "lib").glob("python*/site-packages")
    (packages / "dependencies.pth").write_text(f"{dependencies}\n", encoding="utf-8")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(home / "wheels")],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = (home / "wheels").glob("*.whl")
    absent = subprocess.run(
        [str(python), "-I", "-c", "import policy_engine"], capture_output=True, check=False, cwd=home
    )
    assert absent.returncode != 0, "the engine must not be there before its wheel is installed"
    return Machine(home, wheel)
