"""The ledger: published statements, our estimates, verdicts by equivalence."""
