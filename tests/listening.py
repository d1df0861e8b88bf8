"""A server of tests that takes one connection after the other, on a free port of this machine."""

import socket
import threading


class Listening:
    """Serves while it is entered; a connection that breaks off changes nothing for the next."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.settimeout(10)
            with connection:
                try:
                    self.talk(connection)
                except OSError:  # TLS that fails is one, too
                    continue

    def talk(self, connection):
        """What is said on a connection; it is closed afterwards."""
        raise NotImplementedError
