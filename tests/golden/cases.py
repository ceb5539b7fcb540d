"""The cases that make_captures.py makes. Each gives (file name, bytes); its text becomes the README."""

CASES = {}


def case(name, proves, made):
    def register(make):
        CASES[name] = (proves, made, make)
        return make

    return register
