"""What carries actions out: files in a folder, e-mail, letters, webhooks, lists, agency files, order holds."""
