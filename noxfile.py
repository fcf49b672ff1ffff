"""Sessions: ``nox`` runs lint, types and the suite on one Python; ``nox -l`` lists the rest, which ``.ci/run`` runs.

What is tested is what is shipped: the source distribution is built, the wheel from it, and the tests that are run are
those of the source distribution, beside the installed wheel.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nox

nox.needs_version = ">=2024.10.9"
nox.options.sessions = ["lint", "typing", "tests"]
nox.options.error_on_missing_interpreters = False
nox.options.reuse_existing_virtualenvs = True

ROOT = Path(__file__).parent
PACKAGES = ["tier2_core", "tier2_missions", "tier2_io"]
OLDEST, NEWEST = 11, 15
SEEDS = 16

# The example suites, once under each hash seed; all must print the same.
SUITES = ["test", "--json", "examples/suite.toml", "examples/suite.json"]


def found_pythons() -> list[str]:
    """Every supported Python that really runs here; a launcher that only says that it has none is no Python."""
    found = []
    for minor in range(OLDEST, NEWEST + 1):
        command = f"python3.{minor}"
        path = shutil.which(command)
        if path and subprocess.run([path, "-c", "import ensurepip"], capture_output=True, check=False).returncode == 0:
            found.append(f"3.{minor}")
    return found


ONE = f"{sys.version_info.major}.{sys.version_info.minor}"  # the Python that nox runs on is there, whatever else is
OTHERS = [version for version in found_pythons() if version != ONE]


def built(session: nox.Session) -> tuple[str, Path]:
    """The wheel, and the directory into which the source distribution that it was made from is unpacked."""
    place = Path(session.create_tmp()).resolve()
    for name in ("dist", "unpacked"):
        shutil.rmtree(place / name, ignore_errors=True)
    session.install("build")
    session.run("python", "-m", "build", "--outdir", str(place / "dist"), str(ROOT), silent=True)
    shutil.unpack_archive(next((place / "dist").glob("*.tar.gz")), place / "unpacked")
    return str(next((place / "dist").glob("*.whl"))), next((place / "unpacked").iterdir())


def installed(session: nox.Session, extra: str) -> Path:
    """Install the wheel itself, whatever version of it is there already; gives the unpacked source distribution."""
    wheel, unpacked = built(session)
    session.install(f"{wheel}[{extra}]")
    session.install("--force-reinstall", "--no-deps", wheel)
    return unpacked


def run_suite(
    session: nox.Session,
    unpacked: Path,
    *arguments: str,
    tests: tuple[str, ...] = ("tests",),
    env: dict[str, str] | None = None,
) -> None:
    """Run the tests where the packages beside them cannot be imported, so that the installed ones are."""
    for name in PACKAGES:
        shutil.rmtree(unpacked / name)
    where = Path(
        str(session.run("python", "-P", "-c", "import tier2_core; print(tier2_core.__path__[0])", silent=True)).strip()
    )
    packages = [str(where.parent / name) for name in PACKAGES]
    # Without -c, pytest would find the checkout's settings above both places, and with them the checkout's packages.
    options = ["-c", "pyproject.toml", "--rootdir", str(unpacked), "--confcutdir", str(unpacked)]
    options += ["-q", "--numprocesses", "auto", "--dist", "loadfile"]
    # Tests write files as UTF-8, whatever the locale says.
    env = {"TIER2_TESTED": str(where.parent), "PYTHONUTF8": "1", **(env or {})}
    with session.chdir(unpacked):
        session.run("pytest", *options, *tests, *packages, *arguments, env=env)


# --- what nox runs without arguments -------------------------------------------------------------


@nox.session(python=ONE)
def lint(session: nox.Session) -> None:
    """Formatting, lint, and which room may import which."""
    session.install("ruff>=0.9", "import-linter>=2.1")
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")
    session.run("lint-imports", "--no-cache", silent=True)


@nox.session(python=ONE)
def typing(session: nox.Session) -> None:
    """Types, strictly: packages, tests, benchmarks and this file."""
    session.install("basedpyright>=1.30", "mypy>=1.15", "nox")
    session.install(".[tests]")  # where the locale is ASCII, Python 3.11 does not start with an editable one below "ü"
    session.run("mypy")
    session.run("mypy", "tests", "benchmarks", "noxfile.py", "conftest.py")
    # pyright as it comes from the package index, with the Node.js that it needs; it looks at what users write.
    session.run("basedpyright", "--level", "error", "tests/typing/right.py")
    found = str(session.run("basedpyright", "tests/typing/wrong.py", silent=True, success_codes=[1]))
    wrong = (ROOT / "tests" / "typing" / "wrong.py").read_text().split("\n")
    expected = {place for place, line in enumerate(wrong, start=1) if "type: ignore" in line and "overlap" not in line}
    told = {int(place) for place in re.findall(r"wrong\.py:(\d+):\d+ - error", found)}
    if told != expected:
        session.error(f"pyright differs about lines {sorted(told ^ expected)} of tests/typing/wrong.py.")


@nox.session(python=ONE)
def tests(session: nox.Session) -> None:
    """The whole suite against the installed wheel; ``nox -s tests -- ARGUMENTS`` hands arguments to pytest."""
    run_suite(session, installed(session, "tests"), *session.posargs)


# --- what else must hold -------------------------------------------------------------------------


@nox.session(python=OTHERS or False)
def pythons(session: nox.Session) -> None:
    """The whole suite on every other supported Python that is found."""
    if not OTHERS:
        session.skip("no other Python is found")
    run_suite(session, installed(session, "tests"), *session.posargs)


@nox.session(python=ONE)
def oldest(session: nox.Session) -> None:
    """The suite with the oldest dependencies that pyproject.toml promises, and the branches that it takes, counted."""
    unpacked = installed(session, "tests")
    text = (ROOT / "pyproject.toml").read_text()
    required = re.search(r"\ndependencies = \[(.*?)\]", text, re.DOTALL)
    assert required
    names = re.findall(r'"([a-z0-9-]+)>=([0-9.]+)"', required.group(1)) + re.findall(
        r'"(rich|cryptography)>=([0-9.]+)"', text
    )
    session.install(*(f"{name}=={version}" for name, version in names))
    run_suite(session, unpacked, "--cov", "--cov-report=term:skip-covered")


@nox.session(python=ONE)
def pure(session: nox.Session) -> None:
    """The tests of the core and its missions without pyrsistent's C extension; what is around them does not see it."""
    rooms = ("values", "workflow", "missions", "scenarios", "records")
    inside = (*(f"tests/{room}" for room in rooms), "tests/tier2_missions")
    run_suite(session, installed(session, "tests"), tests=inside, env={"PYRSISTENT_NO_C_EXTENSION": "1"})


@nox.session(python=[ONE, *OTHERS])
def seeds(session: nox.Session) -> None:
    """The example suites under many hash seeds: one output, byte for byte."""
    installed(session, "all")
    outputs = {
        str(session.run("tier2", *SUITES, silent=True, env={"PYTHONHASHSEED": str(seed)})) for seed in range(SEEDS)
    }
    if len(outputs) != 1:
        session.error(f"{SEEDS} hash seeds gave {len(outputs)} outputs; expected one.")
    hashes = re.findall(r'"test_run_hash": "([0-9a-f]+)"', outputs.pop())
    session.log(f"{SEEDS} hash seeds, one output; test runs {', '.join(hashes)}")


@nox.session(python=ONE)
def fuzz(session: nox.Session) -> None:
    """The promise of documented errors, searched longer: ``nox -s fuzz -- 20000`` says how many examples a test."""
    examples = session.posargs[0] if session.posargs else "1000"
    run_suite(session, installed(session, "tests"), "-k", "fuzz", env={"TIER2_EXAMPLES": examples})


@nox.session(python=ONE)
def bench(session: nox.Session) -> None:
    """How fast it is, beside its yardsticks: ``nox -s bench -- compare OLD.json``; see docs/performance.md."""
    session.install("-e", ".[all]")
    session.run("python", "-m", "benchmarks", *session.posargs)


@nox.session(python=ONE)
def plugins(session: nox.Session) -> None:
    """A generated plugin and the one of the examples, each in a fresh environment with the wheel: all they promise."""
    wheel, _ = built(session)
    session.install("ruff>=0.9", "mypy>=1.15")
    place = Path(session.create_tmp()).resolve() / "plugins"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()

    spending = ["budget=100", "amount=30", "on=tea"]
    generated = fresh_environment(session, place / "generated", wheel)
    session.run(str(generated / "tier2"), "plugins", "new", "Demo.Missions", "--directory", str(place), external=True)
    made = place / "demo-missions"
    with session.chdir(made):
        modules = sorted(map(str, made.rglob("*.py")))  # named one by one: where nox works, ruff looks for none
        session.run("ruff", "check", "--isolated", "--select", "E,F,I,B,N,S,UP,RUF", "--ignore", "S101", *modules)
        session.run("ruff", "format", "--isolated", "--check", *modules)
    use_plugin(
        session, generated, made, "demo_missions", "demo_missions", "--set", spending[0],
        "--param", spending[1], "--param", spending[2], "--unattended",
    )  # fmt: skip

    example = shutil.copytree(ROOT / "examples" / "plugin", place / "example")
    use_plugin(
        session, fresh_environment(session, place / "by-hand", wheel), example, "release_checklist",
        "release_check", "--state", "project.json", "--param", "id=docs", "--param", "by=ada",
    )  # fmt: skip

    report = shutil.copytree(ROOT / "examples" / "report", place / "report")
    use_plugin(
        session, fresh_environment(session, place / "reporting", wheel), report, "weekly_report",
        "weekly_report", "--state", "week.json", "--unattended",
    )  # fmt: skip


def fresh_environment(session: nox.Session, place: Path, wheel: str) -> Path:
    """The programs of a new virtual environment in which tier2 alone is installed."""
    session.run("python", "-m", "venv", str(place))
    programs = place / ("Scripts" if sys.platform == "win32" else "bin")
    session.run(str(programs / "python"), "-m", "pip", "install", "-q", f"{wheel}[cli]", external=True)
    return programs


def use_plugin(session: nox.Session, programs: Path, plugin: Path, name: str, *mission: str) -> None:
    """Install a plugin beside tier2, as it is, and do with it what its README says."""
    python, tier2 = str(programs / "python"), str(programs / "tier2")
    env = {"MYPYPATH": str(plugin / "src")}
    with session.chdir(plugin):
        session.run(python, "-m", "pip", "install", "-q", ".[tests]", external=True)
        session.run("mypy", "--strict", "--python-executable", python, "src", "tests", env=env)
        session.run(python, "-m", "pytest", "-q", external=True)
        session.run(tier2, "plugins", "--strict", external=True)
        session.run(tier2, "plugins", "check", name, external=True)
        session.run(tier2, "run", *mission, "--only", name, external=True)
        session.run(tier2, "test", *map(str, sorted(plugin.glob("tests/*.tier2.toml"))), external=True)


@nox.session(python=ONE)
def readme(session: nox.Session) -> None:
    """The first command of the README, in what is shipped and a fresh virtual environment."""
    _, unpacked = built(session)
    command = re.search(r"```sh\n(.+?)\n```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert command
    env = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    with session.chdir(unpacked):
        session.run("sh", "-ec", command.group(1), external=True, env=env)
