"""A second implementation of the sealed profile, to hold the first one against.

It is written from the specification and the contract alone and shares no code with the compiler and the runtime, but
for the gas table. `machine.run` runs a program; `strategies.sealed_programs` makes them up.
"""
