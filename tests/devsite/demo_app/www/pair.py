def get_context(context):
	context.greeting = "Pair"
	context.danger = "<script>x</script>"
