"""Speed and memory, measured against a peer in the same run. Each script ends with one line of JSON."""
