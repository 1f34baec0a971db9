"""A real mail server (aiosmtpd) for the tests of the e-mail plugin: STARTTLS and a log-in are required."""

import asyncio
import email
import email.policy
import logging
import ssl
import threading

from aiosmtpd.smtp import SMTP, AuthResult

logging.getLogger("mail.log").setLevel(logging.CRITICAL + 1)  # what it logs is what the tests provoke
USER, PASSWORD = "packwarden", "correct horse: battery, staple"


class MailServer:
    """Takes mail until it is told otherwise by `on_recipient` and `on_data`: functions of the SMTP
    session that give a reply, or nothing to go on. They run in the server's own thread."""

    def __init__(self, certificate, key, port=0):
        self.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.tls.load_cert_chain(certificate, key)
        self.connections, self.log_ins, self.recipients, self.mails = 0, 0, [], []
        self.on_recipient = self.on_data = self.on_sender = lambda session: None
        self.mail_bytes_max = 1_000_000
        self.sessions = []
        self.loop = asyncio.new_event_loop()
        self.release = asyncio.Event()
        self.listener = self.loop.run_until_complete(
            self.loop.create_server(self._session, "127.0.0.1", port))
        self.port = self.listener.sockets[0].getsockname()[1]
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()

    def _session(self):
        self.connections += 1
        session = SMTP(self, hostname="mail.test", loop=self.loop, tls_context=self.tls,
                       data_size_limit=self.mail_bytes_max,
                       require_starttls=True, auth_required=True, authenticator=self._log_in)
        self.sessions.append(session)
        return session

    def _log_in(self, _server, _session, _envelope, _mechanism, data):
        self.log_ins += 1
        is_right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=is_right, handled=False)

    async def handle_MAIL(self, server, _session, envelope, address, options):
        reply = self.on_sender(server)
        if reply is None:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return reply or "250 OK"

    async def handle_RCPT(self, server, _session, envelope, address, _options):
        self.recipients.append(address)
        reply = self.on_recipient(server)
        if reply is None:
            envelope.rcpt_tos.append(address)
        return reply or "250 OK"

    async def handle_DATA(self, server, _session, envelope):
        reply = self.on_data(server)
        if asyncio.iscoroutine(reply):
            reply = await reply
        if reply is None:
            self.mails.append(envelope)
        return reply or f"250 OK: queued as {len(self.mails)}"

    async def wait_for_release(self):
        await self.release.wait()

    def parsed(self, index=-1):
        return email.message_from_bytes(self.mails[index].content, policy=email.policy.default)

    def close(self):
        """Ends its connections at once; the second call changes nothing."""
        if self.loop.is_closed():
            return

        async def shut():
            self.release.set()
            self.listener.close()
            for session in self.sessions:
                if session.transport is not None and not session.transport.is_closing():
                    session.transport.abort()
            await self.listener.wait_closed()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(shut(), self.loop).result(timeout=10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(timeout=10)
        self.loop.close()
