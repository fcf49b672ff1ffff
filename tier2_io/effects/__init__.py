"""Effects that are done: files of them, the journal of what was done already, and the handlers that do them."""
