"""The path of jobs that 0.1 queued and a worker of this version runs."""

from xappiens_whatsapp.sessions.alerts import send_drop, send_recovery
