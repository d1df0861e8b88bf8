"""E-mails as files that a mail program opens: what the folder adapter writes, with nobody to send them."""

from datetime import UTC, date, datetime, time

from policy_engine.adapters.email.address import Address, AddressError, read_address
from policy_engine.adapters.email.files import Files
from policy_engine.adapters.email.message import Head, write_mail
from policy_engine.execution.documents import Documents
from policy_engine.execution.job import Job, Refused
from policy_engine.templates.context import Sender

NOBODY = Address("accounts", "sender.invalid")
"""Who writes when the operator's file names no address: a domain that can't be (RFC 2606)."""
MOST_MB = 10
"""Megabytes of invoices in one file."""


class Drafts:
    """Writes e-mails as bytes, of noon on the day on which the action leaves: written again, they are the same.

    Without a folder of invoices' files it can be pickled, for a helping process.
    """

    def __init__(self, sender: Sender | None, documents: Documents) -> None:
        address = NOBODY
        if sender is not None and sender.email:
            try:
                address = read_address(sender.email)
            except AddressError:
                address = NOBODY
        self._head = Head(address, "" if sender is None else sender.name, address.domain)
        self._files = None if documents.folder is None else Files(("invoices",), documents, MOST_MB)

    def of(self, job: Job, day: str) -> bytes | None:
        """The e-mail of a job; None when there is none, or nobody to write to.

        Raises:
            ValueError: `day` is no day.
        """
        moment = datetime.combine(date.fromisoformat(day), time(12), UTC)
        try:
            carried = () if self._files is None else self._files.of(job).attachments
            return write_mail(job, self._head, moment, carried).data
        except Refused:
            return None
