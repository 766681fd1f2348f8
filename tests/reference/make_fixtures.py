"""Writes every file of tests/fixtures again.

    python3 tests/reference/make_fixtures.py [NAME...]

NAME limits it to the fixtures of these names, such as "resnet50" or "37x23-resize20-crop32-bicubic".
"""

import argparse
import json

import golden
import pillow
import reference_paths


def write(folder, name, fixture):
    path = reference_paths.FIXTURES / folder / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(fixture, separators=(",", ":")) + "\n")
    print(f"{path.relative_to(reference_paths.ROOT)}  {path.stat().st_size:,} bytes", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    names = set(parser.parse_args().names)
    jobs = {case.name: ("golden", golden.make, case) for case in golden.CASES}
    jobs.update({pillow.name(case): ("preprocess", pillow.make, case) for case in pillow.CASES})
    if names - jobs.keys():
        parser.error(f"no fixture {', '.join(sorted(names - jobs.keys()))}")
    for name, (folder, make, case) in jobs.items():
        if not names or name in names:
            write(folder, name, make(case))


if __name__ == "__main__":
    main()
