"""Where the relay's settings come from."""

import configparser
import tomllib


def read_ini(path):
    """Reads settings without sections of their own under the name `relay`."""
    parser = configparser.ConfigParser()
    with open(path, encoding="utf-8") as file:
        parser.read_string("[relay]\n" + file.read())
    return {name: dict(parser[name]) for name in parser.sections()}


def read_toml(path):
    """Reads settings with their types."""
    with open(path, "rb") as file:
        return tomllib.load(file)


def load():
    return read_ini("config.ini")
