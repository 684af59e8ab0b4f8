"""What every floor needs of Frappe, and Frappe lacks: what is ours on this site, its settings, languages, queue, transactions."""
