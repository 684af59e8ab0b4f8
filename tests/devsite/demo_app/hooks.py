app_name = "demo_app"
has_permission = {"Demo Item": "demo_app.rules.has_permission"}
permission_query_conditions = {"Demo Item": "demo_app.rules.query_conditions"}
doc_events = {"Demo Item": {"on_update": "demo_app.rules.note_event"}}
