# SPDX-License-Identifier: MIT
# gdb helpers for Parley: objects, frames, contexts and stacks by name. Load them with
#
#     (gdb) source tools/gdb/parley-gdb.py
#
#     p-oop EXPR        an object: class, format, size, its fields or bytes
#     p-context EXPR    a Context, and the activation it stands for
#     p-frame [EXPR]    the frame at that fp; without argument the running one
#     p-stack [EXPR]    the running process's stack, or that of a Context or Process
#     p-processes       all processes that have something to run, with the newest activation
#     p-events [N]      the last N events of the ring
#
# They only read memory, so they work on core files and while the VM is in any state. The VM is
# taken from a variable `vm` of the selected frame or of one of its callers, or from `p-vm EXPR`.
# The running frame is that of vm->fp; where the interpreter's loop itself has stopped the live
# registers are in its local variable `r`, which is preferred when gdb can see it.
import struct

import gdb

FORWARDER = 8
CONTEXT = {"sender": 0, "pc": 1, "stackp": 2, "method": 3, "closure": 4, "receiver": 5}
FRAME = {"return": 1, "caller": 0, "method": -1, "flags": -2, "context": -3, "pc": -4,
         "receiver": -5}
FLAG_BLOCK, FLAG_MARRIED = 1 << 16, 1 << 17
MOST_FRAMES = 200

chosen_vm = None


def read(address, size):
    return bytes(gdb.selected_inferior().read_memory(address, size))


def word(address):
    return struct.unpack("<Q", read(address, 8))[0]


def signed(bits):
    return bits - (1 << 64) if bits >> 63 else bits


def find_vm():
    if chosen_vm is not None:
        return chosen_vm
    frame = gdb.selected_frame()
    while frame is not None:
        try:
            value = frame.read_var("vm")
            if value.type.code == gdb.TYPE_CODE_PTR and not value.is_optimized_out:
                return value
        except (ValueError, gdb.error):
            pass
        frame = frame.older()
    raise gdb.GdbError("no variable `vm` here; choose one with p-vm EXPR")


def bits_of(expression):
    value = gdb.parse_and_eval(expression)
    if value.type.strip_typedefs().code == gdb.TYPE_CODE_STRUCT:
        value = value["bits"]
    return int(value) & (1 << 64) - 1


def vm_word(path):
    value = find_vm()
    for name in path.split("."):
        value = value[name]
    if value.type.strip_typedefs().code == gdb.TYPE_CODE_STRUCT:
        value = value["bits"]
    return int(value) & (1 << 64) - 1


class Object:
    """A heap object, forwarders followed."""

    def __init__(self, address):
        self.address = address
        for _ in range(16):
            self.header = word(self.address)
            if self.class_index != FORWARDER:
                break
            self.address = word(self.address + 8)

    @property
    def class_index(self):
        return self.header & 0x3FFFFF

    @property
    def format(self):
        return self.header >> 24 & 31

    @property
    def slots(self):
        count = self.header >> 56
        return count if count < 255 else word(self.address - 8) & (1 << 56) - 1

    def slot(self, index):
        return word(self.address + 8 + 8 * index)

    @property
    def is_method(self):
        return self.format >= 24

    @property
    def is_string(self):
        return 16 <= self.format < 24

    @property
    def pointer_count(self):
        if self.is_method:
            return (self.slot(0) >> 3 & 0x7FFF) + 1
        return self.slots if self.format <= 5 else 0

    def bytes(self, limit=200):
        size = self.slots * 8 - (self.format & 7)
        return read(self.address + 8, min(size, limit))

    def text(self):
        return "".join(chr(b) if 32 <= b < 127 else "?" for b in self.bytes())


def is_object(bits):
    if bits & 7 or bits == 0:
        return False
    return vm_word("arena.new_space.start") <= bits < vm_word("arena.end")


def class_at(index):
    root = Object(vm_word("heap.class_table_root"))
    page = root.slot(index // 1024)
    return Object(page).slot(index % 1024) if is_object(page) else 0


def class_bits_of(bits):
    index = bits & 7
    return class_at(index if index else Object(bits).class_index)


def class_name(bits):
    """The first string behind the fields that the VM knows; of a metaclass, its instance's."""
    if not is_object(bits):
        return "?"
    fields = Object(bits)
    values = [fields.slot(i) for i in range(3, min(fields.pointer_count, 24))]
    for value in values:
        if is_object(value) and Object(value).is_string:
            return Object(value).text()
    for value in values:
        if is_object(value) and class_bits_of(value) == bits:
            return class_name(value) + " class"
    return "?"


def short(bits):
    """One word for any oop."""
    tag = bits & 7
    if tag == 1:
        return str(signed(bits) >> 3)
    if tag == 2:
        code = bits >> 3
        return "$" + chr(code) if 32 < code < 127 else "Character %d" % code
    if tag == 4:
        return "a SmallFloat64 %#x" % bits
    for name in ("nil", "true_object", "false_object"):
        if bits == vm_word("heap." + name):
            return name.split("_")[0]
    if not is_object(bits):
        return "no object %#x" % bits
    thing = Object(bits)
    if thing.is_method:
        return method_name(bits)
    name = class_name(class_bits_of(thing.address))
    return "'%s'" % thing.text() if thing.is_string else "a %s %#x" % (name, bits)


def literal_from_end(method, position):
    count = method.pointer_count - 1
    return method.slot(count - position) if count > position else 0


def method_name(bits):
    method = Object(bits)
    for _ in range(32):
        outer = literal_from_end(method, 0)
        if not is_object(outer) or not Object(outer).is_method:
            break
        method = Object(outer)
    selector = literal_from_end(method, 1)
    if is_object(selector) and not Object(selector).is_string and Object(selector).slots > 1:
        selector = Object(selector).slot(1)
    binding = literal_from_end(method, 0)
    owner = Object(binding).slot(1) if is_object(binding) and Object(binding).slots > 1 else 0
    name = Object(selector).text() if is_object(selector) else "?"
    return "%s>>%s" % (class_name(owner), name)


def activation_line(receiver, method, is_block, pc, where):
    name = method_name(method) if is_object(method) and Object(method).is_method else "?"
    prefix = "[] in " if is_block else ""
    return "%s%s  pc %d, %s, self %s" % (prefix, name, pc, where, short(receiver))


# ---- frames and contexts


class FrameAt:
    def __init__(self, fp):
        self.fp = fp

    def at(self, name):
        return word(self.fp + 8 * FRAME[name])

    @property
    def arguments(self):
        return self.at("flags") >> 8 & 255

    def line(self):
        return activation_line(self.at("receiver"), self.at("method"),
                               self.at("flags") & FLAG_BLOCK, self.at("pc") - 7,
                               "frame %#x" % self.fp)


def page_of(fp):
    start = vm_word("arena.stack.start")
    index = (fp - start) // 8 // vm_word("stack.page_words")
    if fp < start or index >= vm_word("stack.count"):
        raise gdb.GdbError("%#x is in no stack page" % fp)
    return find_vm()["stack"]["pages"][index]


def loop_registers():
    """fp and sp from the interpreter's loop, where it has not called anything: then what it holds
    is saved in the VM. None: not there, or the compiler left no trace of them."""
    try:
        frame = gdb.selected_frame()
        registers = frame.read_var("r")
        if frame != gdb.newest_frame():
            return None
        fp, sp = int(registers["fp"]), int(registers["sp"])
        page_of(fp)
        return (fp, sp) if page_of(sp) == page_of(fp) else None
    except (ValueError, gdb.error, gdb.GdbError):
        return None


def running_frame():
    """fp and sp of the running frame."""
    return loop_registers() or (vm_word("fp"), vm_word("sp"))


def print_frame(fp, sp):
    frame = FrameAt(fp)
    print(frame.line())
    flags = frame.at("flags")
    print("  flags %#x, %d arguments%s%s" % (flags, frame.arguments,
                                             ", block" if flags & FLAG_BLOCK else "",
                                             ", married" if flags & FLAG_MARRIED else ""))
    if flags & FLAG_MARRIED:
        print("  context %#x" % frame.at("context"))
    print("  caller %#x" % frame.at("caller"))
    for i in range(frame.arguments):
        print("  argument %d: %s" % (i, short(word(fp + 8 * (frame.arguments + 1 - i)))))
    address, position = fp - 8 * 6, 0
    while sp is not None and address >= sp:
        print("  word %d: %s" % (position, short(word(address))))
        address, position = address - 8, position + 1


def is_context(bits):
    return is_object(bits) and Object(bits).class_index == vm_word("known.context")


def married_frame(context):
    sender = context.slot(CONTEXT["sender"])
    return sender - 1 if sender & 7 == 1 else 0


def walk(fp, context):
    """Lines of a stack that begins with a frame (fp) or a context."""
    for _ in range(MOST_FRAMES):
        if fp:
            yield FrameAt(fp).line()
            caller = FrameAt(fp).at("caller")
            context = 0 if caller else int(page_of(fp)["base_sender"]["bits"])
            fp = caller
        elif is_context(context):
            thing = Object(context)
            fp = married_frame(thing)
            if fp:
                continue
            pc = thing.slot(CONTEXT["pc"])
            yield activation_line(thing.slot(CONTEXT["receiver"]), thing.slot(CONTEXT["method"]),
                                  thing.slot(CONTEXT["closure"]) != vm_word("heap.nil"),
                                  signed(pc) >> 3 if pc & 7 == 1 else -1, "context %#x" % context)
            context = thing.slot(CONTEXT["sender"])
        else:
            return
    yield "... and more"


# ---- commands


def command(name, completion=gdb.COMPLETE_EXPRESSION):
    def register(function):
        class Command(gdb.Command):
            __doc__ = function.__doc__

            def __init__(self):
                super().__init__(name, gdb.COMMAND_DATA, completion)

            def invoke(self, argument, from_tty):
                try:
                    function(argument.strip())
                except gdb.MemoryError as error:
                    raise gdb.GdbError("broken memory: %s" % error)

        Command()
        return function

    return register


@command("p-vm")
def p_vm(argument):
    """p-vm EXPR: takes that VM for all commands; without EXPR the variable vm again."""
    global chosen_vm
    chosen_vm = gdb.parse_and_eval(argument) if argument else None


@command("p-oop")
def p_oop(argument):
    """p-oop EXPR: prints an object with its fields."""
    bits = bits_of(argument)
    print(short(bits))
    if not is_object(bits):
        return
    thing = Object(bits)
    print("  %#x: class %s (index %d), format %d, %d slots%s" %
          (thing.address, class_name(class_bits_of(thing.address)), thing.class_index,
           thing.format, thing.slots, ", read-only" if thing.header >> 23 & 1 else ""))
    for i in range(min(thing.pointer_count, 50)):
        print("  %d: %s" % (i, short(thing.slot(i))))
    if thing.pointer_count == 0 and thing.slots:
        print("  " + read(thing.address + 8, min(thing.slots * 8, 64)).hex(" "))


@command("p-frame")
def p_frame(argument):
    """p-frame [EXPR]: prints the frame at an fp, or the running frame with its operands."""
    if argument:
        print_frame(bits_of(argument), None)
    else:
        print_frame(*running_frame())


@command("p-context")
def p_context(argument):
    """p-context EXPR: prints a Context and the activation it stands for."""
    bits = bits_of(argument)
    if not is_context(bits):
        raise gdb.GdbError("%s is no Context" % short(bits))
    thing = Object(bits)
    fp = married_frame(thing)
    print("married to frame %#x" % fp if fp else "single")
    for name, index in CONTEXT.items():
        print("  %s: %s" % (name, short(thing.slot(index))))
    print(next(walk(fp, bits), "(dead)"))


@command("p-stack")
def p_stack(argument):
    """p-stack [EXPR]: prints the running stack, or that of a Context or Process."""
    if not argument:
        lines = walk(running_frame()[0], 0)
    else:
        bits = bits_of(argument)
        if is_object(bits) and not is_context(bits):
            bits = Object(bits).slot(1)
        if not is_context(bits):
            raise gdb.GdbError("%s has no stack: no Context, no Process that waits" % argument)
        lines = walk(0, bits)
    for line in lines:
        print(line)


def ranges():
    """The stretches of the heap: eden, survivors, segments."""
    spaces = find_vm()["heap"]["spaces"]
    yield int(spaces["eden_start"]), vm_word("heap.eden_free")
    yield int(spaces["past"]["start"]), int(spaces["past"]["free"])
    segments = spaces["segments"]
    for i in range(int(segments["count"])):
        yield int(segments["items"][i]["start"]), int(segments["items"][i]["end"]) - 16


def each_object(start, end):
    """Address and header of each entity in a stretch that is read at once."""
    words = memoryview(read(start, end - start)).cast("Q")
    at = 0
    while at < len(words):
        slots = words[at] >> 56
        if slots == 255:
            slots, at = words[at] & (1 << 56) - 1, at + 1
        yield start + 8 * at, words[at]
        at += 1 + max(slots, 1)


def process_line(process, state):
    priority = process.slot(2)
    return "%s: %s, priority %s" % (state, short(process.address), short(priority))


@command("p-processes", gdb.COMPLETE_NONE)
def p_processes(argument):
    """p-processes: prints the active process and all others that have something to run."""
    specials = Object(vm_word("heap.special_objects"))
    scheduler = Object(Object(specials.slot(3)).slot(1))
    active = Object(scheduler.slot(1))
    print(process_line(active, "active"))
    print("    " + next(walk(running_frame()[0], 0), "(nothing)"))
    queues = Object(scheduler.slot(0))
    ready = {Object(queues.slot(i)).address for i in range(queues.slots) if is_object(queues.slot(i))}
    for start, end in ranges():
        for address, header in each_object(start, end):
            if header & 0x3FFFFF != active.class_index or address == active.address:
                continue
            process = Object(address)
            if not is_context(process.slot(1)):
                continue
            queue = process.slot(3)
            state = ("suspended" if queue == vm_word("heap.nil") else
                     "ready" if is_object(queue) and Object(queue).address in ready else "waiting")
            print(process_line(process, state))
            print("    " + next(walk(0, process.slot(1)), "(dead)"))


@command("p-events", gdb.COMPLETE_NONE)
def p_events(argument):
    """p-events [N]: prints the last N (20) events of the ring."""
    ring = find_vm()["events"]
    count, size = int(ring["count"]), ring["events"].type.range()[1] + 1
    for i in range(max(0, count - min(int(argument or 20), size)), count):
        event = ring["events"][i % size]
        kind = event["kind"].cast(gdb.lookup_type("EventKind"))
        words = [int(event[name]) for name in ("a", "b")]
        print("%s %d %s" % (kind, int(event["extra"]),
                            " ".join(short(w) if is_object(w) else hex(w) for w in words)))
