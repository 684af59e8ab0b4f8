"""The path that the scheduler of a site knows until its next `migrate`."""

from xappiens_whatsapp.background.reconciliation import enqueue_reconciliation
