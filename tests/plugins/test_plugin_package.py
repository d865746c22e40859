"""Packages: a folder or a zip with a manifest and one script, its checksum, and what is refused."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from belljar import plugins
from belljar.errors import ManifestError
from belljar.plugins import Manifest, ManifestLimits, Plugin, Signature, load, read_manifest

MANIFEST = """\
name = "fx-report"
version = "1.4.0"
description = "Rates as a table."
author = "Ada"
entry_point = "report"
capabilities = ["network"]
hosts = ["api.example.com"]

[limits]
timeout_ms = 5_000
"""
SCRIPT = "export async function report(api, input) {\r\n  return 'ä';\n}\n"
SIGNATURE = {"key_id": "ab" * 32, "signature": "c2ln"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "fx-report"
    place.mkdir()
    (place / "plugin.toml").write_bytes(MANIFEST.encode())
    (place / "plugin.ts").write_bytes(SCRIPT.encode())
    return place


def zipped(tmp_path: Path, entries: dict[str, bytes] | None = None, **more: bytes) -> Path:
    """A zip of the plugin, with these entries instead or beside."""
    there = {"plugin.toml": MANIFEST.encode(), "plugin.ts": SCRIPT.encode()} if entries is None else entries
    path = tmp_path / "fx-report.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as parcel:
        for name, data in (there | more).items():
            parcel.writestr(name, data)
    return path


def refused(path: Path) -> str:
    with pytest.raises(ManifestError) as caught:
        load(path)
    return caught.value.message


def test_every_public_name_of_the_room_can_be_imported() -> None:
    """`__all__` is what there is, the host too, which loads when it is asked for."""
    assert sorted(plugins.__all__) == sorted(set(plugins.__all__))
    assert all(getattr(plugins, name) is not None for name in plugins.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'Plugins'"):
        plugins.Plugins  # noqa: B018 - looking is the test


# -- what is read -----------------------------------------------------------------------------------------------------


def test_a_folder_and_its_zip_are_the_same_plugin(folder: Path, tmp_path: Path) -> None:
    """Manifest, script to the byte, and checksum; only the origin tells them apart."""
    one, other = load(folder), load(zipped(tmp_path))

    assert (one.origin, other.origin) == (str(folder), str(tmp_path / "fx-report.zip"))
    assert (one.manifest, one.source, one.checksum) == (other.manifest, other.source, other.checksum)
    assert one.source == SCRIPT
    assert one.signature is None


def test_toml_and_json_of_the_same_manifest_have_the_same_checksum(folder: Path) -> None:
    """How a manifest is written down, and which defaults are written out, is no part of the plugin."""
    before = load(folder)
    (folder / "plugin.toml").unlink()
    fields = {"limits": {"concurrent": 1, "timeout_ms": 5000}, "tags": [], "profile": "standard"}
    same = {"hosts": ["api.example.com"], "capabilities": ["network"], "author": "Ada", "name": "fx-report"}
    rest = {"entry_point": "report", "version": "1.4.0", "description": "Rates as a table."}
    (folder / "plugin.json").write_text(json.dumps(fields | same | rest, indent=2))

    assert load(folder).checksum == before.checksum


def test_the_checksum_can_be_worked_out_by_anybody(folder: Path) -> None:
    """It is SHA-256 over a domain, the RFC 8785 text of all fields, a NUL, and the script's bytes."""
    plugin = load(folder)
    fields = plugin.manifest.model_dump(mode="json")
    text = b"belljar plugin 1\0" + rfc8785.dumps(fields) + b"\0" + SCRIPT.encode()

    assert plugin.checksum == hashlib.sha256(text).hexdigest()
    assert sorted(fields) == sorted(Manifest.model_fields)


def test_a_signature_comes_along_unchecked(folder: Path) -> None:
    """Reading is not believing."""
    (folder / "plugin.sig").write_text(json.dumps(SIGNATURE))

    assert load(folder).signature == Signature(key_id="ab" * 32, signature="c2ln")


def test_another_script_than_plugin_ts(folder: Path) -> None:
    """The manifest names it."""
    (folder / "plugin.ts").rename(folder / "main.js")
    (folder / "plugin.toml").write_text('script = "main.js"\n' + MANIFEST)

    assert load(folder).source == SCRIPT


def test_what_else_is_in_a_folder_is_not_looked_at(folder: Path) -> None:
    """Tests, notes and links to elsewhere may stand beside a plugin."""
    (folder / "tests").mkdir()
    (folder / "notes.txt").symlink_to("/etc/passwd")

    assert load(folder).manifest.name == "fx-report"


def test_a_zip_may_have_a_readme_and_a_licence(tmp_path: Path) -> None:
    """Both spellings; they are for people and are not read."""
    more = {"README.md": b"x", "LICENSE": b"x", "LICENCE.txt": b"x", "readme": b"\xff"}

    assert load(zipped(tmp_path, None, **more)).manifest.name == "fx-report"


# -- what is refused --------------------------------------------------------------------------------------------------


def test_all_that_is_wrong_with_a_package_is_told_at_once(folder: Path) -> None:
    """The signature file and the manifest; and with a right manifest the script as well."""
    (folder / "plugin.sig").write_text("{}")
    (folder / "plugin.ts").write_bytes(b"a\n\xff")

    assert refused(folder).splitlines() == [
        "3 problems:",
        "plugin.sig:1 key_id: is missing",
        "plugin.sig:1 signature: is missing",
        "plugin.ts:2: is not UTF-8",
    ]


@pytest.mark.parametrize(
    ("signature", "message"),
    [
        (SIGNATURE | {"key_id": "AB" * 32}, "plugin.sig:1 key_id: must be a checksum: 64 of 0-9 and a-f, got "),
        (SIGNATURE | {"signature": "c2l"}, "plugin.sig:1 signature: must be base64, got 'c2l'"),
        (SIGNATURE | {"signature": ""}, "plugin.sig:1 signature: must be base64, got ''"),
        (SIGNATURE | {"who": "me"}, "plugin.sig:1 who: is no known field; there are key_id, signature"),
        (SIGNATURE | {"signature": "c2ln" * 300}, "plugin.sig: is larger than 1,000 bytes"),
    ],
)
def test_a_signature_file_is_strict(folder: Path, signature: dict[str, Any], message: str) -> None:
    """JSON with two fields, and small."""
    (folder / "plugin.sig").write_text(json.dumps(signature))

    assert refused(folder).startswith(message)


def test_a_folder_has_one_manifest(folder: Path) -> None:
    """None and two are both a mistake."""
    (folder / "plugin.json").write_text("{}")
    assert refused(folder) == "plugin.toml: is there beside plugin.json"

    (folder / "plugin.json").unlink()
    (folder / "plugin.toml").unlink()
    assert refused(folder) == "plugin.toml: is not there, and nor is plugin.json"


def test_a_script_that_is_not_there(folder: Path, tmp_path: Path) -> None:
    """In a folder and in a zip."""
    (folder / "plugin.ts").unlink()

    assert refused(folder) == "plugin.ts: is not there"
    assert refused(zipped(tmp_path, {"plugin.toml": MANIFEST.encode()})) == "plugin.ts: is not in fx-report.zip"


@pytest.mark.parametrize("name", ["plugin.toml", "plugin.ts", "plugin.sig"])
def test_links_are_not_followed(folder: Path, tmp_path: Path, name: str) -> None:
    """Not even to a file that would be fine: it can be another one a moment later."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text(MANIFEST if name == "plugin.toml" else "")
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(elsewhere)

    assert refused(folder).startswith(f"{name}: cannot be opened as a plain file")


def test_a_path_that_is_none_is_refused() -> None:
    """In our words."""
    assert refused(Path("a\0b")) == "a\0b: cannot be opened: a NUL in the path"


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_what_is_no_plain_file_is_refused_without_waiting(folder: Path, kind: str) -> None:
    """A pipe that nobody writes to would be waited for for ever."""
    (folder / "plugin.ts").unlink()
    if kind == "folder":
        (folder / "plugin.ts").mkdir()
    else:
        os.mkfifo(folder / "plugin.ts")

    assert refused(folder).startswith("plugin.ts: cannot be opened as a plain file: ")


@pytest.mark.parametrize("is_zip", [False, True])
def test_files_are_bounded_to_the_byte(folder: Path, tmp_path: Path, is_zip: bool) -> None:
    """64 KiB of manifest and 1 MiB of script are read, one byte more is not."""
    for name, most in (("plugin.toml", 65_536), ("plugin.ts", 1 << 20)):
        text = MANIFEST.encode() + b"#" if name == "plugin.toml" else b"//"
        noise = hashlib.shake_128(b"").hexdigest(1 << 20).encode()  # does not shrink to less than half
        for size, is_fine in ((most, True), (most + 1, False)):
            data = (text + noise)[:size]
            (folder / name).write_bytes(data)
            files = {each.name: each.read_bytes() for each in folder.iterdir()}
            path = zipped(tmp_path, files) if is_zip else folder
            if is_fine:
                assert load(path).manifest.name == "fx-report"
            else:
                assert refused(path) == f"{name}: is larger than {most:,} bytes"
        (folder / name).write_bytes(text)


def test_a_folder_that_may_not_be_opened(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is told as what it is."""

    def refuse(*_: Any, **__: Any) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)

    assert refused(folder) == "fx-report: cannot be opened: Permission denied"


def test_what_is_neither_a_folder_nor_a_zip(tmp_path: Path) -> None:
    """A path that is wrong is told as such."""
    (tmp_path / "a.txt").write_text("hello")
    (tmp_path / "big.zip").write_bytes(bytes((2 << 20) + 1))

    assert refused(tmp_path / "none") == "none: cannot be opened: No such file or directory"
    assert refused(tmp_path / "a.txt") == "a.txt: is neither a folder nor a zip file that can be read"
    assert refused(tmp_path / "big.zip") == "big.zip: is larger than 2,097,152 bytes"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("fx/plugin.ts", "is in a folder; pack the files, not the folder they are in"),
        ("fx/", "is in a folder; pack the files, not the folder they are in"),
        ("/etc/passwd", "is in a folder; pack the files, not the folder they are in"),
        ("../plugin.ts", "is in a folder; pack the files, not the folder they are in"),
        ("..", "is no plain name of a file"),
        ("..\\a.ts", "is no plain name of a file"),
        ("C:a.ts", "is no plain name of a file"),
        ("a b", "is no plain name of a file"),
        ("PLUGIN.TS", "is there more than once"),
        ("other.ts", "is none of manifest, script, signature, README and LICENSE"),
        ("READMEanything", ""),
    ],
)
def test_what_a_zip_may_hold(tmp_path: Path, name: str, why: str) -> None:
    """A plugin's own files and those for people, under plain names, each once in any letter case."""
    path = zipped(tmp_path, None, **{name: b"x"})
    if why:
        assert refused(path) == f"fx-report.zip {name.encode('unicode_escape').decode()}: {why}"
    else:
        assert load(path).manifest.name == "fx-report"


def changed(tmp_path: Path, name: str = "plugin.ts", **facts: Any) -> Path:
    """The zip with one entry whose header says something else."""
    path = tmp_path / "fx-report.zip"
    with zipfile.ZipFile(path, "w") as parcel:
        parcel.writestr("plugin.toml", MANIFEST)
        entry = zipfile.ZipInfo(name)
        for fact, value in facts.items():
            setattr(entry, fact, value)
        parcel.writestr(entry, SCRIPT, compress_type=facts.get("compress_type"))
    return path


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"external_attr": (stat.S_IFLNK | 0o777) << 16}, "is a link or no plain file"),
        ({"external_attr": (stat.S_IFIFO | 0o777) << 16}, "is a link or no plain file"),
        ({"compress_type": zipfile.ZIP_LZMA}, "is packed in another way than deflate"),
        ({"compress_type": zipfile.ZIP_BZIP2}, "is packed in another way than deflate"),
    ],
)
def test_entries_that_are_no_plain_files(tmp_path: Path, facts: dict[str, Any], why: str) -> None:
    """A zip can hold links and other things; a plugin has none."""
    assert refused(changed(tmp_path, **facts)) == f"fx-report.zip plugin.ts: {why}"


def test_an_encrypted_entry_is_refused(tmp_path: Path) -> None:
    """Nobody is asked for a password."""
    path = zipped(tmp_path)
    raw = bytearray(path.read_bytes())
    at = raw.rindex(b"PK\x01\x02")
    raw[at + 8] |= 1
    path.write_bytes(raw)

    assert refused(path) == "fx-report.zip plugin.ts: is encrypted"


def test_the_same_name_twice_is_refused(tmp_path: Path) -> None:
    """Two programs would take two different ones."""
    path = zipped(tmp_path)
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as parcel:
        parcel.writestr("plugin.ts", "other")

    assert refused(path) == "fx-report.zip plugin.ts: is there more than once"


@pytest.mark.parametrize(
    ("name", "seen"), [(b"plugin.sig\0x", "plugin.sig\\x00x"), (b"\0lugin.sigxx", "\\x00lugin.sigxx")]
)
def test_a_name_that_hides_behind_a_nul_is_refused(tmp_path: Path, name: bytes, seen: str) -> None:
    """zipfile cuts names there, to nothing even; the whole name is what is looked at."""
    path = zipped(tmp_path, None, **{"plugin.sigxx": b"x"})
    path.write_bytes(path.read_bytes().replace(b"plugin.sigxx", name))

    assert refused(path) == f"fx-report.zip {seen}: is no plain name of a file"


def test_a_bomb_is_refused_unopened(tmp_path: Path) -> None:
    """By what its entries say: more than 200 times smaller than what they hold, or more than 4 MiB together."""
    bomb = zipped(tmp_path, README=bytes(1 << 20))
    assert refused(bomb) == "fx-report.zip README: is packed more than 200 times smaller"

    text = (hashlib.shake_128(b"").hexdigest(1 << 10) * 2_048).encode()[: (4 << 20) - 700]
    assert load(zipped(tmp_path, README=text[: 3 << 20])).manifest.name == "fx-report"
    assert refused(zipped(tmp_path, README=text, LICENSE=b"x" * 701)) == (
        "fx-report.zip: would unpack to more than 4,194,304 bytes"
    )


def test_a_bomb_that_lies_is_stopped_while_it_unpacks(tmp_path: Path) -> None:
    """An entry that says it has ten bytes and has a megabyte gives no more than it says, and is refused."""
    path = zipped(tmp_path, {"plugin.toml": MANIFEST.encode(), "plugin.ts": bytes(1 << 20)})
    raw = bytearray(path.read_bytes())
    at = raw.rindex(b"PK\x01\x02")
    raw[at + 24 : at + 28] = (10).to_bytes(4, "little")
    path.write_bytes(raw)

    assert refused(path) == "plugin.ts: cannot be unpacked from fx-report.zip"


def test_a_zip_of_many_entries_is_refused(tmp_path: Path) -> None:
    """16 are more than a plugin has."""
    many = {f"README{number}": b"" for number in range(14)}
    assert load(zipped(tmp_path, None, **many)).manifest.name == "fx-report"
    assert (
        refused(zipped(tmp_path, None, **many, README=b"")) == "fx-report.zip: has 17 entries, and at most 16 are read"
    )


@settings(derandomize=True, deadline=None, max_examples=150)
@given(st.data())
def test_a_damaged_zip_is_refused_or_is_the_same_plugin(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Whatever bytes are changed: a ManifestError, or the plugin whose bytes were checked; nothing else."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as parcel:
        parcel.writestr(zipfile.ZipInfo("plugin.toml"), MANIFEST)
        parcel.writestr(zipfile.ZipInfo("plugin.ts"), SCRIPT, zipfile.ZIP_DEFLATED)
    raw = bytearray(buffer.getvalue())
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "damaged.zip"
    path.write_bytes(raw[: data.draw(st.integers(1, len(raw)))] if data.draw(st.booleans()) else raw)
    try:
        assert load(path).checksum == PLUGIN.checksum
    except ManifestError as error:
        assert error.details["problems"]  # noqa: PT017 - one of two outcomes


# -- the checksum -----------------------------------------------------------------------------------------------------

PLUGIN = Plugin(manifest=read_manifest(MANIFEST.encode(), "plugin.toml"), source=SCRIPT)
OTHERWISE: dict[str, Any] = {
    "name": "fx-reports", "version": "1.4.1", "description": "x", "author": "Bob", "entry_point": "other",
    "script": "main.ts", "profile": "sealed", "capabilities": ("network", "metrics"), "hosts": ("b.example.com",),
    "secrets": ("A",), "tools": ("pay",), "limits": ManifestLimits(timeout_ms=5_001), "repository": "https://a.com",
    "licence": "MIT", "tags": ("fx",),
}  # fmt: skip


@pytest.mark.parametrize("field", Manifest.model_fields)
def test_every_field_is_in_the_checksum(field: str) -> None:
    """A manifest that differs in one field is another plugin."""
    other = PLUGIN.manifest.model_copy(update={field: OTHERWISE[field]})

    assert Plugin(manifest=other, source=SCRIPT).checksum != PLUGIN.checksum


@settings(derandomize=True, deadline=None, max_examples=100)
@given(
    st.binary(max_size=40).map(lambda raw: raw.decode("utf-8", "ignore")), st.text(max_size=20), st.text(max_size=20)
)
def test_a_checksum_belongs_to_one_manifest_and_one_script(source: str, description: str, other: str) -> None:
    """No text moves from one to the other under the same checksum, NULs and quotes or not."""
    one = Plugin(manifest=PLUGIN.manifest.model_copy(update={"description": description}), source=source)
    two = Plugin(manifest=PLUGIN.manifest.model_copy(update={"description": other}), source=source + "\0" + description)

    assert one.checksum != two.checksum
    assert (one.checksum == Plugin(manifest=two.manifest, source=source).checksum) == (description == other)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.permutations(list(json.loads(PLUGIN.manifest.canonical_json))), st.sampled_from([None, 1, 4]))
def test_the_order_and_the_spacing_of_a_file_make_no_difference(order: list[str], indent: int | None) -> None:
    """Any order of fields, any indentation: the same manifest, the same checksum."""
    fields = json.loads(PLUGIN.manifest.canonical_json)
    text = json.dumps({name: fields[name] for name in order}, indent=indent)

    assert Plugin(manifest=read_manifest(text.encode(), "plugin.json"), source=SCRIPT).checksum == PLUGIN.checksum
