"""What a document is, and its way through this package: freeze, seal, edit, write, thaw.

**Freeze** (``freeze.py``, with ``scalars.py``). Plain JSON data comes in through one door and becomes pyrsistent's
own maps and vectors, or is refused. Nothing is checked again after that.

**Seal** (``seal.py``). Each container that was let through has a seal beside it, in a table by identity: how deep it
is, whether the standard library writes it as RFC 8785 does, its size and digest once somebody has asked, and the
container that it was made of. A seal spares work and changes no answer; a container without one is checked.

**Edit** (``edit.py``; ``paths.py`` for places, ``patch.py`` for RFC 6902 and 7396). A copy shares all that the way to
the edit does not touch, and its seal is worked out from the seal of what it was made of.

**Write** (``writing.py``, ``canonical.py``). Canonical bytes (RFC 8785) and digests.

**Thaw** (``thaw.py``). Fresh plain data on the way out.

Beside the way: ``difference.py`` (with ``alignment.py``) makes a patch of two documents, ``shifts.py`` applies long
runs of its operations, ``fields.py``, ``mapping.py`` and ``words.py`` serve the definitions and messages of the rooms
above, ``schema.py`` and ``predicates.py`` judge documents.

Each fast way has one reason, and stays as long as it saves at least a fifth in a row of ``benchmarks/``; what each
saves, and what was taken out again, is in ``docs/design.md``:

- *A seal knows the edit that made its container.* A patch, a link of a record, looks only where something was edited.
- *A large document is written anew once* (an *anchor*). What edits made of it is put together from its bytes.
- *Plain data of an anchor is kept as a mould.* A copy knows where objects and arrays are, and looks at nothing else.
- *A small document keeps its bytes.* What is hashed is mostly written as well.
- *Maps are read by their layout* (``members.py``). The public face goes through a generator for each member.
- *A large map remembers the order in which its members came in*, mostly the sorted one. Writing has nothing to sort.
"""
