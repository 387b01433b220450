"""Copy the pinned browser packages into `static/vendor`, or check what is committed.

`npm ci` then `python -m dashboards.project.vendor` writes the files and `manifest.json`;
`python -m dashboards.project.vendor --check` needs no npm and compares the files with the manifest.
"""

import hashlib
import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
VENDOR_DIR = ROOT / "dashboards" / "static" / "vendor"
MANIFEST = "manifest.json"
LICENCE = "LICENSE"
OWN_FILES = frozenset({MANIFEST, "README.md"})

PACKAGES: Mapping[str, Mapping[str, str]] = {
    "lit-html": {
        "lit-html.js": "lit-html.js",
        "directive.js": "directive.js",
        "directive-helpers.js": "directive-helpers.js",
        "directives/class-map.js": "directives/class-map.js",
        "directives/live.js": "directives/live.js",
        "directives/repeat.js": "directives/repeat.js",
    },
    "barcode-detector": {
        "dist/es/ponyfill.js": "ponyfill.js",
        "dist/es/zxing-exported.js": "zxing-exported.js",
    },
    "zxing-wasm": {"dist/reader/zxing_reader.wasm": "zxing_reader.wasm"},
}
"""Package → file in the package → file beside its licence in our folder."""


def locked_versions(root: Path = ROOT) -> dict[str, str]:
    """Return the version of each vendored package that the npm lockfile pins."""
    lock = json.loads((root / "package-lock.json").read_text(encoding="utf-8"))
    return {name: lock["packages"][f"node_modules/{name}"]["version"] for name in PACKAGES}


def vendor(root: Path = ROOT, vendor_dir: Path = VENDOR_DIR) -> None:
    """Write the packages and the manifest anew; folders of other versions disappear.

    :raises FileNotFoundError: when `node_modules` lacks a package or one has no licence file.
    """
    manifest = {}
    for folder in [path for path in vendor_dir.glob("*") if path.is_dir()]:
        shutil.rmtree(folder)
    for name, version in locked_versions(root).items():
        copy_package(root / "node_modules" / name, vendor_dir / f"{name}-{version}", PACKAGES[name])
        manifest[name] = described(root / "node_modules" / name, vendor_dir / f"{name}-{version}")
    text = json.dumps(manifest, indent=2, sort_keys=True)
    (vendor_dir / MANIFEST).write_text(text + "\n", encoding="utf-8")


def copy_package(source: Path, target: Path, files: Mapping[str, str]) -> None:
    """Copy the named files and the licence of one package."""
    for inside, beside in {**files, LICENCE: LICENCE}.items():
        (target / beside).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / inside, target / beside)


def described(source: Path, target: Path) -> dict[str, Any]:
    """Return a package's line of the manifest: version, licence and the hash of each file."""
    package = json.loads((source / "package.json").read_text(encoding="utf-8"))
    files = sorted(path for path in target.rglob("*") if path.is_file())
    return {
        "version": package["version"],
        "licence": package["license"],
        "files": {path.relative_to(target).as_posix(): sha256_of(path) for path in files},
    }


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def problems(root: Path = ROOT, vendor_dir: Path = VENDOR_DIR) -> list[str]:
    """Return what differs between lockfile, manifest and files; empty when nothing does."""
    manifest = json.loads((vendor_dir / MANIFEST).read_text(encoding="utf-8"))
    listed = listed_files(manifest)
    present = {
        path.relative_to(vendor_dir).as_posix(): path
        for path in vendor_dir.rglob("*")
        if path.is_file()
    }
    found = [f"{path}: not in the manifest" for path in present.keys() - listed.keys() - OWN_FILES]
    found += [f"{path}: missing" for path in listed.keys() - present.keys()]
    for path in listed.keys() & present.keys():
        if sha256_of(present[path]) != listed[path]:
            found.append(f"{path}: changed")
    for name, version in locked_versions(root).items():
        if manifest.get(name, {}).get("version") != version:
            found.append(f"{name}: the lockfile pins {version}")
    return sorted(found)


def listed_files(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return each file of the manifest, by its path under the vendor folder, with its hash."""
    return {
        f"{name}-{package['version']}/{path}": digest
        for name, package in manifest.items()
        for path, digest in package["files"].items()
    }


def main(arguments: list[str]) -> int:
    """Vendor the packages, or with `--check` print what is wrong and return 1."""
    if arguments != ["--check"]:
        vendor()
    found = problems()
    sys.stdout.writelines(f"{problem}\n" for problem in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
