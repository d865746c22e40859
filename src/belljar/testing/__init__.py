"""For tests of agents that use belljar: a server that stands in for model providers (`belljar.testing.stub`)."""
