"""./heddle image: write the boot image of a machine into a file."""

import os

from common import UserError, make, user_path
from guest import Boot
from run import add_machine_arguments, settings_of


def add_arguments(parser):
    add_machine_arguments(parser)
    parser.add_argument("-p", dest="paths", action="append", default=[], metavar="PATH", help="a file or folder to put under /host")
    parser.add_argument("out", metavar="OUT", help="the file to write")


def check(arguments):
    if arguments.kernel_only or arguments.native:
        raise UserError("a boot image without programs would be empty")
    folder = os.path.dirname(user_path(arguments.out))
    if not os.path.isdir(folder) or not os.access(folder, os.W_OK) or os.path.isdir(user_path(arguments.out)):
        raise UserError(f"'{arguments.out}' cannot be written")
    return settings_of(arguments)


def run(arguments):
    settings = check(arguments)
    if not arguments.no_make:
        make(arguments.arch, "all", settings.debug)
    with Boot(settings) as boot, open(f"{boot.folder}/boot.img", "rb") as made, open(user_path(arguments.out), "wb") as out:
        out.write(made.read())
    return 0
