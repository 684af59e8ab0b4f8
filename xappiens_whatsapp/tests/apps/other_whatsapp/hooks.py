app_name = "other_whatsapp"
app_title = "Other Whatsapp"
