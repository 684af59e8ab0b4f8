"""What every floor needs of Frappe, and Frappe lacks. Knows nothing of WhatsApp."""
