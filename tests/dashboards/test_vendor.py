"""The vendored browser packages are what the lockfile pins, unchanged and self-contained."""

import json
import re
import shutil

import pytest

from dashboards.project import vendor

NPM_LOCK = vendor.ROOT / "package-lock.json"


@pytest.fixture
def copied(tmp_path):
    target = tmp_path / "vendor"
    shutil.copytree(vendor.VENDOR_DIR, target)
    return target


def manifest():
    return json.loads((vendor.VENDOR_DIR / vendor.MANIFEST).read_text(encoding="utf-8"))


def test_committed_files_match_manifest_and_lockfile():
    assert vendor.problems() == []


def test_every_package_carries_its_licence():
    for name, package in manifest().items():
        assert package["licence"] in {"MIT", "BSD-3-Clause"}
        assert vendor.LICENCE in package["files"], name


def test_a_changed_file_is_found(copied):
    module = next(copied.glob("lit-html-*/lit-html.js"))
    module.write_text(module.read_text(encoding="utf-8") + "\n", encoding="utf-8")

    assert vendor.problems(vendor_dir=copied) == [f"{module.parent.name}/lit-html.js: changed"]


def test_a_missing_and_a_stray_file_are_found(copied):
    module = next(copied.glob("lit-html-*/directive.js"))
    module.rename(module.with_name("another.js"))

    assert vendor.problems(vendor_dir=copied) == [
        f"{module.parent.name}/another.js: not in the manifest",
        f"{module.parent.name}/directive.js: missing",
    ]


def test_a_version_that_is_not_vendored_is_found(tmp_path):
    lock = json.loads(NPM_LOCK.read_text(encoding="utf-8"))
    lock["packages"]["node_modules/lit-html"]["version"] = "9.9.9"
    (tmp_path / "package-lock.json").write_text(json.dumps(lock), encoding="utf-8")

    assert vendor.problems(root=tmp_path) == ["lit-html: the lockfile pins 9.9.9"]


def test_vendoring_from_packages_gives_a_folder_without_problems(tmp_path):
    shutil.copy(NPM_LOCK, tmp_path)
    for name, version in vendor.locked_versions().items():
        make_package(tmp_path / "node_modules" / name, version, vendor.PACKAGES[name])
    target = tmp_path / "vendor"
    (target / "lit-html-1.0.0").mkdir(parents=True)

    vendor.vendor(root=tmp_path, vendor_dir=target)

    assert vendor.problems(root=tmp_path, vendor_dir=target) == []
    assert not (target / "lit-html-1.0.0").exists()


def test_a_package_without_licence_stops_vendoring(tmp_path):
    shutil.copy(NPM_LOCK, tmp_path)
    for name, version in vendor.locked_versions().items():
        make_package(tmp_path / "node_modules" / name, version, vendor.PACKAGES[name])
    (tmp_path / "node_modules" / "lit-html" / vendor.LICENCE).unlink()
    (tmp_path / "vendor").mkdir()

    with pytest.raises(FileNotFoundError):
        vendor.vendor(root=tmp_path, vendor_dir=tmp_path / "vendor")


def make_package(folder, version, files):
    for name in (*files, vendor.LICENCE):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"// {name} {version}\n", encoding="utf-8")
    about = {"version": version, "license": "MIT"}
    (folder / "package.json").write_text(json.dumps(about), encoding="utf-8")


def test_lockfile_names_no_registry_and_pins_every_file_by_hash():
    text = NPM_LOCK.read_text(encoding="utf-8")
    packages = [package for path, package in json.loads(text)["packages"].items() if path]

    assert "resolved" not in text
    assert "://" not in text.replace("https://github.com/sponsors/", "")
    assert all(package["integrity"].startswith("sha512-") for package in packages)


def test_vendored_modules_import_only_files_that_are_vendored():
    for module in vendor.VENDOR_DIR.rglob("*.js"):
        text = module.read_text(encoding="utf-8")
        for target in re.findall(r"""(?m)^(?:import|export)\b.*?\bfrom\s*["'](.+?)["']""", text):
            assert target.startswith("."), f"{module.name} imports {target}"
            assert (module.parent / target).is_file(), f"{module.name} imports {target}"


def test_no_vendored_module_needs_eval():
    for module in vendor.VENDOR_DIR.rglob("*.js"):
        assert not re.search(r"\beval\(|new Function\b", module.read_text(encoding="utf-8"))


def test_the_decoder_is_the_one_its_module_was_built_with():
    glue = next(vendor.VENDOR_DIR.glob("barcode-detector-*/zxing-exported.js"))
    digest = manifest()["zxing-wasm"]["files"]["zxing_reader.wasm"]

    assert digest in glue.read_text(encoding="utf-8")


def test_the_command_reports_by_its_exit_code(capsys):
    assert vendor.main(["--check"]) == 0
    assert capsys.readouterr().out == ""
