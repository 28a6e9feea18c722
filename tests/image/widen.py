#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes a 64-bit Spur file of a 32-bit one, just good enough to be read by opal_oracle.

    widen.py SPUR32.image SPUR64.image

Every object keeps its place in the order, its class index, hash and flags; slots become twice as
wide, immediates and headers of methods get their 64-bit form. The list of free chunks is made
empty, boxed floats get the class index that 64-bit images use. Nothing can run in the result: its
bytecodes count in literals and variables, which are the same, but code that knows word sizes is not.
"""
import struct
import sys

BASE = 0x100000000
FREE_LISTS, CLASS_TABLE = 3, 4  # places among the first objects
FLOAT32, FLOAT64 = 4, 34  # class indices
SPECIAL_FLOAT = 9  # its place among the special objects
OVERFLOW = 255


class Object:
    def __init__(self, address, header, data):
        self.address, self.header, self.data = address, header, data
        self.format, self.index = header >> 24 & 31, header & 0x3FFFFF

    def words(self):
        return struct.unpack('<%dI' % (len(self.data) // 4), self.data)

    def literals(self):
        return self.words()[0] >> 1 & 0x7FFF


def read_objects(data):
    version, header_size, size, base, special = struct.unpack_from('<IIIII', data)
    if version != 6521:
        sys.exit('widen.py: no 32-bit Spur image')
    memory, at, objects = data[header_size:header_size + size], 0, []
    while at < size:
        header, = struct.unpack_from('<Q', memory, at)
        count = header >> 56
        if count == OVERFLOW:
            count, at = header & (1 << 56) - 1, at + 8
            header, = struct.unpack_from('<Q', memory, at)
        if header & 0x3FFFFF == 3:  # the bridge behind the last object
            break
        objects.append(Object(base + at, header, memory[at + 8:at + 8 + 4 * count]))
        at += 8 + max(8, (4 * count + 7) // 8 * 8)
    return objects, special


def bytes_and_format(size, first_format):
    slots = (size + 7) // 8
    return slots, first_format + slots * 8 - size


def shape(o):
    """How many slots it has there, and its format."""
    if o.format >= 24:
        extra = len(o.data) - (o.format - 24) - 4 * (o.literals() + 1)
        return bytes_and_format(8 * (o.literals() + 1) + extra, 24)
    if o.format >= 16:
        return bytes_and_format(len(o.data) - (o.format - 16), 16)
    if o.index in (FLOAT32, FLOAT64) and o.format == 10:
        return 1, 9
    if o.format in (10, 11) or o.index == 0:
        count = len(o.data) // 4
        return (count + 1) // 2, 10 + count % 2
    return len(o.data) // 4, o.format


class Writer:
    def __init__(self, objects):
        self.objects, self.addresses, self.shapes, at = objects, {}, [], 0
        for place, o in enumerate(objects):
            slots, kind = (64, 9) if place == FREE_LISTS else shape(o)
            at += 8 if slots >= OVERFLOW else 0
            self.addresses[o.address] = BASE + at
            self.shapes.append((at, slots, kind))
            at += 8 + 8 * max(1, slots)
        self.out = bytearray(at + 16)  # with an empty bridge
        self.nil = BASE + self.shapes[0][0]

    def put(self, at, word):
        struct.pack_into('<Q', self.out, at, word & (1 << 64) - 1)

    def get(self, at):
        return struct.unpack_from('<Q', self.out, at)[0]

    def oop(self, word):
        if word & 1:
            return ((word >> 1) - (word >> 31 << 31)) << 3 | 1
        return word >> 2 << 3 | 2 if word & 3 == 2 else self.addresses.get(word, self.nil)

    def put_words(self, at, words):
        for place, word in enumerate(words):
            self.put(at + 8 * place, self.oop(word))

    def put_method(self, at, o):
        count, value = o.literals(), o.words()[0] >> 1
        sign = value >> 30  # the bytecode set
        self.put(at, ((value & (1 << 30) - 1) - (sign << 60)) << 3 | 1)
        self.put_words(at + 8, o.words()[1:count + 1])
        code = o.data[4 * (count + 1):len(o.data) - (o.format - 24)]
        at += 8 * (count + 1)
        self.out[at:at + len(code)] = code

    def put_object(self, place, o):
        at, slots, kind = self.shapes[place]
        index = {FREE_LISTS: 19}.get(place, FLOAT64 if kind == 9 else o.index)
        if slots >= OVERFLOW:
            self.put(at - 8, OVERFLOW << 56 | slots)
        kept = o.header & ~(0xFF << 56 | 31 << 24 | 0x3FFFFF)
        self.put(at, kept | min(slots, OVERFLOW) << 56 | kind << 24 | index)
        if place == FREE_LISTS:
            return
        if kind >= 24:
            self.put_method(at + 8, o)
        elif kind >= 9:
            data = o.data[:len(o.data) - (o.format - 16)] if o.format >= 16 else o.data
            self.out[at + 8:at + 8 + len(data)] = data
        else:
            self.put_words(at + 8, o.words())

    def name_float_class(self, special):
        """Boxed floats have another class index, and another format, in 64-bit images."""
        by_address = {o.address: o for o in self.objects}
        float_class = self.addresses[by_address[special].words()[SPECIAL_FLOAT]]
        at = float_class - BASE
        self.put(at, self.get(at) & ~(0x3FFFFF << 32) | FLOAT64 << 32)
        self.put(at + 24, ((self.get(at + 24) >> 3) & ~(31 << 16) | 10 << 16) << 3 | 1)
        first_page = self.addresses[self.objects[CLASS_TABLE].words()[0]] - BASE
        self.put(first_page + 8 + 8 * FLOAT64, float_class)


def main(source, target):
    with open(source, 'rb') as file:
        objects, special = read_objects(file.read())
    writer = Writer(objects)
    for place, o in enumerate(objects):
        writer.put_object(place, o)
    writer.name_float_class(special)
    header = bytearray(128)
    size = len(writer.out)
    struct.pack_into('<IIqqq', header, 0, 68021, 128, size, BASE, writer.addresses[special])
    struct.pack_into('<q', header, 72, size)
    with open(target, 'wb') as file:
        file.write(bytes(header) + writer.out)


main(*sys.argv[1:3])
