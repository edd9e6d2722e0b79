#!/usr/bin/env python3
"""Checks that includes between the folders of src point one way.

    layers.py ROOT         reports each include that points the wrong way; exit 1 if there was one
    layers.py --self-test  shows that a wrong include is found, and a right one left alone
"""

import pathlib
import re
import sys

# Each folder and what it may include besides itself and the public headers.
ALLOWED = {
    'model': set(),
    'dialect': {'model'},
    'port': {'model'},
    'engine': {'port', 'model'},
    'os': {'port', 'model'},
    'control': {'engine', 'port', 'model', 'os'},
    'facade': {'control', 'engine', 'os', 'dialect', 'port', 'model'},
    'reloadd': set(),
    'reloadctl': set(),
}
# Only the client of control touches os (it must find the sockets); the server side may not.
ONLY_CLIENT = {('control', 'os'): 'client.cpp'}
INCLUDE = re.compile(r'^#include "(?:([a-z_]+)/)?([a-z_]+\.hpp)"', re.MULTILINE)


def wrong_includes(folder, name, text):
    for target, header in INCLUDE.findall(text):
        if not target or target == folder:
            continue
        only = ONLY_CLIENT.get((folder, target))
        if target not in ALLOWED[folder] or (only and name != only):
            yield f'{folder}/{name} includes {target}/{header}'


def self_test():
    bad = [('engine', 'reload.cpp', '#include "os/spawn.hpp"\n'),
           ('model', 'words.cpp', '#include "port/clock.hpp"\n'),
           ('control', 'session.cpp', '#include "os/spawn.hpp"\n'),
           ('reloadd', 'main.cpp', '#include "engine/world.hpp"\n')]
    good = [('engine', 'reload.cpp', '#include "port/proxy.hpp"\n#include "engine/drain.hpp"\n'),
            ('control', 'client.cpp', '#include "os/runtime_dir.hpp"\n'),
            ('reloadctl', 'main.cpp', '#include "verbs.hpp"\n')]
    failed = [case for case in bad if not list(wrong_includes(*case))]
    failed += [case for case in good if list(wrong_includes(*case))]
    for case in failed:
        print(f'wrong: {case}')
    print(f'{len(bad) + len(good) - len(failed)} passed, {len(failed)} failed')
    return 1 if failed else 0


def main(arguments):
    if arguments == ['--self-test']:
        return self_test()
    found = []
    for folder in ALLOWED:
        for path in sorted(pathlib.Path(arguments[0], 'src', folder).iterdir()):
            found += wrong_includes(folder, path.name, path.read_text(encoding='utf-8'))
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
