#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The MAY_GC discipline, checked over all of src.

    tools/may_gc.py [SRC]

A function marked MAY_GC may move objects. Whoever calls one is marked too, or holds all its oops in
roots and says so with a comment "roots:" at its head. Calls through pointers count: a pointer to
functions that may collect is declared MAY_GC itself (a typedef, a field, a parameter), no other
pointer is given such a function, and whoever calls through it is marked. So, by induction, every
function from which a collection can be reached is marked. The other way round: a marked function
outside of memory/ calls something that may collect, or the mark says nothing; and the rows of
primitives.tbl say of a primitive what its function says.

Reads C as this project writes it (clang-format'ed; definitions begin in the first column). Prints
file:line: what is wrong; exits 1 when anything is.
"""
import pathlib
import re
import sys

KEYWORDS = {"if", "for", "while", "switch", "return", "sizeof", "defined", "_Static_assert", "case"}


class Function:
    def __init__(self, name, path, line, parameters, body, marked, roots):
        self.name, self.path, self.line = name, path, line
        self.parameters, self.body = parameters, body  # body: (text, line of its first character)
        self.marked, self.roots = marked, roots


def blank(match):
    """Spaces for a comment or string, so that positions stay."""
    return re.sub(r"[^\n]", " ", match.group())


def without_comments(text):
    text = re.sub(r'"(\\.|[^"\\\n])*"|\'(\\.|[^\'\\\n])*\'', lambda m: '"' + blank(m)[1:-1] + '"', text)
    return re.sub(r"//[^\n]*|/\*.*?\*/", blank, text, flags=re.S)


def closing(text, start, pair="()"):
    """The position behind the bracket that closes the one at start."""
    depth = 0
    for i in range(start, len(text)):
        depth += (text[i] == pair[0]) - (text[i] == pair[1])
        if depth == 0:
            return i + 1
    return len(text)


def split_arguments(text):
    parts, depth, last = [], 0, 0
    for i, c in enumerate(text):
        depth += (c in "([{") - (c in ")]}")
        if c == "," and depth == 0:
            parts.append(text[last:i])
            last = i + 1
    return parts + [text[last:]]


def declared_name(declaration):
    """Of a parameter or member: the name, also of a function pointer."""
    pointer = re.search(r"\(\*\s*(\w+)", declaration)
    if pointer:
        return pointer.group(1)
    words = re.findall(r"\w+", re.sub(r"\[.*?\]|:\s*\d+", "", declaration))
    return words[-1] if words else ""


class Sources:
    def __init__(self, root):
        self.root = root
        self.files = {}
        for path in sorted(root.glob("*/*.[ch]")):
            raw = path.read_text()
            self.files[path] = (raw, without_comments(raw))
        self.functions, self.structs = [], {}
        self.marked_names, self.roots_names, self.pointer_types = set(), set(), set()
        self.parameters_of = {}
        for path in self.files:
            self.read_declarations(path)
        for name, members in self.structs.items():
            self.structs[name] = [(declared_name(part), self.is_marked_pointer(line))
                                  for line in members.split(";") if line.strip()
                                  for part in split_arguments(line)]
        self.marked_fields = {name for members in self.structs.values()
                              for name, marked in members if marked}
        for path in self.files:
            self.read_functions(path)
        for f in self.functions:
            if f.marked:
                self.marked_names.add(f.name)
        for f in self.functions:
            f.marked = f.name in self.marked_names

    def line_of(self, path, position):
        return self.files[path][0].count("\n", 0, position) + 1

    # Types and prototypes.
    def read_declarations(self, path):
        text = self.files[path][1]
        for m in re.finditer(r"^MAY_GC[^;{}()]*?(\w+)\(", text, re.M):
            self.marked_names.add(m.group(1))
        for m in re.finditer(r"^(MAY_GC )?typedef [^;{}]*?\(\*(\w+)\)", text, re.M):
            if m.group(1):
                self.pointer_types.add(m.group(2))
        for m in re.finditer(r"\bstruct (\w+) \{", text):
            end = closing(text, m.end() - 1, "{}")
            self.structs.setdefault(m.group(1), text[m.end():end - 1])

    def is_marked_pointer(self, declaration):
        if re.search(r"\(\*", declaration):
            return "MAY_GC" in declaration
        return any(re.search(rf"\b{name}\b", declaration) for name in self.pointer_types)

    def read_functions(self, path):
        raw, text = self.files[path]
        head = re.compile(r"^(?!#|typedef|struct|enum|union|return)([A-Za-z_][\w \t*()]*?[ *])(\w+)\(",
                          re.M)
        for m in head.finditer(text):
            end = closing(text, m.end() - 1)
            parameters = [p.strip() for p in split_arguments(text[m.end():end - 1])]
            self.parameters_of.setdefault(m.group(2), parameters)
            brace = re.compile(r"\s*\{").match(text, end)
            if not brace or m.group(2) in KEYWORDS:
                continue
            body_end = closing(text, brace.end() - 1, "{}")
            comment = re.search(r"((?:^//[^\n]*\n)*)\Z", raw[:m.start()], re.M).group(1)
            self.functions.append(Function(
                m.group(2), path, self.line_of(path, m.start()), parameters,
                (text[brace.end():body_end - 1], brace.end()),
                m.group(1).startswith("MAY_GC") or m.group(2) in self.marked_names,
                "roots:" in comment))


class Check:
    def __init__(self, sources):
        self.sources, self.complaints = sources, []
        self.rows = self.read_rows()

    def complain(self, path, line, text):
        self.complaints.append(f"{path}:{line}: {text}")

    def read_rows(self):
        """What primitives.tbl says: function -> (line, may it collect)."""
        rows, table = {}, self.sources.root / "run" / "primitives.tbl"
        for number, line in enumerate(table.read_text().split("\n"), 1):
            m = re.match(r"PRIMITIVE\(\d+, (prim_\w+), -?\d+, -?\d+, ([01]),", line)
            if m:
                rows[m.group(1)] = (table, number, m.group(2) == "1")
        return rows

    def check_rows(self):
        for name, (path, number, collects) in self.rows.items():
            if collects != (name in self.sources.marked_names):
                self.complain(path, number, f"the row of {name} says that it "
                              f"{'may' if collects else 'does not'} collect, its function does not say so")

    # Calls.
    def calls(self, function):
        """Positions and names of what the function calls that may collect."""
        text, start = function.body
        local_pointers = {declared_name(p) for p in function.parameters
                          if self.sources.is_marked_pointer(p)}
        others = {declared_name(p) for p in function.parameters} - local_pointers
        for m in re.finditer(r"(->|\.)?\b([A-Za-z_]\w*)\s*\(", text):
            name = m.group(2)
            if m.group(1):
                if name in self.sources.marked_fields:
                    yield start + m.start(), name
            elif name in local_pointers or (name in self.sources.marked_names and
                                            name not in others):
                yield start + m.start(), name

    def check_calls(self, function):
        found = list(self.calls(function))
        if function.marked or function.roots:
            if not found and function.marked and function.path.parent.name != "memory":
                self.complain(function.path, function.line, f"{function.name} is marked MAY_GC, "
                              "but calls nothing that may collect")
            return
        for position, name in found:
            self.complain(function.path, self.sources.line_of(function.path, position),
                          f"{function.name} calls {name}, which may collect, "
                          "and is not marked MAY_GC")

    # Functions as values.
    def destination(self, text, position):
        """Whether the pointer that the value at `position` goes to is marked; None: it is the
        function of a table row that says nothing about collecting."""
        before = text[:position]
        field = re.search(r"(?:\.|->)(\w+)\s*=\s*&?$", before)
        if field:
            return field.group(1) in self.sources.marked_fields
        depth, opening = 0, -1
        for i in range(position - 1, -1, -1):
            depth += (text[i] in ")]}") - (text[i] in "([{")
            if depth < 0:
                opening = i
                break
            if text[i] == ";" and depth == 0:
                break
        if opening < 0:
            return False
        index = len(split_arguments(text[opening + 1:position])) - 1
        owner = re.search(r"(\w+)\s*(\[\w*\])?\s*(\)|=)?\s*$", text[:opening])
        if text[opening] == "(" and owner:
            name = owner.group(1)
            if name.endswith("_PRIMITIVE") or name == "NAMED":
                return None
            parameters = self.sources.parameters_of.get(name, [])
            return index < len(parameters) and self.sources.is_marked_pointer(parameters[index])
        if text[opening] == "{":
            for type_name in re.findall(r"\w+", text[max(0, opening - 80):opening])[::-1]:
                if type_name in self.sources.structs:
                    members = self.sources.structs[type_name]
                    return index < len(members) and members[index][1]
        return False

    def check_values(self, path):
        text = self.sources.files[path][1]
        words = {m.start(): m.group() for m in re.finditer(r"\b[a-z_]\w*\b(?!\s*\()", text)
                 if m.group() in self.sources.marked_names}
        for position, name in words.items():
            if re.search(r"(\.|->|\(\*|\bgoto )$", text[position - 5:position]):
                continue
            if re.match(r"\w+\s*:", text[position:]): # a label
                continue
            line_start = text.rfind("\n", 0, position) + 1
            if text[line_start] == "#":
                continue
            marked = self.destination(text, position)
            if marked is None:
                self.complain(path, self.sources.line_of(path, position),
                              f"{name} may collect, and its row does not say so")
            elif not marked:
                self.complain(path, self.sources.line_of(path, position),
                              f"{name} may collect, and goes to a pointer that is not MAY_GC")

    def run(self):
        self.check_rows()
        for function in self.sources.functions:
            self.check_calls(function)
        for path in self.sources.files:
            self.check_values(path)
        for complaint in self.complaints:
            print(complaint)
        return 1 if self.complaints else 0


if __name__ == "__main__":
    sys.exit(Check(Sources(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "src"))).run())
