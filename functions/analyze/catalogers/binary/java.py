"""Launchers of Java.

Source: the launcher's main.c in OpenJDK, whose arguments of JLI_Launch are the launcher's name
("openjdk" or "java"), the program's name, the release ("1.8", or "0.0" since 9) and the full version; the
order in memory differs by architecture.
"""

from analyze.catalogers.binary.clues import NULS, Classifier, Clue, Elsewhere, dotted, near, point, version

_RELEASE = rb"[0-9]{1,2}(?:\.[0-9]{1,2}){0,2}"
_FULL = rb"[0-9]{1,3}[-._+a-zA-Z0-9]{1,80}"
_UPDATE = rb"[0-9]{1,3}\.[0-9.]{1,12}_[0-9]{1,4}-[-._+a-zA-Z0-9]{1,64}"
_GRAALVM = (
    near(
        b"-jvmci-",
        rb"\x00" + version(rb"[0-9]{1,3}[.0-9]{1,16}\+[0-9]{1,4}-jvmci-[.0-9]{1,16}-b[0-9]{1,4}") + rb"\x00",
        before=40,
    ),
)


def _launcher(full: bytes, name: bytes = rb"openjdk\x00(?:java|jdb)") -> tuple[Clue, ...]:
    return (
        point(name + rb"\x00" + _RELEASE + NULS + version(full) + rb"\x00", before=20, after=128),
        point(rb"\x00" + _RELEASE + NULS + version(full) + NULS + name, before=4, after=192),
    )


_ANY = (
    dotted(rb"\x00" + version(rb"[0-9]{1,2}\.[0-9]{1,3}\.[-._+a-zA-Z0-9]{1,64}") + rb"\x00"),
    Clue(
        rb"\+[0-9]",
        rb"\x00" + version(rb"[0-9]{1,3}(?:\.[0-9]{1,3}){0,3}\+[-._+a-zA-Z0-9]{1,64}") + rb"\x00",
        before=24,
    ),
)
_IBM_LIBRARY = Elsewhere("ibm-java", imports=r"libjli\.so")
_IBM = (near(b"java\0", rb"java" + NULS + _RELEASE + NULS + version(_FULL) + rb"\x00"),)
_IBM_SDK = (near(b"java\0", rb"java\x00(?s:.){1,200}?\x00" + version(_FULL) + rb"\x00"),)


def _rows(program: str, zulu: str, plain: str, ibm: str, sdk: str, oracle: str, rest: str) -> tuple[Classifier, ...]:
    """Return the branch of one program; the arguments are Syft's classes and the products of what is left."""
    files = (program,)
    return (
        Classifier("java-binary-graalvm", "graalvm", "generic/oracle/graalvm", files, _GRAALVM, branch=program),
        Classifier(
            zulu,
            "zulu",
            "generic/azul/zulu",
            files,
            (*_launcher(_FULL), *_launcher(_FULL, b"java")),
            path=r"[^/]*zulu[^/]*/",
            branch=program,
        ),
        Classifier(
            "java-binary-openjdk-with-update" if program == "java" else plain,
            "openjdk",
            "generic/oracle/openjdk",
            files,
            _launcher(_UPDATE),
            branch=program,
        ),
        Classifier(plain, "openjdk", "generic/oracle/openjdk", files, _launcher(_FULL), branch=program),
        Classifier(
            ibm,
            sdk,
            f"generic/ibm/{sdk}",
            files,
            _IBM if program == "java" else _IBM_SDK,
            path=r"(?:^|/)ibm/",
            branch=program,
        ),
        Classifier(
            ibm,
            sdk,
            f"generic/ibm/{sdk}",
            files,
            _IBM if program == "java" else _IBM_SDK,
            branch=program,
            elsewhere=_IBM_LIBRARY,
        ),
        Classifier(
            "java-binary-openjdk-fallthrough",
            rest,
            f"generic/oracle/{rest}",
            files,
            _ANY,
            requires=(b"openjdk",),
            branch=program,
        ),
        Classifier(
            oracle,
            "jre" if program == "java" else "jdk",
            "generic/oracle/" + ("jre" if program == "java" else "jdk"),
            files,
            _ANY,
            branch=program,
        ),
    )


CLASSIFIERS = (
    *_rows(
        "java",
        zulu="java-binary-openjdk-zulu",
        plain="java-binary-openjdk",
        ibm="java-binary-ibm",
        sdk="java",
        oracle="java-binary-oracle",
        rest="jre",
    ),
    *_rows(
        "jdb",
        zulu="jdb-binary-openjdk-zulu",
        plain="java-jdb-binary-openjdk",
        ibm="java-sdk-binary-ibm",
        sdk="java_sdk",
        oracle="java-binary-jdk",
        rest="openjdk",
    ),
    Classifier("ibm-java-library", "", "", ("libjli.so",), (Clue(b"IBM_JAVA", rb"IBM_JAVA"),), provides="ibm-java"),
)
