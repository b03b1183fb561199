"""Version keys against the ecosystems' own comparisons."""

import tarfile
from collections.abc import Callable, Sequence

import pytest
from tests.conftest import missing
from tests.harness import version_grammars as grammars
from tests.harness import version_oracles as oracles
from tests.harness.fixtures import corpus
from tests.harness.version_oracles import Answers, Apk, OracleMissing, Pair
from tests.harness.version_pairs import Grammar, pairs

from cargohold.versions import MAX_KEY, key

FEW, MANY = 2_000, 100_000

ECOSYSTEMS: dict[str, tuple[str, Grammar, Callable[[Sequence[Pair]], Answers]]] = {
    "dpkg": ("deb", grammars.DEB, oracles.dpkg),
    "rpm": ("rpm", grammars.RPM, oracles.rpm),
    "npm": ("npm", grammars.NPM, oracles.npm),
    "PEP 440": ("python", grammars.PEP440, oracles.pep440),
    "gem": ("gem", grammars.GEM, oracles.gem),
    "Maven": ("java-archive", grammars.MAVEN, oracles.maven),
    "alpm": ("alpm", grammars.ALPM, oracles.alpm),
    "Composer": ("php-composer", grammars.COMPOSER, oracles.composer),
}


def check(type_: str, asked: Sequence[Pair], answers: Answers) -> None:
    wrong, without, accepted = [], [], 0
    assert len(asked) == len(answers)
    for (a, b), answer in zip(asked, answers, strict=True):
        left, right = key(type_, a), key(type_, b)
        assert max(len(left or b""), len(right or b"")) <= MAX_KEY
        if answer is None:
            continue
        accepted += 1
        if left is None or right is None:
            without.append((a, b))
        elif (left > right) - (left < right) != answer:
            wrong.append((a, b, answer))
    assert wrong[:20] == []
    assert without[:20] == []
    assert accepted > len(asked) / 3


def ask(oracle: Callable[[Sequence[Pair]], Answers], asked: Sequence[Pair]) -> Answers:
    try:
        return oracle(asked)
    except OracleMissing as error:
        missing(str(error))


@pytest.mark.parametrize("name", ECOSYSTEMS)
def test_keys_sort_as_the_ecosystem_does(name: str) -> None:
    type_, grammar, oracle = ECOSYSTEMS[name]
    asked = pairs(grammar, FEW, seed=1)
    check(type_, asked, ask(oracle, asked))


@pytest.mark.slow
@pytest.mark.parametrize("name", ECOSYSTEMS)
def test_many_keys_sort_as_the_ecosystem_does(name: str) -> None:
    type_, grammar, oracle = ECOSYSTEMS[name]
    asked = pairs(grammar, MANY, seed=2)
    check(type_, asked, ask(oracle, asked))


@pytest.fixture(scope="module")
def apk(tmp_path_factory: pytest.TempPathFactory) -> Apk:
    """The apk of Alpine 3.11, which is the one comparison that runs where there is no Alpine."""
    image = corpus("images", "alpine-3.11.tar.gz")
    directory = tmp_path_factory.mktemp("alpine")
    with tarfile.open(image) as archive:
        layer = next(name for name in archive.getnames() if name.endswith("layer.tar"))
        archive.extract(layer, directory, filter="data")
    return Apk(directory / layer, directory)


def test_keys_sort_as_apk_does(apk: Apk) -> None:
    asked = pairs(grammars.APK, FEW, seed=1)
    check("apk", asked, apk(asked))


@pytest.mark.slow
def test_many_keys_sort_as_apk_does(apk: Apk) -> None:
    asked = pairs(grammars.APK, MANY, seed=2)
    check("apk", asked, apk(asked))


def test_apk_says_the_same_of_many_pairs_as_of_each(apk: Apk) -> None:
    asked = pairs(grammars.APK, 200, seed=3)
    together, each = apk(asked), apk.itself(asked)
    assert [many for many, one in zip(together, each, strict=True) if many not in (one, None)] == []
    # Of an available version that it takes for older than none at all, apk says nothing.
    assert together.count(None) < len(asked) / 10


def test_dpkg_and_apt_agree_with_the_keys() -> None:
    asked = pairs(grammars.DEB, 100, seed=3)
    check("deb", asked, ask(oracles.dpkg_itself, asked))
