"""Plugins as they are installed: what is announced, chosen, loaded, and written anew."""
