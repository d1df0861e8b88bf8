"""Who is at this computer."""

import sys


def actor() -> str:
    """The user's name as the operating system says; what somebody types is no proof."""
    if sys.platform == "win32":
        import getpass

        return getpass.getuser()
    import os
    import pwd

    number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"uid {number}"
