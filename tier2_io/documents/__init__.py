"""Documents in files: read with limits, their places and mistakes told; and the schemas of what is read and written."""
