"""What ecosystems themselves say of pairs of versions, thousands a second: one process for all pairs.

Each oracle takes pairs and returns -1, 0 or 1 for each, None where it refuses one of the two. It raises
`OracleMissing` where its program or library is not there.
"""

import ctypes
import ctypes.util
import shutil
import subprocess
import tarfile
from base64 import b64encode
from collections.abc import Iterable, Sequence
from hashlib import sha1
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.version import InvalidVersion, Version

Pair = tuple[str, str]
Answers = list[int | None]
MAVEN_JAR = Path("/usr/share/java/maven3-artifact.jar")
COMPOSER = Path("/usr/share/php/Composer/Semver/autoload.php")
_APT_PYTHON = Path("/usr/bin/python3")

_APT = """
import sys, apt_pkg
apt_pkg.init()
for line in sys.stdin:
    a, b = line.rstrip("\\n").split("\\t")
    print(apt_pkg.version_compare(a, b))
"""
_RPM = """%{lua:
for line in io.lines("PAIRS") do
    local a, b = line:match("^(.-)\\t(.*)$")
    print(rpm.vercmp(a, b) .. " ")
end
}"""
_NODE = """
const semver = require(process.argv[1])
for (const line of require('fs').readFileSync(0, 'utf8').trimEnd().split('\\n')) {
  const [a, b] = line.split('\\t')
  try { console.log(semver.compare(a, b, {loose: true})) } catch (error) { console.log('-') }
}
"""
_RUBY = """
STDIN.each_line(chomp: true) do |line|
  a, b = line.split("\\t", 2)
  begin
    puts Gem::Version.new(a) <=> Gem::Version.new(b)
  rescue ArgumentError
    puts "-"
  end
end
"""
_PHP = """
require $argv[1];
$parser = new Composer\\Semver\\VersionParser();
while (($line = fgets(STDIN)) !== false) {
    [$a, $b] = explode("\\t", rtrim($line, "\\n"));
    try {
        $a = $parser->normalize($a);
        $b = $parser->normalize($b);
        echo version_compare($a, $b), "\\n";
    } catch (UnexpectedValueException $error) {
        echo "-\\n";
    }
}
"""


class OracleMissing(Exception):
    """The oracle's program or library is not on this machine."""


def dpkg(pairs: Sequence[Pair]) -> Answers:
    """Ask apt's library, which dpkg's own answers agree with (see `dpkg_itself`)."""
    return _filter([str(_APT_PYTHON), "-c", _APT], pairs, needs="python3-apt")


def dpkg_itself(pairs: Sequence[Pair]) -> Answers:
    """Ask `dpkg --compare-versions`, a process or two a pair."""

    def holds(a: str, relation: str, b: str) -> bool:
        return subprocess.run(["dpkg", "--compare-versions", a, relation, b], stderr=subprocess.DEVNULL).returncode == 0

    _need("dpkg")
    return [-1 if holds(a, "lt", b) else int(not holds(a, "eq", b)) for a, b in pairs]


def rpm(pairs: Sequence[Pair]) -> Answers:
    """Ask rpm's `vercmp` for whole versions (epoch, version, release), from its own Lua."""
    _need("rpm")
    with TemporaryDirectory() as directory:
        file = Path(directory, "pairs")
        file.write_text(_lines(pairs))
        return _filter(["rpm", "--eval", _RPM.replace("PAIRS", str(file))], (), expected=len(pairs))


def npm(pairs: Sequence[Pair]) -> Answers:
    """Ask node-semver, the one that npm brings, as leniently as npm reads installed packages."""
    _need("node")
    _need("npm")
    npm_directory = Path(shutil.which("npm") or "").resolve().parent.parent
    places = (npm_directory / "node_modules/semver", Path("/usr/share/nodejs/semver"))
    module = next((place for place in places if place.exists()), None)
    if module is None:
        raise OracleMissing("npm has no module semver")
    return _filter(["node", "-e", _NODE, str(module)], pairs)


def gem(pairs: Sequence[Pair]) -> Answers:
    """Ask `Gem::Version`."""
    _need("ruby")
    return _filter(["ruby", "-e", _RUBY], pairs)


def pep440(pairs: Sequence[Pair]) -> Answers:
    """Ask `packaging`."""

    def answer(a: str, b: str) -> int | None:
        try:
            left, right = Version(a), Version(b)
        except InvalidVersion:
            return None
        return (left > right) - (left < right)

    return [answer(a, b) for a, b in pairs]


def maven(pairs: Sequence[Pair]) -> Answers:
    """Ask the `ComparableVersion` of Debian's Maven; its `main` compares each argument with the next."""
    _need("java")
    if not MAVEN_JAR.exists():
        raise OracleMissing("libmaven3-core-java is not installed")
    command = ["java", "-Xshare:auto", "-cp", str(MAVEN_JAR), "org.apache.maven.artifact.versioning.ComparableVersion"]
    answers: Answers = []
    for start in range(0, len(pairs), 5_000):
        batch = pairs[start : start + 5_000]
        words = [version for pair in batch for version in pair]
        output = _run([*command, *words], "")
        compared = [line.split() for line in output.splitlines() if line.startswith("   ")]
        assert len(compared) == len(words) - 1
        answers += [{"<": -1, "==": 0, ">": 1}[line[1]] for line in compared[::2]]
    return answers


def alpm(pairs: Sequence[Pair]) -> Answers:
    """Ask libalpm."""
    name = ctypes.util.find_library("alpm")
    if name is None:
        raise OracleMissing("libalpm is not installed")
    library = ctypes.CDLL(name)
    return [_sign(library.alpm_pkg_vercmp(a.encode(), b.encode())) for a, b in pairs]


def composer(pairs: Sequence[Pair]) -> Answers:
    """Ask composer/semver and PHP."""
    _need("php")
    if not COMPOSER.exists():
        raise OracleMissing("php-composer-semver is not installed")
    return _filter(["php", "-r", _PHP, "--", str(COMPOSER)], pairs)


class Apk:
    """The apk of an Alpine image, whose `layer` is unpacked into `directory`."""

    def __init__(self, layer: Path, directory: Path) -> None:
        self._root, self._asked = directory / "root", directory / "asked"
        with tarfile.open(layer) as archive:
            archive.extractall(self._root, filter="tar")
        loader = next((self._root / "lib").glob("ld-musl-*.so.1"))
        libraries = f"{self._root}/lib:{self._root}/usr/lib"
        self._command = [str(loader), "--library-path", libraries, f"{self._root}/sbin/apk"]

    def __call__(self, pairs: Sequence[Pair]) -> Answers:
        """Ask how installed packages stand to those of a repository: one process for all pairs."""
        database, repository = self._asked / "lib/apk/db", self._asked / "repository/noarch"
        for directory in (database, repository, self._asked / "etc/apk"):
            directory.mkdir(parents=True, exist_ok=True)
        (self._asked / "etc/apk/arch").write_text("noarch\n")
        for empty in ("etc/apk/world", "etc/apk/repositories", "lib/apk/db/triggers"):
            (self._asked / empty).touch()
        (database / "installed").write_text(_apk_packages(a for a, _ in pairs))
        tarfile.open(database / "scripts.tar", "w").close()
        index = repository / "APKINDEX"
        index.write_text(_apk_packages((b for _, b in pairs), salt="available"))
        with tarfile.open(repository / "APKINDEX.tar.gz", "w:gz", compresslevel=1) as archive:
            archive.add(index, index.name)
        where = ["--root", str(self._asked), "-X", str(repository.parent), "--allow-untrusted", "--no-network"]
        output = _run([*self._command, *where, "--no-cache", "version", "-v", "-l", "<=>?"], "")
        answers: dict[int, int | None] = {}
        for line in output.splitlines()[1:]:
            number = int(line[1 : line.index("-")])
            relation = line.removeprefix(f"p{number}-{pairs[number][0]}").split()[0]
            answers[number] = _RELATIONS.get(relation)
        return [answers[number] for number in range(len(pairs))]

    def itself(self, pairs: Sequence[Pair]) -> Answers:
        """Ask `apk version -t`, a process a pair."""
        return [_RELATIONS.get(_run([*self._command, "version", "-t", a, b], "").strip()) for a, b in pairs]


_RELATIONS = {"<": -1, "=": 0, ">": 1}


def _apk_packages(versions: Iterable[str], salt: str = "") -> str:
    return "".join(
        f"C:Q1{_apk_checksum(f'{salt}{number}')}\nP:p{number}\nV:{version}\nA:noarch\nS:1\nI:1\nT:\nU:\nL:\n\n"
        for number, version in enumerate(versions)
    )


def _apk_checksum(text: str) -> str:
    return b64encode(sha1(text.encode(), usedforsecurity=False).digest()).decode()


def _need(program: str) -> None:
    if shutil.which(program) is None:
        raise OracleMissing(f"{program} is not installed")


def _filter(command: list[str], pairs: Sequence[Pair], *, expected: int | None = None, needs: str = "") -> Answers:
    try:
        lines = _run(command, _lines(pairs)).split()
    except (subprocess.CalledProcessError, FileNotFoundError) as error:
        if needs:
            raise OracleMissing(f"{needs} is not installed") from error
        raise
    assert len(lines) == (len(pairs) if expected is None else expected)
    return [None if line == "-" else _sign(int(line)) for line in lines]


def _run(command: list[str], text: str) -> str:
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def _lines(pairs: Iterable[Pair]) -> str:
    return "".join(f"{a}\t{b}\n" for a, b in pairs)


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)
