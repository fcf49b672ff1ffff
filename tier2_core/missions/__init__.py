"""Where workflows come from: missions, plugins, the registry, planning."""
