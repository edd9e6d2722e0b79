#!/usr/bin/env python3
"""Looks for expressions with co_await that GCC 11.4 and 12.2 miscompile.

In one full expression with co_await these shapes lead to a double free or, with ASan, to an illegal
instruction: a temporary lambda with captures, a braced aggregate or initializer list, co_await behind
&&, || or ?, and `switch (co_await ...)`. Structured bindings of an awaited value leak with GCC 15.
Name the argument or the awaited value first.

    coroutines.py FILE...      reports each finding as FILE:LINE: text; exit 1 if there was one
    coroutines.py --self-test  shows that each shape is found, and that good code is left alone
"""

import re
import sys

# Strings, characters and comments, in this order of precedence.
NOISE = re.compile(
    r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|//[^\n]*|/\*.*?\*/', re.DOTALL)

LAMBDA_WITH_CAPTURE = re.compile(r'(?<![\w\])])\s*\[\s*[^\]\s][^\]]*\]\s*(?:\(|\{|mutable\b|->)')
BRACED = re.compile(r'(?:[\w>]\s*\{)|(?:[(,]\s*\{)')
CONDITIONAL = re.compile(r'(?:&&|\|\||\?|\?[^;]*[^:;]:)\s*!?\s*\(*\s*co_await\b')
SWITCH = re.compile(r'\bswitch\s*\([^;{]*\bco_await\b')
BINDING = re.compile(r'\bauto\s*(?:&{1,2})?\s*\[[^\]]*\]\s*=\s*co_await\b')


def blank_noise(text):
    """Replaces noise by blanks, so that positions stay what they are."""
    def blank(match):
        piece = match.group(0)
        if piece[0] in '"\'':
            return piece[0] + re.sub(r'[^\n]', ' ', piece[1:-1]) + piece[-1]
        return re.sub(r'[^\n]', ' ', piece)
    return NOISE.sub(blank, text)


def end_of_expression(text, start):
    """The position of the `;` that ends the full expression, or of the `)` or `}` that closes what is
    around it."""
    depth = 0
    for position in range(start, len(text)):
        character = text[position]
        if character in '([{':
            depth += 1
        elif character in ')]}':
            depth -= 1
            if depth < 0:
                return position
        elif character == ';' and depth == 0:
            return position
    return len(text)


def begin_of_statement(text, start):
    position = max(text.rfind(mark, 0, start) for mark in ';{}')
    return position + 1


def findings(text):
    clean = blank_noise(text)
    for match in re.finditer(r'\bco_await\b', clean):
        awaited = clean[match.end():end_of_expression(clean, match.end())]
        before = clean[begin_of_statement(clean, match.start()):match.end()]
        line = clean.count('\n', 0, match.start()) + 1
        if LAMBDA_WITH_CAPTURE.search(awaited):
            yield line, 'a capturing lambda is a temporary of an expression with co_await'
        elif BRACED.search(awaited):
            yield line, 'a braced temporary stands in an expression with co_await'
        if CONDITIONAL.search(before):
            yield line, 'co_await stands behind &&, ||, ? or :'
        if SWITCH.search(before):
            yield line, 'co_await stands inside switch (...)'
        if BINDING.search(before):
            yield line, 'structured binding of an awaited value'


BAD = {
    'capturing lambda': 'co_await co_spawn(ex, [s]() -> awaitable<> { co_return; }, token);',
    'default capture': 'auto r = co_await async_compose(token, [&](auto& self) { self(); });',
    'aggregate': 'co_await send(Request{1, 2});',
    'braced argument': 'auto r = co_await send({1, 2});',
    'second braced argument': 'co_await send(a, {"x"});',
    'and': 'if (ready && co_await read(x)) { }',
    'and not': 'while (open && !co_await closed()) { }',
    'or': 'bool b = a || co_await read(x);',
    'conditional': 'int n = a ? co_await read(x) : 0;',
    'else of a conditional': 'int n = a ? 0 : co_await read(x);',
    'switch': 'switch (co_await read(x)) { }',
    'binding': 'auto [ec, n] = co_await read(x);',
}
GOOD = [
    'co_await (a.wait() || b.wait());',
    'if (auto sent = co_await send(x, bytes); !sent) { return {}; }',
    'for (;;) { const bool open = co_await fd.readable(); if (!open) { break; } }',
    'auto r = co_await read(list[i]); use([x] { return x; });',
    'co_await read(a, b); // co_await send({1})',
    'log("co_await f({1})");',
    'const auto r = co_await read(std::string(x)); auto& [ec, n] = r;',
    'case A: co_await read(x); break;',
]


def self_test():
    wrong = [f'not found: {name}' for name, code in BAD.items() if not list(findings(code))]
    wrong += [f'wrongly found: {code}: {found}' for code in GOOD if (found := list(findings(code)))]
    for line in wrong:
        print(line)
    print(f'{len(BAD) + len(GOOD) - len(wrong)} passed, {len(wrong)} failed')
    return 1 if wrong else 0


def main(arguments):
    if arguments == ['--self-test']:
        return self_test()
    count = 0
    for path in arguments:
        with open(path, encoding='utf-8') as file:
            for line, text in findings(file.read()):
                print(f'{path}:{line}: {text}')
                count += 1
    return 1 if count else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
