"""A small IMAP server (RFC 9051) over TLS for tests: one mailbox, the commands that reading bounces takes."""

import re

from tests.listening import Listening

USER, PASSWORD = "bounces@acme.example", "open sesame"


class ImapServer(Listening):
    """Messages by uid, which of them are seen, and every command that came."""

    def __init__(self, context, messages, login=(USER, PASSWORD), validity="7"):
        self.messages = dict(messages)
        self.seen = set()
        self.commands = []
        self.validity = validity
        self._login = f'LOGIN {login[0]} "{login[1]}"'
        self._context = context
        super().__init__()

    def talk(self, connection):
        with self._context.wrap_socket(connection, server_side=True) as secure:
            self._talk(secure)

    def _talk(self, secure):
        secure.sendall(b"* OK ready\r\n")
        with secure.makefile("rb") as stream:
            for line in stream:
                tag, _, command = line.decode().strip().partition(" ")
                self.commands.append(command)
                said, end = self._answer(command)
                secure.sendall(b"".join(said) + f"{tag} {end} done\r\n".encode())
                if command == "LOGOUT":
                    return

    def _answer(self, command):
        word = command.split(" ")[0]
        if word == "LOGIN":
            return [], "OK" if command == self._login else "NO [AUTHENTICATIONFAILED] wrong"
        if word == "SELECT":
            if command != 'SELECT "INBOX"':
                return [], "NO no such mailbox"
            lines = [f"* {len(self.messages)} EXISTS\r\n", f"* OK [UIDVALIDITY {self.validity}] valid\r\n"]
            return [line.encode() for line in lines], "OK [READ-WRITE] done"
        if command == "UID SEARCH UNSEEN":
            left = [str(uid) for uid in self.messages if uid not in self.seen]
            return [f"* SEARCH {' '.join(left)}\r\n".encode()], "OK"
        fetched = re.fullmatch(r"UID FETCH (\d+) \((BODY\.PEEK\[(.*?)\](?:<0\.(\d+)>)?)\)", command)
        if fetched:
            data = self.messages[int(fetched[1])]
            data = data[: int(fetched[4])] if fetched[4] else data
            data = data.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if fetched[3] else data
            head = f"* {fetched[1]} FETCH (BODY[{fetched[3]}] {{{len(data)}}}\r\n".encode()
            return [head, data, f" UID {fetched[1]})\r\n".encode()], "OK"
        stored = re.fullmatch(r"UID STORE (\d+) \+FLAGS \(\\Seen\)", command)
        if stored:
            self.seen.add(int(stored[1]))
        end = "BAD what" if word not in ("CAPABILITY", "LOGOUT", "UID") else "OK"
        return [b"* CAPABILITY IMAP4rev1\r\n"] if word == "CAPABILITY" else [], end
