"""How runs are tested: scenarios, suites, expectations, test runs, configs."""
