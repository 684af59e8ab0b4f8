app_name = "address_book"
app_title = "Address Book"
