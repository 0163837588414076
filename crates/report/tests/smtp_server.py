"""An SMTP server for tests: writes each mail that it takes into a folder, says its port, refuses some recipients.

smtp_server.py FOLDER [CERTIFICATE KEY (starttls|tls)]
"""
import itertools
import pathlib
import ssl
import sys
import time

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

folder = pathlib.Path(sys.argv[1])
counter = itertools.count(1)


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("refused@"):
            return "550 5.1.1 no such mailbox"
        if address.startswith("relayed@"):
            return "550 5.7.1 relaying denied"
        if address.startswith("later@"):
            return "451 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        number = next(counter)
        partial = folder / f"{number}.part"
        partial.write_bytes(envelope.content)
        partial.rename(folder / f"{number:03}.eml")
        return "250 taken"


def authenticate(server, session, envelope, mechanism, data):
    fits = isinstance(data, LoginPassword) and (data.login, data.password) == (b"desk", b"correct horse")
    return AuthResult(success=fits, handled=fits)


options = {"hostname": "localhost", "port": 0}
if len(sys.argv) > 2:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2], sys.argv[3])
    options |= {"authenticator": authenticate, "auth_required": True}
    if sys.argv[4] == "tls":
        options |= {"ssl_context": context, "auth_require_tls": False}
    else:
        options |= {"tls_context": context, "require_starttls": True}


class AnyPort(Controller):
    # The controller connects to itself to see that it serves, for which it must know its port.
    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


controller = AnyPort(Handler(), **options)
controller.start()
print(controller.port, flush=True)
while True:
    time.sleep(60)
