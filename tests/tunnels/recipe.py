"""How a recipe is declared: @recipe("name", "what it shows", "capture filter", packets)."""

import dataclasses
import typing

RECIPES = {}


@dataclasses.dataclass
class Recipe:
    about: str
    bpf: str
    packets: int
    play: typing.Callable  # play(lab, begin): starts servers, calls begin() to record, lets the client speak


def recipe(name, about, bpf, packets=24):
    def register(play):
        RECIPES[name] = Recipe(about, bpf, packets, play)
        return play

    return register
