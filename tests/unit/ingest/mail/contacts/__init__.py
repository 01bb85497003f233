"""Understanding mail, decider by decider."""
