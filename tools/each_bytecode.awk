# SPDX-License-Identifier: MIT
# Makes of a bytecode table one in which each row names a single byte: a row for a range becomes as many
# rows as the range has bytes, so that in the interpreter every byte has a handler in which its own
# operand is a constant.
{
    if (match($0, /^(BYTECODE|EXTENDED)\([0-9]+, [0-9]+, /)) {
        head = substr($0, 1, index($0, "("))
        rest = substr($0, index($0, "(") + 1)
        split(rest, part, ", ")
        tail = substr(rest, length(part[1]) + length(part[2]) + 5)
        for (byte = part[1] + 0; byte <= part[2] + 0; byte++) print head byte ", " byte ", " tail
    } else {
        print
    }
}
