"""What a document is: frozen, canonical, addressed, compared, changed."""
